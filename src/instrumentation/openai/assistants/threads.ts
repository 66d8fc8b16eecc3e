import { BoundedMap } from '../../../bounded/bounded-map.ts';
import type { Message } from '../../../interaction/message.ts';

/** Ids are unique on one server: its base URL and an id tell what is what. */
export const keyOf = (scope: string, id: string): string => `${scope} ${id}`;

const MAX_THREADS = 1_000;
const MAX_MESSAGES_PER_THREAD = 50;
const MAX_AGE_MILLIS = 60 * 60_000;

/**
 * The messages that this process put on a thread and that no run has taken up yet: the input of the next run there.
 * Of a longer queue the newest stay.
 */
export class Threads {
  readonly #unanswered = new BoundedMap<readonly Message[]>(MAX_THREADS, MAX_AGE_MILLIS);

  add(threadKey: string, messages: readonly Message[]): void {
    if (messages.length === 0) return;
    const queue = [...(this.#unanswered.get(threadKey) ?? []), ...messages];
    this.#unanswered.set(threadKey, queue.slice(-MAX_MESSAGES_PER_THREAD));
  }

  /** Hands them to a run. */
  take(threadKey: string): readonly Message[] {
    const messages = this.#unanswered.get(threadKey) ?? [];
    this.#unanswered.delete(threadKey);
    return messages;
  }

  /** A run that was refused has taken nothing: its messages wait for the next one, before any newer ones. */
  giveBack(threadKey: string, messages: readonly Message[]): void {
    const newer = this.take(threadKey);
    this.add(threadKey, [...messages, ...newer]);
  }
}
