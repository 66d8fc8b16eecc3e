import { defined } from '../interaction/defined.ts';
import type { FeedbackRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FeedbackKey } from '../store/stored-feedback.ts';
import type { Feedback } from '../vendors/feedback.ts';
import type { ReceivedFeedback } from '../vendors/routes.ts';
import type { Log } from './log.ts';

export interface FeedbackQueueOptions {
  readonly store: Store;
  readonly log: Log;
  /** @param from the API that it came by */
  readonly send: (feedback: Feedback, project: string, from: string) => void;
}

/** More than this is forgotten, the oldest first; it stays in the store. */
const MAX_WAITING = 1_000;
const CHECK_MILLIS = 250;

/**
 * Feedback on its way to destinations. A client may send it before its answer has come. It is sent on with the answer's
 * ids once the store has attached it, because a destination may know the answer by a name of its own.
 */
export class FeedbackQueue {
  readonly #options: FeedbackQueueOptions;
  readonly #waiting = new Map<string, FeedbackKey>();
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();

  constructor(options: FeedbackQueueOptions) {
    this.#options = options;
  }

  /** Takes feedback that is stored. */
  add(key: FeedbackKey): void {
    this.#wait(key);
    this.#check();
  }

  /** Called after changes of the store. */
  progressed(): void {
    if (this.#waiting.size > 0) this.#timer ??= setTimeout(() => this.#check(), CHECK_MILLIS).unref();
  }

  /** Ends once everything whose answer is known was sent. What waits is read from the store by the next start. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#check();
    await this.#checking;
  }

  /** Reads what an earlier process left. Before answers are received: one that is attached by then would be missed. */
  async load(): Promise<void> {
    try {
      for (const row of (await this.#options.store.read.openFeedback(MAX_WAITING)).reverse()) this.#wait(row);
    } catch (error) {
      this.#options.log.warn(`feedback of an earlier process was not read: ${(error as Error).message}`);
    }
  }

  #wait({ id, project, receivedBy }: FeedbackKey): void {
    this.#waiting.set(JSON.stringify([id, project, receivedBy]), { id, project, receivedBy });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_WAITING && oldest !== undefined) this.#waiting.delete(oldest);
  }

  #check(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#checking = this.#checking.then(() => this.#sendKnown());
  }

  async #sendKnown(): Promise<void> {
    const { store, log } = this.#options;
    const keys = [...this.#waiting];
    if (keys.length === 0) return;
    try {
      const rows = await store.read.feedbackNamed(keys.map(([, key]) => key));
      // The writing thread replies in order, so an answer that it has stored was sent on by then.
      if (rows.some(({ interaction }) => interaction !== undefined)) await store.note([]);
      const stored = new Map(rows.map((row) => [JSON.stringify([row.id, row.project, row.receivedBy]), row]));
      for (const [name] of keys) {
        const row = stored.get(name);
        // Deleted, or attached to its answer.
        if (row && row.interaction === undefined) continue;
        this.#waiting.delete(name);
        if (row) await this.#send(row);
      }
    } catch (error) {
      log.warn(`feedback was not sent on: ${(error as Error).message}`);
    }
  }

  async #send({ project, receivedBy, interaction = '', data }: FeedbackRow): Promise<void> {
    const { store, send } = this.#options;
    const { feedback } = data as ReceivedFeedback;
    const found = (await store.read.interaction(interaction, project))?.interaction;
    const { traceId, spanId, responseId, conversationId } = found ?? {};
    // Its own names first: a message of a run is named by them alone.
    send({ ...defined({ traceId, spanId, responseId, conversationId }), ...feedback }, project, receivedBy);
  }
}
