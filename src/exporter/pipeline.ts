import type { Attempt } from '../delivery/delivery.ts';
import { diag } from '../diagnostics/diag.ts';
import { someFields } from '../interaction/defined.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { Mask } from '../interaction/mask.ts';
import { dialectOf } from '../semconv/dialects/index.ts';
import { addContentReader, releaseContent } from '../semconv/span-content.ts';
import { isSpanData, type LateSpan, originOf, type ReadableSpanLike, type SpanData } from '../semconv/span-data.ts';
import type { DestinationStats, FlushResult, SpanDestination, SpanListener } from './destination.ts';
import { LazyEndedSpan, masked } from './ended-span.ts';
import { flushedAll } from './flushed-all.ts';
import { HOLD_MILLIS, type LeavingCall } from './held-calls.ts';
import { reportLosses } from './losses.ts';
import { type OpenMemory, openMemory } from './memory.ts';
import type { LocalWrite, OpenTransport, PipelineHost } from './pipeline-host.ts';
import { type LeftOutCounts, RunAssembler } from './run-assembler.ts';
import { type ServiceInfo, withService } from './service-info.ts';
import { type PipelineListener, Settling } from './settling.ts';

/**
 * If more spans wait than this, each new one maps two older ones immediately, so that a burst slows down instead of
 * filling the memory.
 */
const MAX_PENDING = 512;
/** How long one turn of the event loop may be used for mapping. */
const SLICE_MILLIS = 5;
/**
 * Spans are mapped in batches of 32, or after 20 ms. Mapped one by one, interleaved with application work, the same code
 * runs at half speed (cold caches). The 20 ms are part of the 50 ms within which a span is on disk with a spool.
 */
const BATCH_SPANS = 32;
const BATCH_MILLIS = 20;

/** How often background responses are checked that wait for their answers. */
const EXPIRY_MILLIS = 60_000;

/** A span from a file or OTLP, a span of an SDK, or one that is created when it is read. */
export type PipelineSpan = SpanData | ReadableSpanLike | LateSpan;

export interface PipelineOptions {
  /** Applied to every text before it leaves the process or touches the disk. */
  readonly mask: Mask;
  readonly service?: ServiceInfo;
  /** Called before spans are mapped for a flush or at the end, for a caller that still holds spans. */
  readonly onDrain?: () => void;
  /** Called after every request. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /**
   * Receives what an operator should know of the deliveries. Default: one line on stderr per cause, and at the end of the
   * process one line per destination that lost records.
   */
  readonly report?: (message: string) => void;
  /** Replaces HTTP, by destination. For dry runs and tests. */
  readonly transport?: OpenTransport;
  /** Replaces writing to files, stdout and callbacks. For dry runs and tests. */
  readonly write?: LocalWrite;
  /** How many requests to a vendor may be under way at once. Default: 8. */
  readonly concurrency?: number;
  /** Where the pipeline and its destinations remember earlier calls. Default: memory of their own. */
  readonly memory?: OpenMemory;
  /** The time in ms that calls wait in for the spans around them, where spans are read from a file. Default: a clock. */
  readonly holdClock?: () => number;
}

export type OpenDestination = (host: PipelineHost) => SpanDestination;

/** Receives ended spans and passes them to the destinations. No method throws or blocks. */
export interface Pipeline {
  /** The array is not copied, so that destinations which join later are in it. */
  readonly destinations: readonly SpanDestination[];
  /** Takes a span. The call itself only costs an array push; the span is mapped later. */
  take(span: PipelineSpan, listener?: PipelineListener): void;
  join(destination: SpanDestination | OpenDestination): SpanDestination;
  /** Holds all spans until the returned function is called, while their destinations are not known yet. */
  hold(): () => void;
  /** Maps all waiting spans immediately. Calls go on waiting for the spans around them. */
  map(): void;
  /**
   * Maps all waiting spans immediately, and calls without the spans around them.
   * @param isLast whether no span follows: background responses that were not fetched are then recorded without an answer
   */
  drain(isLast?: boolean): void;
  flush(timeoutMillis?: number): Promise<FlushResult>;
  /** Flushes and ends all destinations. Spans stop waiting for other spans. */
  shutdown(timeoutMillis?: number): Promise<FlushResult>;
  stats(): Readonly<Record<string, DestinationStats>>;
  /** The number of spans and calls that wait: to be mapped, or for other spans. */
  readonly waiting: number;
  /** Spans that made no record of their own at a vendor, by reason. Counted while a vendor is among the destinations. */
  readonly leftOut: LeftOutCounts;
}

export function openPipeline(options: PipelineOptions): Pipeline {
  return new SpanPipeline(options);
}

/** A span together with its listener. */
class Followed {
  readonly span: PipelineSpan;
  readonly settling: Settling;

  constructor(span: PipelineSpan, listener: PipelineListener) {
    this.span = span;
    this.settling = new Settling(listener);
  }
}

class SpanPipeline implements Pipeline {
  readonly destinations: SpanDestination[] = [];
  readonly #options: PipelineOptions;
  readonly #service: ServiceInfo | undefined;
  readonly #host: PipelineHost;
  readonly #assembler: RunAssembler;
  readonly #stopWanting: (() => void)[] = [];
  #stopReporting: (() => void) | undefined;
  /** The number of spans for which `take` threw, by destination. */
  readonly #failed = new Map<string, number>();
  #pending: (PipelineSpan | Followed)[] = [];
  #head = 0;
  /** Whether mapping is scheduled. The next two: whether it is due later, and whether the last slice left spans. */
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;
  /** Set while calls wait for their enclosing spans. */
  #holdTimer: NodeJS.Timeout | undefined;
  /** Set while background responses wait for their answers. */
  #queueTimer: NodeJS.Timeout | undefined;
  #isBehind = false;
  #holds = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#service = someFields(options.service);
    const { onAttempt, transport, write, concurrency, memory = openMemory, holdClock } = options;
    this.#assembler = new RunAssembler({ answered: memory('answered'), holdClock });
    this.#host = {
      onDrain: () => {
        options.onDrain?.();
        this.drain();
      },
      report: options.report ?? ((message) => diag.warn(`spanport: ${message}`)),
      ...(onAttempt && { onAttempt }),
      ...(transport && { transport }),
      ...(write && { write }),
      ...(concurrency !== undefined && { concurrency }),
      memory,
    };
  }

  take(span: PipelineSpan, listener?: PipelineListener): void {
    this.#pending.push(listener ? new Followed(span, listener) : span);
    if (this.#holds > 0) return;
    if (this.#pending.length - this.#head > MAX_PENDING) {
      this.#next();
      this.#next();
    }
    this.#schedule();
  }

  join(destination: SpanDestination | OpenDestination): SpanDestination {
    const joined = typeof destination === 'function' ? destination(this.#host) : destination;
    this.destinations.push(joined);
    if (!this.#options.report) this.#stopReporting ??= reportLosses(() => this.stats());
    if (joined.wantsContent) this.#stopWanting.push(addContentReader());
    return joined;
  }

  hold(): () => void {
    const stopWanting = addContentReader();
    this.#holds += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds -= 1;
      stopWanting();
      this.#schedule();
    };
  }

  map(): void {
    if (this.#holds > 0) return;
    while (this.#next());
  }

  drain(isLast = false): void {
    if (this.#holds > 0) return;
    this.map();
    if (this.#assembler.held > 0) this.#record(this.#assembler.release(true));
    if (isLast) this.#record(this.#assembler.flush());
  }

  async flush(timeoutMillis?: number): Promise<FlushResult> {
    this.#host.onDrain();
    return flushedAll(this.destinations.map(async (destination) => destination.forceFlush(timeoutMillis)));
  }

  async shutdown(timeoutMillis?: number): Promise<FlushResult> {
    this.#host.onDrain();
    for (const stop of this.#stopWanting.splice(0)) stop();
    this.drain(true);
    const left = await flushedAll(this.destinations.map(async (destination) => destination.shutdown(timeoutMillis)));
    this.#stopReporting?.();
    return left;
  }

  get leftOut(): LeftOutCounts {
    return this.#assembler.leftOut;
  }

  get waiting(): number {
    return this.#pending.length - this.#head + this.#assembler.waiting;
  }

  stats(): Readonly<Record<string, DestinationStats>> {
    return Object.fromEntries(this.destinations.map((destination) => [destination.name, this.#statsOf(destination)]));
  }

  #statsOf(destination: SpanDestination): DestinationStats {
    const stats = destination.stats();
    const failed = this.#failed.get(destination.name);
    return failed === undefined ? stats : { ...stats, dropped: { ...stats.dropped, unreadable: failed } };
  }

  #schedule(): void {
    const waiting = this.#pending.length - this.#head;
    if (waiting === 0 || this.#isDue) return;
    if (waiting >= BATCH_SPANS || this.#isBehind) {
      this.#isDue = true;
      setImmediate(this.#work);
    } else this.#timer ??= setTimeout(this.#work, BATCH_MILLIS).unref();
  }

  readonly #work = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    if (this.#holds > 0) return;
    const until = performance.now() + SLICE_MILLIS;
    while (this.#next() && performance.now() < until);
    this.#isBehind = this.#pending.length > this.#head;
    this.#schedule();
  };

  /** Maps the oldest span. @returns whether there was one */
  #next(): boolean {
    const next = this.#pending[this.#head];
    if (!next) return false;
    this.#head += 1;
    if (this.#head === this.#pending.length || this.#head > MAX_PENDING) {
      this.#pending = this.#pending.slice(this.#head);
      this.#head = 0;
    }
    const settling = next instanceof Followed ? next.settling : undefined;
    const span = next instanceof Followed ? next.span : next;
    try {
      const source = 'read' in span ? span.read() : span;
      if (source) this.#map(source, settling);
    } catch (error) {
      diag.error('spanport: a span could not be read', error);
      for (const { name } of this.destinations) this.#countFailed(name);
    }
    settling?.close();
    return true;
  }

  /** One function for all spans: a closure for each would cost as much memory as the rest of the mapping. */
  readonly #assemble = (ended: LazyEndedSpan): Interaction[] => {
    const service = this.#service;
    const isUnknown = this.#assembler.held === 0 && !ended.facts && !dialectOf(originOf(ended.source));
    if (isUnknown) {
      this.#assembler.countUnknown();
      return [];
    }
    const interactions = this.#assembler.add(ended.view, ended.settling);
    return service ? interactions.map((each) => withService(each, service)) : interactions;
  };

  #map(source: SpanData | ReadableSpanLike, settling: Settling | undefined): void {
    const ended = new LazyEndedSpan(source, this.#options.mask, this.#assemble, settling);
    for (const destination of this.destinations) this.#give(destination, ended, settling?.at(destination.name));
    if (!isSpanData(source)) releaseContent(source, this.#stopWanting.length);
    if (this.#assembler.held > 0) this.#holdTimer ??= setTimeout(this.#release, HOLD_MILLIS).unref();
    if (this.#assembler.queued > 0) this.#queueTimer ??= setTimeout(this.#expire, EXPIRY_MILLIS).unref();
  }

  /** Records background responses that waited too long for their answer, without it. */
  readonly #expire = (): void => {
    this.#queueTimer = undefined;
    this.#record(this.#assembler.expireQueued());
    if (this.#assembler.queued > 0) this.#queueTimer = setTimeout(this.#expire, EXPIRY_MILLIS).unref();
  };

  /** Passes on calls whose waiting time for enclosing spans is over. */
  readonly #release = (): void => {
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
    this.#record(this.#assembler.release(false));
    if (this.#assembler.held > 0) this.#holdTimer = setTimeout(this.#release, HOLD_MILLIS / 4).unref();
  };

  #record(calls: readonly LeavingCall[]): void {
    const { mask } = this.#options;
    const service = this.#service;
    for (const { interaction, content, settling, releases } of calls) {
      const known = masked(service ? withService(interaction, service) : interaction, content, mask);
      for (const destination of this.destinations) {
        try {
          destination.record?.([known], settling?.at(destination.name));
        } catch (error) {
          this.#countFailed(destination.name);
          diag.error(`spanport: ${destination.name} could not take a call`, error);
        }
      }
      for (const release of releases) release();
    }
  }

  /** If one destination throws, the others still receive the span. */
  #give(destination: SpanDestination, ended: LazyEndedSpan, listener: SpanListener | undefined): void {
    try {
      destination.take(ended, listener);
    } catch (error) {
      this.#countFailed(destination.name);
      diag.error(`spanport: ${destination.name} could not take a span`, error);
      listener?.settled({ status: 'dropped', reason: 'unreadable' });
    }
  }

  #countFailed(name: string): void {
    this.#failed.set(name, (this.#failed.get(name) ?? 0) + 1);
  }
}
