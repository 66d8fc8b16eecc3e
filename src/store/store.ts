import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ReaderCalls, StoreProgress, ThreadReply, ThreadRequest, WriterCalls } from './calls.ts';
import type { Retention, StoreWrite, WriteResult } from './port.ts';
import { StoreError } from './store-error.ts';
import type { ThreadSettings } from './thread.ts';

/** Characters of spans that may wait to be written; more is refused, and the sender tries again later. */
const MAX_WAITING = 64_000_000;
const RETENTION: Retention = { maxAgeSeconds: 30 * 86_400, maxBytes: 2_000_000_000 };

export interface StoreOptions {
  readonly folder: string;
  /** The built `thread.ts`. */
  readonly threadFile: URL;
  readonly retention?: Partial<Retention>;
  readonly onProgress?: (progress: StoreProgress) => void;
}

type Async<T> = {
  readonly [M in keyof T]: T[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;
};

export type StoreQueries = Async<Omit<ReaderCalls, 'close'>>;

export function databaseFile(folder: string): string {
  return join(folder, 'spanport.db');
}

/** Queries that may read all rows of a table. They have a thread of their own, so that no list waits for them. */
const REPORTS: ReadonlySet<string> = new Set<keyof ReaderCalls>([
  'completions',
  'statistics',
  'summary',
  'timeline',
  'usage',
  'vendorConversations',
  'vendorInteractions',
]);

/**
 * Spans and interactions in a folder: one thread writes, others read. Every call may reject with a
 * {@link StoreError}.
 */
export class Store {
  readonly folder: string;
  readonly retention: Retention;
  /** The queries; each sees everything that was committed before. */
  readonly read: StoreQueries;
  readonly #writer: Thread;
  readonly #reader: Thread;
  readonly #startReports: () => Thread;
  /** Started with the first report: many gateways never answer one. */
  #reports: Thread | undefined;
  #progress: StoreProgress = { backlog: 0, sequence: 0 };
  #waiting = 0;
  #writes = 0;
  #isClosing = false;

  private constructor(options: StoreOptions) {
    this.folder = options.folder;
    this.retention = { ...RETENTION, ...options.retention };
    const settings = { file: databaseFile(options.folder), retention: this.retention };
    this.#writer = new Thread(options.threadFile, { ...settings, role: 'writer' }, (progress) => {
      this.#progress = progress;
      options.onProgress?.(progress);
    });
    this.#reader = new Thread(options.threadFile, { ...settings, role: 'reader' });
    this.#startReports = () => new Thread(options.threadFile, { ...settings, role: 'reader' });
    this.read = new Proxy({} as StoreQueries, {
      get:
        (_, method: string) =>
        (...args: unknown[]) =>
          this.#readerFor(method).call(method, args),
    });
  }

  /**
   * Opens the folder, and creates it for this user alone. @throws StoreError: it cannot be written, another gateway
   * has it, or its data is newer
   */
  static async open(options: StoreOptions): Promise<Store> {
    try {
      makeFolder(resolve(options.folder));
      chmodSync(options.folder, 0o700);
      // SQLite gives its other files the rights of this one.
      for (const file of [databaseFile(options.folder), `${databaseFile(options.folder)}.lock`]) {
        closeSync(openSync(file, 'a', 0o600));
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new StoreError(
        'failed',
        `The data folder ${options.folder} cannot be written (${code}). Choose another one with --data.`,
      );
    }
    const store = new Store(options);
    try {
      await store.#writer.call('open', []);
    } catch (error) {
      await Promise.all([store.#writer.end(), store.#reader.end()]);
      throw error;
    }
    return store;
  }

  get progress(): StoreProgress {
    return this.#progress;
  }

  /** Whether something that was received is being written now. */
  get isWriting(): boolean {
    return this.#writes > 0;
  }

  async write(write: StoreWrite): Promise<void> {
    await this.writeAll([write]);
  }

  /** What one request changes in several projects. Resolves once all of it is on the disk; it is stored whole or not at all. */
  async writeAll(writes: readonly StoreWrite[]): Promise<WriteResult[]> {
    if (writes.length === 0) return [];
    const spans = writes.flatMap((write) => write.spans ?? []);
    const size = spans.reduce((sum, span) => sum + span.data.length, 0);
    if (this.#waiting > 0 && this.#waiting + size > MAX_WAITING) {
      throw new StoreError('busy', 'Spans arrive faster than they can be written.');
    }
    this.#waiting += size;
    this.#writes += 1;
    try {
      return await this.#write('write', writes);
    } finally {
      this.#waiting -= size;
      this.#writes -= 1;
    }
  }

  note(...args: Parameters<WriterCalls['note']>): Promise<void> {
    return this.#write('note', ...args);
  }

  changeDeliveries(...args: Parameters<WriterCalls['changeDeliveries']>): Promise<number> {
    return this.#write('changeDeliveries', ...args);
  }

  deleteConversation(publicId: string): Promise<ReturnType<WriterCalls['deleteConversation']>> {
    return this.#write('deleteConversation', publicId);
  }

  eraseDeliveries(...args: Parameters<WriterCalls['eraseDeliveries']>): Promise<void> {
    return this.#write('eraseDeliveries', ...args);
  }

  /** Resolves once everything that was written before can be found, or after this time. */
  async settled(maxMillis: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, maxMillis);
    });
    await Promise.race([this.#write('settled'), late]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const readers = [this.#reader, ...(this.#reports ? [this.#reports] : [])];
    await Promise.all(readers.map((reader) => reader.call('close', []).catch(() => undefined)));
    await this.#writer.call('close', []).catch(() => undefined);
    await Promise.all([this.#writer, ...readers].map((thread) => thread.end()));
  }

  #readerFor(method: string): Thread {
    if (!REPORTS.has(method) || this.#isClosing) return this.#reader;
    this.#reports ??= this.#startReports();
    return this.#reports;
  }

  #write<M extends keyof WriterCalls>(
    method: M,
    ...args: Parameters<WriterCalls[M]>
  ): Promise<ReturnType<WriterCalls[M]>> {
    return this.#writer.call(method, args) as Promise<ReturnType<WriterCalls[M]>>;
  }
}

/** With its parents. `recursive` of `mkdirSync` never returns below /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder, { mode: 0o700 });
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #hasEnded = false;

  constructor(file: URL, settings: ThreadSettings, onProgress?: (progress: StoreProgress) => void) {
    this.#worker = new Worker(file, {
      workerData: settings,
      execArgv: [],
      env: {},
      name: `spanport store ${settings.role}`,
      // Rows live for a moment only: a larger young generation would hold memory and save nothing.
      resourceLimits: { maxYoungGenerationSizeMb: 12 },
    });
    this.#worker.on('message', (reply: ThreadReply) => {
      if ('progress' in reply) onProgress?.(reply.progress);
      else this.#answer(reply);
    });
    this.#worker.on('error', (error) => this.#lose(error.message));
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#lose('it was closed');
        resolve();
      });
    });
  }

  call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(new StoreError('failed', 'The store is closed.'));
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { resolve, reject });
      this.#worker.postMessage({ id: this.#lastId, method, args } satisfies ThreadRequest);
    });
  }

  async end(): Promise<void> {
    if (!this.#hasEnded) await this.#worker.terminate();
    await this.#ended;
  }

  #answer(reply: Exclude<ThreadReply, { readonly progress: unknown }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new StoreError(reply.error.code, reply.error.message));
    else waiting?.resolve(reply.value);
  }

  #lose(reason: string): void {
    this.#hasEnded = true;
    for (const { reject } of this.#waiting.values()) reject(new StoreError('failed', `The store ended: ${reason}.`));
    this.#waiting.clear();
  }
}
