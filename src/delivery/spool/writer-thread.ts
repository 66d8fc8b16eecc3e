import type { Worker } from 'node:worker_threads';
import { closeGate, createGate, outside } from './gate.ts';
import { processId } from './owner.ts';
import type { Calls, Notice, Reply, Request, ThreadSettings, WriterSettings } from './writer-messages.ts';

/** How long the end of the process waits for a call of the thread to return. */
const CLOSE_MILLIS = 2_000;
/** How long work between two calls waits for the first one. */
const BETWEEN_MILLIS = 200;

/** What writes to the file: a thread of its own, except in tests and in bundles. */
export interface Writer {
  /** Rejects with the error of SQLite or of the file system. */
  call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>>;
  /** Closes the file; see {@link Calls.close}. */
  end(isClean: boolean): Promise<void>;
  /** Whether it still executes calls while this thread waits. */
  readonly isAlive: boolean;
  /** Runs work of this thread while no call is under way: what calls have written and what they report are then the same. */
  between<T>(work: () => T): T;
}

export type StartWriter = (settings: WriterSettings, onNotice: (notice: Notice) => void) => Writer;

type Answered = Extract<Reply, { readonly id: number }>;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** The calling thread's side of the writing thread. Started by the first call, and again after it died. */
export class WriterThread implements Writer {
  readonly #file: URL;
  readonly #settings: WriterSettings;
  readonly #onNotice: (notice: Notice) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #gate: Int32Array | undefined;
  #hasAnswered = false;
  #isClosed = false;
  #lastId = 0;

  constructor(file: URL, settings: WriterSettings, onNotice: (notice: Notice) => void) {
    this.#file = file;
    this.#settings = settings;
    this.#onNotice = onNotice;
  }

  get isAlive(): boolean {
    return this.#worker !== undefined && this.#hasAnswered && !this.#isClosed;
  }

  call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>> {
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      const request: Request = { id: this.#lastId, method, args };
      this.#waiting.set(request.id, { resolve, reject });
      try {
        this.#worker ??= this.#start();
        this.#worker.postMessage(request);
      } catch (error) {
        this.#waiting.delete(request.id);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  async end(isClean: boolean): Promise<void> {
    // Only the end of the thread closes the file for certain: a driver may hold it for statements not collected yet.
    const ended = new Promise<void>((resolve) => {
      if (this.#worker) this.#worker.once('exit', () => resolve());
      else resolve();
    });
    if (this.#worker) await this.call('close', isClean);
    await ended;
  }

  between<T>(work: () => T): T {
    return this.#worker && this.#gate ? outside(this.#gate, BETWEEN_MILLIS, work) : work();
  }

  #start(): Worker {
    // Neither the application's preloads nor its flags: the thread needs none, and `--import` would run all of it again.
    const gate = createGate();
    this.#gate = gate;
    const close = (): void => {
      this.#isClosed = true;
      closeGate(gate, CLOSE_MILLIS);
    };
    const settings: ThreadSettings = { ...this.#settings, processId: processId(), gate };
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const worker = new Worker(this.#file, {
      workerData: settings,
      execArgv: [],
      env: {},
      name: 'spanport spool',
    });
    worker.on('message', (message: Reply) => this.#receive(message));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => {
      process.off('exit', close);
      this.#lose(worker, new Error('the writing thread ended'));
    });
    process.on('exit', close);
    // Last, because adding a listener for messages references the worker again.
    worker.unref();
    return worker;
  }

  #receive(message: Reply): void {
    this.#hasAnswered = true;
    if ('id' in message) this.#answer(message);
    else this.#onNotice(message);
  }

  #answer(message: Answered): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.value as never);
  }

  #lose(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#hasAnswered = false;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(error);
  }
}
