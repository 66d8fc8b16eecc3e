import type { CallOutcome } from './observer.ts';

/** Receives the events of a stream. */
export interface StreamWatch {
  /** @returns whether to hide the chunk from the reader, which did not request it */
  chunk(chunk: unknown): boolean;
  end(outcome: CallOutcome): void;
  endWhenForgotten(held: object): void;
}

/**
 * The part of the SDK's `Stream` that we use, in every major version. `tee`, `toReadableStream` and iteration all call
 * `iterator`.
 */
interface StreamLike {
  iterator(): AsyncIterator<unknown>;
  readonly controller: AbortController;
}

export function isStream(value: unknown): value is StreamLike {
  const { iterator, controller } = (value ?? {}) as Partial<StreamLike>;
  return typeof iterator === 'function' && typeof controller?.abort === 'function';
}

/** Watches a stream while the application reads it. Nothing is read ahead, and the stream stays the same object. */
export function watchStream(stream: StreamLike, watch: StreamWatch): void {
  const original = stream.iterator;
  watch.endWhenForgotten(stream);
  stream.iterator = (): AsyncIterator<unknown> => new WatchedIterator(original.call(stream), watch, stream);
}

/**
 * Ends the watch of a stream that is aborted while nothing reads it. The listener must not reference the stream: the
 * request under way references the signal, so the stream could not be garbage-collected.
 */
export function endOnAbort({ controller: { signal } }: StreamLike, watch: StreamWatch): void {
  // The SDK also aborts after each of its own errors. Waiting lets the reader of the stream report that error first.
  const end = (): void => void setImmediate(() => watch.end({ kind: 'cancelled' })).unref();
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}

/** One object for each reader of a stream and none for each chunk: the callbacks are created once. */
class WatchedIterator implements AsyncIterator<unknown> {
  readonly #inner: AsyncIterator<unknown>;
  readonly #watch: StreamWatch;
  /**
   * A reader references only the iterator. This field keeps the stream from being garbage-collected while it is read.
   */
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

/**
 * The prototype of all async generators in this Node version: it has async iteration and, from Node 24 on, disposal.
 */
const asyncIterators = Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())));
Object.setPrototypeOf(WatchedIterator.prototype, asyncIterators as object);
