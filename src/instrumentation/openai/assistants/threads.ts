import { BoundedMap } from '../../../bounded/bounded-map.ts';
import type { Message } from '../../../interaction/message.ts';

/** Ids are unique on one server only, so a key consists of the server's base URL and the id. */
export const keyOf = (scope: string, id: string): string => `${scope} ${id}`;

const MAX_THREADS = 1_000;
const MAX_MESSAGES_PER_THREAD = 50;
const MAX_AGE_MILLIS = 60 * 60_000;

/**
 * The messages that this process added to a thread since its last run: the input of its next run. Beyond the maximum,
 * the oldest messages are dropped.
 */
export class Threads {
  readonly #unanswered = new BoundedMap<readonly Message[]>(MAX_THREADS, MAX_AGE_MILLIS);

  add(threadKey: string, messages: readonly Message[]): void {
    if (messages.length === 0) return;
    const queue = [...(this.#unanswered.get(threadKey) ?? []), ...messages];
    this.#unanswered.set(threadKey, queue.slice(-MAX_MESSAGES_PER_THREAD));
  }

  /** Removes and returns the messages, for a run. */
  take(threadKey: string): readonly Message[] {
    const messages = this.#unanswered.get(threadKey) ?? [];
    this.#unanswered.delete(threadKey);
    return messages;
  }

  /**
   * Puts back the messages of a run that was rejected. They become the input of the next run, before any newer
   * messages.
   */
  restore(threadKey: string, messages: readonly Message[]): void {
    const newer = this.take(threadKey);
    this.add(threadKey, [...messages, ...newer]);
  }
}
