/** A thread of the store: the one that writes, or the one that reads. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Database, findSqlite, type OpenDatabase } from '../sqlite/driver.ts';
import { readerCalls, type ThreadReply, type ThreadRequest } from './calls.ts';
import { IdleCollection } from './idle-collection.ts';
import { lockFolder } from './lock.ts';
import type { Retention, StoreWrite, WriteResult } from './port.ts';
import { StoreReader } from './reader.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';
import { StoreWriter } from './writer.ts';

export interface ThreadSettings {
  readonly role: 'writer' | 'reader';
  readonly file: string;
  readonly retention: Retention;
}

/** How often retention looks at the store; more often while it removes something, so that it removes little at a time. */
const PRUNE_MILLIS = 5_000;
const BUSY_PRUNE_MILLIS = 1_000;
/** How long the index may delay the end of the process. */
const CLOSE_MILLIS = 2_000;
/** In a burst, the index waits for this many spans, or for this long after its last step: larger steps cost less. */
const BURST_SPANS = 2_000;
const BURST_MILLIS = 200;

const reply = (message: ThreadReply): void => parentPort?.postMessage(message);

function answer(id: number, work: () => unknown): void {
  try {
    reply({ id, value: work() });
  } catch (error) {
    refuse(id, error);
  }
}

function refuse(id: number, error: unknown): void {
  const { code, message } = storeErrorFrom(error);
  reply({ id, error: { code, message } });
}

function sqlite(): OpenDatabase {
  const open = findSqlite();
  if (open) return open;
  throw new StoreError(
    'failed',
    'There is no SQLite: use Node 22.13 or later, or install libsql (npm install libsql).',
  );
}

/**
 * Requests that arrive while the disk is busy share the next commit. Between commits the index is built, in steps that
 * are short enough for a request to wait for.
 */
class WriterThread {
  readonly #writer: StoreWriter;
  readonly #lock: Database;
  #requests: { readonly id: number; readonly writes: readonly StoreWrite[] }[] = [];
  #waiting: number[] = [];
  #isDue = false;
  #isSettling = false;
  #pause: NodeJS.Timeout | undefined;
  #settledAt = Number.NEGATIVE_INFINITY;
  #nextPrune = Date.now() + PRUNE_MILLIS;
  #hasPruned = false;
  #progress = '';

  constructor({ file, retention }: ThreadSettings) {
    const open = sqlite();
    this.#lock = lockFolder(open, file);
    this.#writer = new StoreWriter(open, { file, retention });
    setInterval(() => this.#prune(), BUSY_PRUNE_MILLIS);
    // Before the answer that says the store is open: until then its backlog would read as none.
    this.#report();
    this.#continue();
  }

  handle({ id, method, args }: ThreadRequest): void {
    if (method === 'write') {
      this.#requests.push({ id, writes: args[0] as readonly StoreWrite[] });
      this.#schedule();
      return;
    }
    this.#commit();
    if (method === 'settled') {
      this.#waiting.push(id);
      this.#continue();
    } else answer(id, () => this.#call(method, args));
    this.#report();
  }

  #call(method: string, args: readonly unknown[]): unknown {
    switch (method) {
      case 'open':
        return undefined;
      case 'note':
      case 'changeDeliveries':
      case 'deleteConversation':
      case 'eraseDeliveries':
        return Reflect.apply(this.#writer[method], this.#writer, args);
      case 'close':
        this.#settleBeforeClose();
        this.#writer.close();
        this.#lock.close();
        setImmediate(() => process.exit());
        return undefined;
      default:
        throw new StoreError('failed', `The store has no call ${method}.`);
    }
  }

  /** What is left then is indexed at the next start: after a migration it may take minutes. */
  #settleBeforeClose(): void {
    const end = performance.now() + CLOSE_MILLIS;
    while (this.#writer.settle() && performance.now() < end);
  }

  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    // After the messages that have arrived by now.
    setImmediate(() => {
      this.#isDue = false;
      this.#commit();
      this.#continueSoon();
    });
  }

  /** The first write after a quiet time is indexed at once. */
  #continueSoon(): void {
    const wait = this.#writer.backlog < BURST_SPANS ? this.#settledAt + BURST_MILLIS - performance.now() : 0;
    if (wait <= 0) this.#continue();
    else this.#pause ??= setTimeout(() => this.#continue(), wait);
  }

  #commit(): void {
    const requests = this.#requests;
    if (requests.length === 0) return;
    this.#requests = [];
    try {
      const results = this.#write(requests.flatMap(({ writes }) => writes));
      for (const { id, writes } of requests) reply({ id, value: results.splice(0, writes.length) });
    } catch (error) {
      // One request that cannot be stored must not take the others with it.
      if (requests.length === 1) for (const { id } of requests) refuse(id, error);
      else for (const { id, writes } of requests) answer(id, () => this.#write(writes));
    }
  }

  /** The backlog is reported before the answer: who then reads what was written waits for the index. */
  #write(writes: readonly StoreWrite[]): WriteResult[] {
    const results = this.#writer.write(writes);
    this.#report();
    return results;
  }

  /** Works off what waits for the index, a step at a time. */
  #continue(): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    setImmediate(() => {
      this.#isSettling = false;
      let hasMore = false;
      try {
        hasMore = this.#writer.backlog > 0 && this.#writer.settle();
      } catch {
        // The disk is full: what waits is tried again with the next write or prune.
      }
      this.#settledAt = performance.now();
      this.#report();
      if (hasMore) this.#continue();
      else for (const id of this.#waiting.splice(0)) reply({ id, value: undefined });
    });
  }

  #prune(): void {
    if (Date.now() < this.#nextPrune) return;
    try {
      this.#continue();
      const hasMore = this.#writer.prune(Date.now() * 1e3);
      if (hasMore) setImmediate(() => this.#prune());
      else this.#nextPrune = Date.now() + (this.#hasPruned ? BUSY_PRUNE_MILLIS : PRUNE_MILLIS);
      this.#hasPruned = hasMore;
    } catch {
      this.#nextPrune = Date.now() + PRUNE_MILLIS;
    }
    this.#report();
  }

  #report(): void {
    const { backlog, sequence } = this.#writer;
    const progress = `${backlog} ${sequence}`;
    if (progress === this.#progress) return;
    this.#progress = progress;
    reply({ progress: { backlog, sequence } });
  }
}

type RequestHandler = (request: ThreadRequest) => void;

function startWriter(settings: ThreadSettings): RequestHandler {
  const writer = new WriterThread(settings);
  return (request) => writer.handle(request);
}

function startReader({ file }: ThreadSettings): RequestHandler {
  const calls = readerCalls(new StoreReader(sqlite(), file)) as Readonly<Record<string, (...args: never[]) => unknown>>;
  return ({ id, method, args }) => {
    answer(id, () => calls[method]?.(...(args as never[])));
    if (method === 'close') setImmediate(() => process.exit());
  };
}

/** The first request opens the database. If that fails, it and all later requests receive the error. */
function handlerOf(settings: ThreadSettings): RequestHandler {
  let handler: RequestHandler | undefined;
  const open = (): RequestHandler => {
    try {
      return settings.role === 'writer' ? startWriter(settings) : startReader(settings);
    } catch (error) {
      return ({ id }) => refuse(id, error);
    }
  };
  return (request) => {
    handler ??= open();
    handler(request);
  };
}

parentPort?.on('message', handlerOf(workerData as ThreadSettings));
new IdleCollection().start();
