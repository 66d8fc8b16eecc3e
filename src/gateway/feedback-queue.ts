import { BoundedMap } from '../bounded/bounded-map.ts';
import { defined } from '../interaction/defined.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { FeedbackRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FeedbackKey } from '../store/stored-feedback.ts';
import type { Feedback } from '../vendors/feedback.ts';
import type { ReceivedFeedback } from '../vendors/routes.ts';
import type { FeedbackMark } from './feedback-mark.ts';
import type { Log } from './log.ts';

export interface FeedbackToSend {
  readonly feedback: Feedback;
  readonly project: string;
  /** The API that it came by. */
  readonly from: string;
  /** Undefined where it did not come. */
  readonly answer?: Interaction | undefined;
}

export interface FeedbackQueueOptions {
  readonly store: Pick<Store, 'note' | 'settled'> & {
    readonly read: Pick<Store['read'], 'attachedFeedback' | 'feedbackNamed' | 'interaction' | 'openFeedback'>;
  };
  readonly mark: Pick<FeedbackMark, 'read' | 'write'>;
  readonly log: Pick<Log, 'warn'>;
  readonly send: (feedback: FeedbackToSend) => void;
}

type Known = Pick<FeedbackToSend, 'feedback' | 'answer'>;

/** Of more than this, the oldest does not wait any longer. */
const MAX_WAITING = 1_000;
/** What waits longer is about an answer that does not come here. */
const MAX_WAIT_MILLIS = 86_400_000;
/** How often it is looked whether something has waited for too long. */
const EXPIRY_MILLIS = 10 * 60_000;
/** Its names are those of a program. What a vendor's client names, only that vendor knows. */
const GENERAL_API = 'api';
const CHECK_MILLIS = 250;
const SETTLE_MILLIS = 2_000;

/**
 * Feedback on its way to destinations. A client may send it before its answer has come. It is sent on with the answer's
 * ids once the store has attached it, because a destination may know the answer by a name of its own. If no answer comes,
 * the destination may have it from elsewhere: then it is sent with the names that the client gave.
 */
export class FeedbackQueue {
  readonly #options: FeedbackQueueOptions;
  readonly #waiting = new BoundedMap<FeedbackKey>(MAX_WAITING, MAX_WAIT_MILLIS);
  /** Does not wait any longer. By name, as above. */
  readonly #late = new Map<string, FeedbackKey>();
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();
  #isQueued = false;
  #hasWarned = false;

  constructor(options: FeedbackQueueOptions) {
    this.#options = options;
  }

  /** Takes feedback that is stored. */
  add(key: FeedbackKey): void {
    this.#late.delete(nameOf(key));
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
    clearTimeout(this.#expiry);
    await this.#checking;
    if (this.#waiting.size === 0) return;
    // An answer that is stored and not indexed would be attached while the store closes, when nothing is sent on.
    await this.#options.store.settled(SETTLE_MILLIS).catch(() => undefined);
    this.#check();
    await this.#checking;
    clearTimeout(this.#expiry);
    // The store closes next, and its changes must not start another check.
    this.#waiting.clear();
  }

  /** Reads what an earlier process left. Before answers are received: one that is attached by then would be missed. */
  async load(): Promise<void> {
    const { store, log, mark } = this.#options;
    const dayAgo = Date.now() - MAX_WAIT_MILLIS;
    try {
      const since = mark.read() ?? dayAgo;
      mark.write(since);
      const keys = await store.read.openFeedback(since * 1e3, MAX_WAITING);
      const young = await store.read.openFeedback(Math.max(since, dayAgo) * 1e3, MAX_WAITING);
      for (const key of keys.slice(young.length).reverse()) this.#late.set(nameOf(key), key);
      for (const key of young.reverse()) this.#wait(key);
      if (this.#late.size > 0) this.#check();
    } catch (error) {
      log.warn(`feedback of an earlier process was not read: ${(error as Error).message}`);
    }
  }

  #wait(key: FeedbackKey): void {
    const late = this.#waiting.set(nameOf(key), key);
    this.#stopWaiting(late);
    if (late.length === 0 || this.#waiting.size < MAX_WAITING || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.log.warn(
      `feedback on ${MAX_WAITING} answers that have not come waits: the oldest is sent without one`,
    );
  }

  #stopWaiting(keys: readonly FeedbackKey[]): void {
    for (const key of keys) this.#late.set(nameOf(key), key);
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
    const { store, log, mark } = this.#options;
    this.#stopWaiting(this.#waiting.expire());
    const late = [...this.#late.values()];
    const keys = [...late, ...this.#waiting.values()];
    if (keys.length === 0) return;
    this.#expiry ??= setTimeout(() => {
      this.#expiry = undefined;
      this.#check();
    }, EXPIRY_MILLIS).unref();
    try {
      const found = await store.read.attachedFeedback(keys);
      // The writing thread replies in order, so an answer that it has stored was sent on by then.
      if (found.some((each) => typeof each === 'object')) await store.note([]);
      for (const [index, key] of keys.entries()) {
        const row = found[index];
        const isLate = index < late.length;
        if (row === undefined || (row === 'open' && !isLate)) continue;
        const alone = row === 'open' ? await store.read.feedbackNamed(key) : undefined;
        const known = row === 'open' ? alone && asItCame(alone) : await this.#withAnswer(row);
        // Only now, because a read can fail; and it may have been replaced since.
        const from = isLate ? this.#late : this.#waiting;
        if (from.get(nameOf(key)) === key) from.delete(nameOf(key));
        if (known) this.#send(known, key);
        if (alone) mark.write(Math.max(mark.read() ?? 0, alone.receivedAt + 1));
      }
    } catch (error) {
      log.warn(`feedback was not sent on yet: ${(error as Error).message}`);
    }
  }

  /** The feedback with the names of its answer. */
  async #withAnswer(row: FeedbackRow | 'deleted'): Promise<Known | undefined> {
    if (row === 'deleted') return undefined;
    const { project, interaction = '', data } = row;
    const { feedback } = data as ReceivedFeedback;
    const answer = (await this.#options.store.read.interaction(interaction, project))?.interaction;
    if (!answer) return { feedback };
    const { traceId, spanId, responseId } = answer;
    // A conversation means its latest answer, which may be another one by now.
    const { conversationId: _, ...named } = feedback;
    // Its own names first: a message of a run is named by them alone.
    return { feedback: { ...defined({ traceId, spanId, responseId }), ...named }, answer };
  }

  #send(known: Known, { project, receivedBy, id }: FeedbackKey): void {
    const { send, log } = this.#options;
    try {
      send({ ...known, project, from: receivedBy });
    } catch (error) {
      log.warn(`feedback ${id} was not sent on: ${(error as Error).message}`);
    }
  }
}

/** Feedback without its answer, if a destination may understand its names. */
function asItCame({ receivedBy, data }: FeedbackRow): Known | undefined {
  return receivedBy === GENERAL_API ? { feedback: (data as ReceivedFeedback).feedback } : undefined;
}

function nameOf({ id, project, receivedBy }: FeedbackKey): string {
  return JSON.stringify([id, project, receivedBy]);
}
