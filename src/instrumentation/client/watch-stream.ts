import type { CallOutcome } from './observer.ts';

/** Receives what happens to a stream. */
export interface StreamWatch {
  /** @returns whether the chunk is hidden from the reader, which did not request it */
  chunk(chunk: unknown): boolean;
  end(outcome: CallOutcome): void;
  endWhenForgotten(held: object): void;
}

/** What we read of the SDK's `Stream`, in every major. Its `tee`, `toReadableStream` and iteration all ask `iterator`. */
interface StreamLike {
  iterator(): AsyncIterator<unknown>;
  readonly controller: AbortController;
}

export function isStream(value: unknown): value is StreamLike {
  const { iterator, controller } = (value ?? {}) as Partial<StreamLike>;
  return typeof iterator === 'function' && typeof controller?.abort === 'function';
}

/** Watches a stream as it is read: nothing is read ahead, and the stream stays the SDK's own. */
export function watchStream(stream: StreamLike, watch: StreamWatch): void {
  const original = stream.iterator;
  watch.endWhenForgotten(stream);
  stream.iterator = (): AsyncIterator<unknown> => new WatchedIterator(original.call(stream), watch, stream);
}

/**
 * Ends the watch of a stream that is aborted while it is not read. Separate from the stream: the request under way
 * holds its signal, and what the signal holds is not forgotten.
 */
export function endOnAbort({ controller: { signal } }: StreamLike, watch: StreamWatch): void {
  // The SDK aborts after every fault of its own, too: the reader of the stream learns of that first.
  const end = (): void => void setImmediate(() => watch.end({ kind: 'cancelled' })).unref();
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}

/** One object for each reader of a stream, none for each chunk: the callbacks are made once. */
class WatchedIterator implements AsyncIterator<unknown> {
  readonly #inner: AsyncIterator<unknown>;
  readonly #watch: StreamWatch;
  /** Readers keep the iterator alone: while one does, the stream is not forgotten. */
  readonly #stream: StreamLike;

  constructor(inner: AsyncIterator<unknown>, watch: StreamWatch, stream: StreamLike) {
    this.#inner = inner;
    this.#watch = watch;
    this.#stream = stream;
  }

  next(sent?: unknown): Promise<IteratorResult<unknown>> {
    return this.#inner.next(sent).then(this.#onResult, this.#onError);
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    this.#watch.end({ kind: 'cancelled' });
    return (await this.#inner.return?.(value)) ?? { done: true, value };
  }

  async throw(error?: unknown): Promise<IteratorResult<unknown>> {
    this.#watch.end({ kind: 'failed', error });
    if (this.#inner.throw) return this.#inner.throw(error);
    throw error;
  }

  readonly #onResult = (
    result: IteratorResult<unknown>,
  ): IteratorResult<unknown> | Promise<IteratorResult<unknown>> => {
    if (result.done) this.#watch.end({ kind: this.#stream.controller.signal.aborted ? 'cancelled' : 'complete' });
    else if (this.#watch.chunk(result.value)) return this.next();
    return result;
  };

  readonly #onError = (error: unknown): never => {
    this.#watch.end({ kind: 'failed', error });
    throw error;
  };
}

/** What every generator of the language has, whatever that is in this Node: iteration, and disposal from Node 24 on. */
const asyncIterators = Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())));
Object.setPrototypeOf(WatchedIterator.prototype, asyncIterators as object);
