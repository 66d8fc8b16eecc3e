import { diag } from '../../diagnostics/diag.ts';
import type { CallObserver, CallOutcome } from './observer.ts';
import { endOnAbort, isStream, watchStream } from './watch-stream.ts';

/** The argument of `_thenUnwrap`. It receives the parsed answer, and the SDK's data of the request. */
export type Transform = (...values: unknown[]) => unknown;

/** Limits of a batch. A timer for each call would cost more than the watch itself. */
const MAX_UNREAD = 32;
const UNREAD_MILLIS = 20;

/**
 * Ends watches whose promise or stream is garbage-collected unread. An entry in a FinalizationRegistry is expensive and
 * most callers `await` within the same turn, so watches are registered in batches, and only those that are still unread.
 */
class UnreadWatches {
  readonly #collected = new FinalizationRegistry<Watch>((watch) => watch.end({ kind: 'cancelled' }));
  #added: Watch[] = [];
  #timer: NodeJS.Timeout | undefined;

  add(watch: Watch): void {
    if (this.#added.push(watch) >= MAX_UNREAD) this.#registerAll();
    else this.#timer ??= setTimeout(() => this.#registerAll(), UNREAD_MILLIS).unref();
  }

  remove(watch: Watch): void {
    this.#collected.unregister(watch);
  }

  #registerAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const added = this.#added;
    this.#added = [];
    for (const watch of added) {
      const unread = watch.register();
      if (unread) this.#collected.register(unread, watch, watch);
    }
  }
}

const unreadWatches = new UnreadWatches();

/**
 * One call under observation. It reports to the observer what happens, and the end exactly once. Errors of the observer
 * are caught.
 */
export class Watch {
  readonly #observer: CallObserver;
  #hasEnded = false;
  #held: object | undefined;
  #isRegistered = false;
  #hasAnswer = false;
  isRead = false;

  constructor(observer: CallObserver) {
    this.#observer = observer;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Ends the call when this object is garbage-collected unread. A later object replaces an earlier one. */
  endWhenForgotten(held: object): void {
    this.#release();
    this.#held = held;
    unreadWatches.add(this);
  }

  /** @returns the unread object to observe; undefined if it was read, or is observed already */
  register(): object | undefined {
    const held = this.#held;
    if (!held || this.#isRegistered) return undefined;
    this.#isRegistered = true;
    this.#held = undefined;
    try {
      // A listener costs several microseconds, so it is not added before the first chunk.
      if (isStream(held)) endOnAbort(held, this);
    } catch (error) {
      diag.error('spanport: the abort signal of a stream could not be observed', error);
    }
    return held;
  }

  #release(): void {
    this.#held = undefined;
    if (this.#isRegistered) unreadWatches.remove(this);
    this.#isRegistered = false;
  }

  /** The application reads the parsed answer: its arrival, or the end of its stream, ends the call. */
  read(parsing: Promise<unknown>): void {
    this.isRead = true;
    this.#release();
    try {
      // These functions are not stored in fields, because a stream stays open long after its answer has arrived.
      parsing.then(
        (value) => this.onAnswer(value),
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      diag.error('spanport: an answer could not be observed', error);
      this.end({ kind: 'complete' });
    }
  }

  /**
   * The application reads the raw response and its body itself: the span ends when the headers have arrived.
   * @returns the promise for the application. A handler on the SDK's own promise would hide an unhandled rejection.
   */
  readResponse(response: Promise<unknown>): Promise<unknown> {
    // The SDK's promise may be collected while this one is pending.
    this.#release();
    try {
      return response.then(
        (value) => {
          if (!this.isRead) this.end({ kind: 'complete' });
          return value;
        },
        (error: unknown) => {
          this.fail(error);
          throw error;
        },
      );
    } catch (error) {
      diag.error('spanport: a response could not be observed', error);
      this.end({ kind: 'complete' });
      return response;
    }
  }

  onAnswer(value: unknown): void {
    if (this.#hasEnded || this.#hasAnswer) return;
    this.#hasAnswer = true;
    try {
      if (isStream(value)) {
        watchStream(value, this);
        return;
      }
      this.#observer.value?.(value);
    } catch (error) {
      diag.error('spanport: an answer could not be read', error);
    }
    this.end({ kind: 'complete' });
  }

  /** Observes the answer before a helper transforms it. An error of the helper is not an error of the call. */
  observing(transform: Transform): Transform {
    return (...values) => {
      this.onAnswer(values[0]);
      return transform(...values);
    };
  }

  fail(error: unknown): void {
    this.end({ kind: 'failed', error });
  }

  chunk(chunk: unknown): boolean {
    try {
      return this.#observer.chunk?.(chunk) === 'hide';
    } catch (error) {
      diag.error('spanport: a chunk could not be read', error);
      return false;
    }
  }

  end(outcome: CallOutcome): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#release();
    try {
      this.#observer.end(outcome);
    } catch (error) {
      diag.error('spanport: a span could not be ended', error);
    }
  }
}
