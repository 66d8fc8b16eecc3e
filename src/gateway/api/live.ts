import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_TOMBSTONES } from '../../store/port.ts';
import type { DeliveryRow } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';

/** A burst of changes is sent at most this often. The first change after a quiet time is sent at once. */
const GAP_MILLIS = 250;
const PING_MILLIS = 15_000;
/** Items in one event; a stream that is further behind gets an event to load everything again. */
const MAX_ITEMS = 200;
/** A reader that takes nothing for this many bytes is cut off: it reconnects and resumes. */
const MAX_BUFFERED = 4_000_000;
/** A stream that is further behind may have missed deletions. Half of what is remembered, since the store goes on meanwhile. */
const MAX_BEHIND = MAX_TOMBSTONES / 2;

interface Stream {
  readonly response: ServerResponse;
  readonly project: string | undefined;
  after: number;
}

/** Server-sent events to every open page. */
export class LiveTail {
  readonly #store: Store;
  readonly #streams = new Set<Stream>();
  readonly #ping: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  #sequence = 0;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
    this.#ping = setInterval(() => this.#pingAll(), PING_MILLIS).unref();
  }

  get streams(): number {
    return this.#streams.size;
  }

  open(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const last = Number(request.headers['last-event-id'] ?? url.searchParams.get('after') ?? Number.NaN);
    const { sequence } = this.#store.progress;
    const isResuming = Number.isSafeInteger(last) && last >= 0;
    // Ids of another data folder, which had the same address before.
    const isAhead = isResuming && last > sequence;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    const stream: Stream = {
      response,
      project: url.searchParams.get('project') ?? undefined,
      after: isResuming && !isAhead ? last : sequence,
    };
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    // A comment at once, so that the browser knows that it is connected.
    response.write(': connected\n\n');
    // Its id is what a page resumes from that has seen no change when its connection is lost.
    send(stream, 'ping', {}, stream.after);
    if (isAhead) send(stream, 'resync', {}, stream.after);
    else if (isResuming) void this.#send(stream);
  }

  /** Called with every change of the store. */
  notify(sequence: number): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    if (this.#streams.size > 0) this.#schedule();
  }

  #schedule(): void {
    const wait = Math.max(0, this.#sentAt + GAP_MILLIS - performance.now());
    this.#timer ??= setTimeout(() => void this.#sendAll(), wait);
  }

  deliveries(items: readonly DeliveryRow[]): void {
    for (const stream of this.#streams) {
      const own = items.filter(({ project }) => stream.project === undefined || stream.project === project);
      if (own.length > 0) send(stream, 'deliveries', { items: own });
    }
  }

  close(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#timer);
    for (const { response } of this.#streams) response.end();
  }

  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#sentAt = performance.now();
    try {
      await Promise.all([...this.#streams].map((stream) => this.#send(stream)));
    } finally {
      this.#isSending = false;
      this.#timer = undefined;
      const isBehind = [...this.#streams].some(({ after }) => after < this.#sequence);
      if (isBehind) this.#schedule();
    }
  }

  async #send(stream: Stream): Promise<void> {
    try {
      // Committed by now, so that the read sees it; what is reported meanwhile is read by the next round.
      const reported = this.#sequence;
      const { sequence } = this.#store.progress;
      if (sequence - stream.after > MAX_BEHIND) {
        stream.after = sequence;
        send(stream, 'resync', {}, sequence);
        return;
      }
      const { items, deleted, last } = await this.#store.read.changes(stream.after, MAX_ITEMS, stream.project);
      const isTooMuch = items.length === MAX_ITEMS || deleted.length === MAX_ITEMS;
      stream.after = Math.max(last, stream.after, reported);
      if (isTooMuch) send(stream, 'resync', {}, stream.after);
      else {
        if (items.length > 0) send(stream, 'conversations', { items }, stream.after);
        if (deleted.length > 0) send(stream, 'deleted', { ids: deleted }, stream.after);
      }
    } catch {
      stream.response.end();
    }
  }

  #pingAll(): void {
    for (const stream of this.#streams) send(stream, 'ping', {});
  }
}

function send({ response }: Stream, event: string, data: unknown, id?: number): void {
  if (response.writableLength > MAX_BUFFERED) {
    response.destroy();
    return;
  }
  response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
