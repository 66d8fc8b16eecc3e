import { diag } from '../../diagnostics/diag.ts';
import type { CallObserver, CallOutcome } from './observer.ts';
import { endOnAbort, isStream, watchStream } from './watch-stream.ts';

/** Ends the watch of a promise or a stream that the application dropped without reading it. */
const forgotten = new FinalizationRegistry<Watch>((watch) => watch.end({ kind: 'cancelled' }));

/** What `_thenUnwrap` takes: the parsed answer, and what the SDK knows of its request. */
export type Transform = (...values: unknown[]) => unknown;

/** Watches whose promise or stream was not read in the turn in which they began. */
let unseen: Watch[] = [];
let timer: NodeJS.Timeout | undefined;
/** Limits of the batch: a timer for each call would cost more than the watch itself. */
const MAX_UNSEEN = 32;
const UNSEEN_MILLIS = 20;

function registerUnseen(): void {
  clearTimeout(timer);
  timer = undefined;
  const left = unseen;
  unseen = [];
  for (const watch of left) watch.register();
}

/**
 * One call under observation. It reports to the observer what happens, the end exactly once, and catches what the
 * observer throws.
 */
export class Watch {
  readonly #observer: CallObserver;
  #hasEnded = false;
  #held: object | undefined;
  #isRegistered = false;
  #isSeen = false;
  isRead = false;

  constructor(observer: CallObserver) {
    this.#observer = observer;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Ends the call when this object is garbage-collected unread; a later registration replaces an earlier one. Most
   * callers `await` within the same turn, and a FinalizationRegistry entry is expensive, so registration is deferred.
   */
  endWhenForgotten(held: object): void {
    this.#letGo();
    this.#held = held;
    if (unseen.push(this) >= MAX_UNSEEN) registerUnseen();
    else timer ??= setTimeout(registerUnseen, UNSEEN_MILLIS).unref();
  }

  register(): void {
    if (!this.#held || this.#isRegistered) return;
    forgotten.register(this.#held, this, this);
    this.#isRegistered = true;
    const held = this.#held;
    this.#held = undefined;
    try {
      // A listener costs several microseconds, so it is not added before the first chunk.
      if (isStream(held)) endOnAbort(held, this);
    } catch (error) {
      diag.error('spanport: a stream is not seen to be aborted', error);
    }
  }

  #letGo(): void {
    this.#held = undefined;
    if (this.#isRegistered) forgotten.unregister(this);
    this.#isRegistered = false;
  }

  /** The application asked for the parsed answer: its arrival, or the end of its stream, ends the call. */
  read(parsing: Promise<unknown>): void {
    this.isRead = true;
    this.#letGo();
    try {
      // These functions are not stored: a stream stays open long after its answer has arrived.
      parsing.then(
        (value) => this.see(value),
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      diag.error('spanport: an answer could not be observed', error);
      this.end({ kind: 'complete' });
    }
  }

  /**
   * The application asked for the raw response and reads its body itself: the span ends when the headers have arrived.
   * @returns the promise for the application. A handler on the SDK's own would hide a rejection that nothing handles.
   */
  readResponse(response: Promise<unknown>): Promise<unknown> {
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

  see(value: unknown): void {
    if (this.#hasEnded || this.#isSeen) return;
    this.#isSeen = true;
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

  /** A helper transforms the answer. The answer is observed as it came; an error of the helper is not one of the call. */
  seeing(transform: Transform): Transform {
    return (...values) => {
      this.see(values[0]);
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
    this.#letGo();
    try {
      this.#observer.end(outcome);
    } catch (error) {
      diag.error('spanport: a span could not be ended', error);
    }
  }
}
