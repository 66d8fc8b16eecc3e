import { BoundedMap } from '../bounded/bounded-map.ts';
import { defined } from '../interaction/defined.ts';
import type { FeedbackRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FeedbackKey } from '../store/stored-feedback.ts';
import type { Feedback } from '../vendors/feedback.ts';
import type { ReceivedFeedback } from '../vendors/routes.ts';
import type { Log } from './log.ts';

export interface FeedbackQueueOptions {
  readonly store: Pick<Store, 'note' | 'settled'> & {
    readonly read: Pick<Store['read'], 'attachedFeedback' | 'interaction' | 'openFeedback'>;
  };
  readonly log: Pick<Log, 'warn'>;
  /** @param from the API that it came by */
  readonly send: (feedback: Feedback, project: string, from: string) => void;
}

/** More than this is not sent on, the oldest first; it stays in the store. */
const MAX_WAITING = 1_000;
/** What waits longer is about an answer that does not come here. */
const MAX_WAIT_MILLIS = 86_400_000;
const CHECK_MILLIS = 250;
const SETTLE_MILLIS = 2_000;

/**
 * Feedback on its way to destinations. A client may send it before its answer has come. It is sent on with the answer's
 * ids once the store has attached it, because a destination may know the answer by a name of its own.
 */
export class FeedbackQueue {
  readonly #options: FeedbackQueueOptions;
  readonly #waiting = new BoundedMap<FeedbackKey>(MAX_WAITING, MAX_WAIT_MILLIS);
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();
  #isQueued = false;
  #hasWarned = false;

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
    await this.#checking;
    if (this.#waiting.size === 0) return;
    // An answer that is stored and not indexed would be attached while the store closes, when nothing is sent on.
    await this.#options.store.settled(SETTLE_MILLIS).catch(() => undefined);
    this.#check();
    await this.#checking;
    // The store closes next, and its changes must not start another check.
    this.#waiting.clear();
  }

  /** Reads what an earlier process left. Before answers are received: one that is attached by then would be missed. */
  async load(): Promise<void> {
    const { store, log } = this.#options;
    try {
      const keys = await store.read.openFeedback((Date.now() - MAX_WAIT_MILLIS) * 1e3, MAX_WAITING);
      for (const key of [...keys].reverse()) this.#wait(key);
    } catch (error) {
      log.warn(`feedback of an earlier process was not read: ${(error as Error).message}`);
    }
  }

  #wait(key: FeedbackKey): void {
    const isForgotten = this.#waiting.set(nameOf(key), key).length > 0 && this.#waiting.size === MAX_WAITING;
    if (!isForgotten || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.log.warn(
      `feedback on ${MAX_WAITING} answers that have not come waits: the oldest is stored, and is not sent on`,
    );
  }

  /** One check after the one that runs finds everything that came until then. */
  #check(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#checking = this.#checking.then(() => {
      this.#isQueued = false;
      return this.#sendKnown();
    });
  }

  async #sendKnown(): Promise<void> {
    const { store, log } = this.#options;
    this.#waiting.expire();
    const keys = this.#waiting.values();
    if (keys.length === 0) return;
    try {
      const found = await store.read.attachedFeedback(keys);
      // The writing thread replies in order, so an answer that it has stored was sent on by then.
      if (found.some((each) => typeof each === 'object')) await store.note([]);
      for (const [index, key] of keys.entries()) {
        const row = found[index];
        if (row === undefined || row === 'open') continue;
        const feedback = row === 'deleted' ? undefined : await this.#withAnswer(row);
        // Only now, because a read can fail; and it may have been replaced since.
        if (this.#waiting.get(nameOf(key)) === key) this.#waiting.delete(nameOf(key));
        if (feedback) this.#send(feedback, key);
      }
    } catch (error) {
      log.warn(`feedback was not sent on yet: ${(error as Error).message}`);
    }
  }

  /** The feedback with the names of its answer. */
  async #withAnswer({ project, interaction = '', data }: FeedbackRow): Promise<Feedback> {
    const { feedback } = data as ReceivedFeedback;
    const found = (await this.#options.store.read.interaction(interaction, project))?.interaction;
    if (!found) return feedback;
    const { traceId, spanId, responseId } = found;
    // A conversation means its latest answer, which may be another one by now.
    const { conversationId: _, ...named } = feedback;
    // Its own names first: a message of a run is named by them alone.
    return { ...defined({ traceId, spanId, responseId }), ...named };
  }

  #send(feedback: Feedback, { project, receivedBy, id }: FeedbackKey): void {
    const { send, log } = this.#options;
    try {
      send(feedback, project, receivedBy);
    } catch (error) {
      log.warn(`feedback ${id} was not sent on: ${(error as Error).message}`);
    }
  }
}

function nameOf({ id, project, receivedBy }: FeedbackKey): string {
  return JSON.stringify([id, project, receivedBy]);
}
