import { diag } from '@opentelemetry/api';
import { isStream, watchStream } from './observe-stream.ts';
import type { CallObserver, CallOutcome } from './observer.ts';

/** Ends the watch of a promise or a stream that the application let go of without looking at it. */
const forgotten = new FinalizationRegistry<Watch>((watch) => watch.end({ kind: 'cancelled' }));

/**
 * One call under observation. It tells the observer what happens, the end exactly once, and keeps the observer's own
 * faults from the application.
 */
export class Watch {
  readonly #observer: CallObserver;
  #hasEnded = false;
  isRead = false;

  constructor(observer: CallObserver) {
    this.#observer = observer;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The one object that the application has to look at for the call to go on: none other counts from now on. */
  endWhenForgotten(held: object): void {
    forgotten.unregister(this);
    forgotten.register(held, this, this);
  }

  /** Somebody asked for the parsed answer: its arrival, or its stream, is the end of the call. */
  read(parsing: Promise<unknown>): void {
    this.isRead = true;
    forgotten.unregister(this);
    parsing.then(this.see, this.fail);
  }

  readonly see = (value: unknown): void => {
    if (this.#hasEnded) return;
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
  };

  readonly fail = (error: unknown): void => this.end({ kind: 'failed', error });

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
    forgotten.unregister(this);
    try {
      this.#observer.end(outcome);
    } catch (error) {
      diag.error('spanport: a span could not be ended', error);
    }
  }
}
