import { backoffMillis } from './backoff.ts';
import { type Clock, within } from './clock.ts';
import type { Attempt, DeliveryOutcome, Destination, RecordOutcome } from './delivery.ts';
import type { Transport } from './http/transport.ts';
import type { Batch, Queue } from './queue.ts';
import type { Receipts } from './receipts.ts';
import type { Tally } from './tally.ts';

/** From this attempt on a record waits longer than its destination does, so that it holds up no other. */
const PATIENT_ATTEMPTS = 3;
/** So many failures in a row are trouble; fewer are chance, and concern their own records alone. */
const TROUBLE_FAILURES = 3;
/** A vendor that fails now and then fills no log. */
const SAY_AGAIN_MILLIS = 60_000;
/** Bodies that are joined into one, at the most. */
const MAX_FOLDED_RECORDS = 1_000;
const MAX_FOLDED_BYTES = 4 << 20;
/** Records that come this close together are looked at together. */
const GATHER_MILLIS = 5;
/** How long a request that can carry several records waits for more of them. Requests are dear, whatever they carry. */
const GATHER_BATCH_MILLIS = 200;
/** How soon a queue is asked again that could not answer. */
const ASK_AGAIN_MILLIS = 1_000;
/** Timers take no more than 2^31 ms; whoever waits longer looks at the clock again. */
const LONGEST_TIMER_MILLIS = 60 * 60_000;
/** A destination that asks for a longer pause is asked again after this one. */
const LONGEST_PAUSE_MILLIS = 24 * 60 * 60_000;

interface AttemptResult {
  readonly outcome: DeliveryOutcome;
  readonly httpStatus?: number;
  /** What the destination has under the order key, if the request was accepted. */
  readonly state?: Uint8Array | undefined;
}

type Delivered = Extract<DeliveryOutcome, { readonly status: 'delivered' }>;

export interface SenderParts {
  readonly destination: Destination;
  readonly queue: Queue;
  readonly transport: Transport;
  readonly tally: Tally;
  readonly receipts: Receipts;
  readonly onAttempt: ((attempt: Attempt) => void) | undefined;
  readonly report: (message: string) => void;
  readonly clock: Clock;
  /** Whether records outlive the process, so that a flush need not wait for a destination in trouble. */
  readonly isDurable: boolean;
}

/**
 * Sends what waits in a queue to one destination: as many requests at once as it allows, one at a time while it is in
 * trouble, none before the time it named.
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #abort = new AbortController();
  #cancelTimer = (): void => {};
  #timerAt = Number.POSITIVE_INFINITY;
  #isTaking = false;
  #isWoken = false;
  #underWay = 0;
  #failures = 0;
  #failedAt = Number.NEGATIVE_INFINITY;
  #saidAt = Number.NEGATIVE_INFINITY;
  #warnedAt = Number.NEGATIVE_INFINITY;
  /** Nothing is sent before this time of our own choice, by the monotonic clock. */
  #pausedUntil = 0;
  /** Nothing is sent before this time, which the destination named. A flush does not shorten it. */
  #notBefore = 0;
  /** Records per request at the most. Halved when a batch is too much, doubled when one went through. */
  #batchRecords: number;
  /** Records that came since the queue was last looked into. */
  #arrived = 0;
  /** Whether the queue may have more that could be sent already. */
  #hasMore = false;
  #blocked: string | undefined;
  #hasEnded = false;
  #flushes: (() => void)[] = [];

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#batchRecords = this.#mostRecords;
  }

  /** Records came. Looks into the queue soon, at once when there is enough for a full request. */
  wake(records: number): void {
    this.#arrived += records;
    this.#schedule(this.#arrived >= this.#batchRecords ? 0 : this.#gatherMillis);
  }

  /**
   * Sends at once what waits. Resolves when nothing is left to do: the queue is empty, or the destination is blocked,
   * or, when records outlive the process, it is in trouble. At the latest after the timeout.
   */
  async flush(timeoutMillis: number): Promise<void> {
    this.#pausedUntil = 0;
    this.#parts.queue.hurry();
    const flushed = new Promise<void>((resolve) => void this.#flushes.push(resolve));
    void this.#pump();
    await within(this.#parts.clock, timeoutMillis, flushed);
  }

  /** Takes nothing more, and breaks off what is under way: nobody could say any more what became of it. */
  end(): void {
    this.#hasEnded = true;
    this.#cancelTimer();
    this.#abort.abort();
  }

  get #mostRecords(): number {
    const { fold, maxBatchRecords } = this.#parts.destination;
    return fold ? MAX_FOLDED_RECORDS : maxBatchRecords;
  }

  /** Whether a request can carry several records, so that one waits for others. */
  get #isBatching(): boolean {
    return this.#parts.destination.maxBatchRecords > 1;
  }

  get #gatherMillis(): number {
    return this.#isBatching ? GATHER_BATCH_MILLIS : GATHER_MILLIS;
  }

  get #maySend(): boolean {
    // A destination in trouble is asked by one request at a time, not by all that wait.
    const limit = this.#failures >= TROUBLE_FAILURES ? 1 : this.#parts.destination.concurrency;
    return !this.#hasEnded && this.#blocked === undefined && this.#underWay < limit && this.#waitMillis <= 0;
  }

  get #now(): number {
    return this.#parts.clock.monotonic();
  }

  get #waitMillis(): number {
    return Math.max(this.#pausedUntil, this.#notBefore) - this.#now;
  }

  #schedule(afterMillis: number): void {
    const wait = Math.min(Math.ceil(afterMillis), LONGEST_TIMER_MILLIS);
    const at = this.#now + wait;
    if (this.#hasEnded || this.#blocked !== undefined || at >= this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = at;
    this.#cancelTimer = this.#parts.clock.after(wait, () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    if (this.#isTaking) {
      this.#isWoken = true;
      return;
    }
    this.#isTaking = true;
    this.#arrived = 0;
    const isEmpty = await this.#takeAll().catch(() => {
      this.#schedule(ASK_AGAIN_MILLIS);
      return false;
    });
    this.#isTaking = false;
    if (this.#isWoken) {
      this.#isWoken = false;
      void this.#pump();
      return;
    }
    const isFlushed = isEmpty || this.#blocked !== undefined || this.#hasEnded || this.#parts.isDurable;
    if (this.#underWay === 0 && isFlushed) for (const resolve of this.#flushes.splice(0)) resolve();
  }

  /** Whether nothing was left in the queue. */
  async #takeAll(): Promise<boolean> {
    const { destination, queue, tally, receipts, report } = this.#parts;
    this.#hasMore = true;
    while (this.#maySend) {
      const taken = await queue.take({
        maxRecords: Math.min(this.#batchRecords, destination.maxBatchRecords),
        maxBytes: destination.fold ? MAX_FOLDED_BYTES : destination.maxBatchBytes,
        ...(destination.fold && { maxFolded: this.#batchRecords }),
      });
      this.#hasMore = taken.status === 'batch' || taken.status === 'damaged';
      if (taken.status === 'empty') return true;
      if (taken.status === 'wait') {
        if (Number.isFinite(taken.millis)) this.#schedule(Math.max(1, taken.millis));
        return false;
      }
      if (taken.status === 'damaged') {
        tally.add('rejected', taken.keys.length);
        receipts.settle(taken.keys, { status: 'rejected', reason: 'damaged on disk' });
        report(`${taken.keys.length} records for ${destination.name} were damaged on disk`);
        continue;
      }
      this.#underWay += 1;
      void this.#send(taken.batch);
    }
    if (this.#underWay === 0) this.#schedule(Math.max(1, this.#waitMillis));
    return false;
  }

  async #send(batch: Batch): Promise<void> {
    const began = this.#now;
    const at = this.#parts.clock.wall();
    const { outcome, state, httpStatus } = await this.#attempt(batch);
    const durationMillis = this.#now - began;
    this.#reportAttempt(batch, { at, durationMillis, outcome, ...(httpStatus !== undefined && { httpStatus }) });
    if (outcome.status === 'retryable') this.#countFailure(began);
    if (this.#hasEnded) return;
    try {
      await this.#settle(batch, outcome, state);
    } catch (error) {
      // The queue could not write it down. The records are still there and are sent again, under the same keys.
      this.#parts.report(`${this.#parts.destination.name}: an outcome could not be kept: ${messageOf(error)}`);
    }
    this.#underWay -= 1;
    const isDone = outcome.status === 'delivered' && !this.#hasMore && this.#flushes.length === 0;
    if (isDone && this.#isBatching) this.#schedule(this.#gatherMillis);
    else void this.#pump();
  }

  #reportAttempt({ keys }: Batch, attempt: Omit<Attempt, 'destination' | 'keys'>): void {
    const { destination, onAttempt, report } = this.#parts;
    if (!onAttempt) return;
    try {
      onAttempt({ ...attempt, destination: destination.name, keys });
    } catch (error) {
      report(`the attempt listener of ${destination.name} threw: ${messageOf(error)}`);
    }
  }

  async #attempt({ bodies, orderKey, state: last }: Batch): Promise<AttemptResult> {
    const { destination, transport } = this.#parts;
    try {
      const isFolded = destination.fold !== undefined && orderKey !== undefined;
      const known = isFolded && !last ? await this.#lookUp(bodies) : { state: last };
      if (known.outcome) return { ...known, outcome: known.outcome };
      const state = isFolded ? destination.fold?.(known.state, bodies) : undefined;
      const request = destination.prepare(state ? [state] : bodies);
      const answer = await transport(request, this.#abort.signal).catch((error: Error) => error);
      if (answer instanceof Error) return { outcome: { status: 'retryable', reason: answer.message } };
      return { outcome: destination.outcome(answer), httpStatus: answer.status, ...(state && { state }) };
    } catch (error) {
      return { outcome: { status: 'rejected', reason: messageOf(error) } };
    }
  }

  /** What the destination itself has under an order key that nothing is known of here, or why it could not be asked. */
  async #lookUp(bodies: readonly Uint8Array[]): Promise<Partial<AttemptResult>> {
    const { destination, transport } = this.#parts;
    const request = destination.remote?.request(bodies);
    if (!request) return {};
    const answer = await transport(request, this.#abort.signal).catch((error: Error) => error);
    if (answer instanceof Error) return { outcome: { status: 'retryable', reason: answer.message } };
    const outcome = destination.outcome(answer);
    if (outcome.status === 'retryable' || outcome.status === 'blocked') return { outcome, httpStatus: answer.status };
    return { state: destination.remote?.state(answer) };
  }

  async #settle(batch: Batch, outcome: DeliveryOutcome, state: Uint8Array | undefined): Promise<void> {
    const { destination, queue, tally, receipts, report } = this.#parts;
    const count = batch.ids.length;
    switch (outcome.status) {
      case 'delivered':
        this.#failures = 0;
        this.#batchRecords = Math.min(this.#mostRecords, Math.max(this.#batchRecords, count * 2));
        this.#countDelivered(batch, state !== undefined, outcome);
        return queue.delivered(batch, state);
      case 'rejected':
        this.#failures = 0;
        // One bad record must not take its neighbours along: halves are tried until it stands alone.
        if (count > 1) return this.#halve(batch);
        tally.add('rejected', count);
        receipts.settle(batch.keys, { status: 'rejected', reason: outcome.reason });
        report(`${destination.name} refused a record: ${outcome.reason}`);
        return queue.rejected(batch, outcome.reason);
      case 'split':
        this.#failures = 0;
        if (count > 1) return this.#halve(batch);
        return this.#settle(batch, { status: 'rejected', reason: 'too large' }, undefined);
      case 'blocked':
        if (this.#blocked === undefined)
          report(`${destination.name} is stopped, its records are kept: ${outcome.reason}`);
        this.#blocked = outcome.reason;
        return queue.giveBack(batch, 0, false);
      case 'retryable': {
        tally.add('retried', count);
        const now = this.#now;
        if (now - this.#saidAt > SAY_AGAIN_MILLIS) {
          this.#saidAt = now;
          report(`${destination.name} does not take records, they wait: ${outcome.reason}`);
        }
        const named = Math.min(outcome.retryAfterMillis ?? 0, LONGEST_PAUSE_MILLIS);
        const isTrouble = this.#failures >= TROUBLE_FAILURES;
        const pause = Math.max(isTrouble ? backoffMillis(this.#failures - TROUBLE_FAILURES + 1) : 0, named);
        this.#pausedUntil = now + pause;
        this.#notBefore = Math.max(this.#notBefore, now + named);
        const own = backoffMillis(batch.attempts + 1);
        const delay = batch.attempts < PATIENT_ATTEMPTS ? Math.max(pause, named > 0 ? 0 : own) : pause + own;
        return queue.giveBack(batch, delay, true);
      }
    }
  }

  /** Requests that were under way together fail together: one outage is one failure, however many it hits. */
  #countFailure(began: number): void {
    if (began < this.#failedAt) return;
    this.#failures += 1;
    this.#failedAt = this.#now;
  }

  /** Of records that were folded into one, the newest counts as delivered and all others as coalesced. */
  #countDelivered({ keys }: Batch, isFolded: boolean, { rejected = 0, reason = '' }: Delivered): void {
    const { destination, tally, receipts, report } = this.#parts;
    const count = keys.length;
    const sent = isFolded ? 1 : count;
    const refused = Math.min(rejected, sent);
    tally.add('delivered', sent - refused);
    tally.add('rejected', refused);
    if (isFolded) tally.add('coalesced', count - 1);
    const note = refused > 0 ? `${refused} of ${sent} records were rejected: ${reason}` : reason;
    const result: RecordOutcome =
      refused === sent ? { status: 'rejected', reason: note } : { status: 'delivered', ...(note !== '' && { note }) };
    if (isFolded) receipts.settleCoalesced(keys, result);
    else receipts.settle(keys, result);
    if ((rejected === 0 && reason === '') || this.#now - this.#warnedAt <= SAY_AGAIN_MILLIS) return;
    this.#warnedAt = this.#now;
    if (rejected > 0) report(`${destination.name} rejected ${rejected} of ${sent} records: ${reason}`);
    else report(`${destination.name} took the records, and says: ${reason}`);
  }

  #halve(batch: Batch): Promise<void> {
    this.#batchRecords = Math.max(1, batch.ids.length >> 1);
    return this.#parts.queue.giveBack(batch, 0, false);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
