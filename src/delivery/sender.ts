import { attempt, messageOf } from './attempt.ts';
import { sizeAfterAccepted, sizeAfterTooLarge } from './batch-size.ts';
import { type Clock, within } from './clock.ts';
import type { Counters } from './counters.ts';
import type { Attempt, DeliveryOutcome, Destination, RecordOutcome } from './delivery.ts';
import { deliveryMetrics } from './delivery-metrics.ts';
import type { Transport } from './http/transport.ts';
import { initialPacing, maxUnderWay, pace, retryDelayMillis, waitMillis } from './pacing.ts';
import type { Batch, Queue } from './queue.ts';
import type { Receipts } from './receipts.ts';
import { Refusals } from './refusals.ts';

/** Reports of one kind are this far apart, so that occasional failures do not fill the log. */
const REPORT_INTERVAL_MILLIS = 60_000;
const MAX_COALESCED_RECORDS = 1_000;
const MAX_COALESCED_BYTES = 4 << 20;
/** Records that arrive within this time are sent together. */
const GATHER_MILLIS = 5;
/** Requests that can carry several records begin this far apart, since a request is expensive whatever it carries. */
const GATHER_BATCH_MILLIS = 200;
/** After a quiet time the first records wait only for those of the same moment: others would not have come anyway. */
const GATHER_FIRST_MILLIS = 50;
/** When to try again to take from a queue that threw. */
const TAKE_AGAIN_MILLIS = 1_000;
/** Timers hold no more than 2^31 ms; a longer wait is continued when this one ends. */
const MAX_TIMER_MILLIS = 60 * 60_000;
/** A record that was refused with the key waits this much longer than the destination, so that another one is tried. */
const REFUSED_LAST_MILLIS = 1_000;

type Delivered = Extract<DeliveryOutcome, { readonly status: 'delivered' }>;
type Retryable = Extract<DeliveryOutcome, { readonly status: 'retryable' }>;

export interface SenderParts {
  readonly destination: Destination;
  readonly queue: Queue;
  readonly transport: Transport;
  readonly counters: Counters;
  readonly receipts: Receipts;
  readonly onAttempt: ((attempt: Attempt) => void) | undefined;
  readonly report: (message: string) => void;
  readonly clock: Clock;
  /** Whether records outlive the process, so that a flush need not wait for a destination in trouble. */
  readonly isDurable: boolean;
}

/** Sends the records of a queue to one destination, as fast as its {@link pace} allows. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #abort = new AbortController();
  #cancelTimer = (): void => {};
  #timerAt = Number.POSITIVE_INFINITY;
  /** A take from the queue is under way; `#isWoken` remembers that another one is wanted after it. */
  #isTaking = false;
  #isWoken = false;
  /** Requests without a response yet. */
  #underWay = 0;
  #pacing = initialPacing;
  /** Maximum records in the next request; see {@link sizeAfterAccepted}. */
  #batchRecords: number;
  /** When the last request began. */
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Records that arrived since the last take. */
  #arrived = 0;
  /** Whether the queue may have more records that can be sent now. */
  #hasMore = false;
  #hasEnded = false;
  #failureReportedAt = Number.NEGATIVE_INFINITY;
  #noteReportedAt = Number.NEGATIVE_INFINITY;
  #blockReportedAt = Number.NEGATIVE_INFINITY;
  #isBlockReported = false;
  readonly #refusals: Refusals;
  #flushes: (() => void)[] = [];

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#refusals = new Refusals(() => parts.clock.monotonic());
    this.#batchRecords = this.#maxRecords;
  }

  /** Records arrived. Sends soon, or at once when there are enough for a full request. */
  wake(records: number): void {
    this.#arrived += records;
    // A request is due when the pause is over.
    if (this.#isBlocked && this.#waitMillis > 0 && Number.isFinite(this.#timerAt)) return;
    this.#schedule(this.#arrived >= this.#batchRecords ? 0 : this.#gatherMillis);
  }

  /**
   * Sends all waiting records at once. Resolves when nothing is left to do: the queue is empty, or the destination is
   * blocked, or it is in trouble and the records outlive the process. Resolves after the timeout in any case.
   */
  async flush(timeoutMillis: number): Promise<void> {
    this.#pacing = pace(this.#pacing, { kind: 'flushed' });
    // While it is blocked, a record that was refused stays the last one, or it would be tried first each time.
    if (!this.#isBlocked) this.#parts.queue.retryNow();
    const flushed = new Promise<void>((resolve) => void this.#flushes.push(resolve));
    void this.#pump();
    await within(this.#parts.clock, timeoutMillis, flushed);
  }

  /** Sends nothing more, and aborts what is under way, because its outcome could no longer be recorded. */
  end(): void {
    this.#hasEnded = true;
    this.#cancelTimer();
    this.#abort.abort();
  }

  get #maxRecords(): number {
    const { coalesce, maxBatchRecords } = this.#parts.destination;
    return coalesce ? MAX_COALESCED_RECORDS : maxBatchRecords;
  }

  /** Whether a request can carry several records, so that the first one waits for others. */
  get #isBatching(): boolean {
    return this.#parts.destination.maxBatchRecords > 1;
  }

  get #gatherMillis(): number {
    if (!this.#isBatching) return GATHER_MILLIS;
    return Math.max(GATHER_FIRST_MILLIS, GATHER_BATCH_MILLIS - (this.#now - this.#sentAt));
  }

  get #maySend(): boolean {
    const isFree = this.#underWay < maxUnderWay(this.#pacing, this.#parts.destination.concurrency);
    return !this.#hasEnded && isFree && this.#waitMillis <= 0;
  }

  /** Whether the destination refuses the key or the URL. */
  get #isBlocked(): boolean {
    return this.#pacing.blocks > 0;
  }

  get #now(): number {
    return this.#parts.clock.monotonic();
  }

  get #waitMillis(): number {
    return waitMillis(this.#pacing, this.#now);
  }

  #schedule(afterMillis: number): void {
    const wait = Math.min(Math.ceil(afterMillis), MAX_TIMER_MILLIS);
    const at = this.#now + wait;
    if (this.#hasEnded || at >= this.#timerAt) return;
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
    // Here and not for each record, because looking for a MeterProvider costs as much as to enqueue one.
    deliveryMetrics.bind();
    this.#isTaking = true;
    this.#arrived = 0;
    const isEmpty = await this.#takeAll().catch(() => {
      this.#schedule(TAKE_AGAIN_MILLIS);
      return false;
    });
    this.#isTaking = false;
    if (this.#isWoken) {
      this.#isWoken = false;
      void this.#pump();
      return;
    }
    const isFlushed = isEmpty || this.#isBlocked || this.#hasEnded || this.#parts.isDurable;
    if (this.#underWay === 0 && isFlushed) for (const resolve of this.#flushes.splice(0)) resolve();
  }

  /** Sends as many batches as allowed. Returns whether the queue is empty. */
  async #takeAll(): Promise<boolean> {
    const { destination, queue, counters, receipts, report } = this.#parts;
    this.#hasMore = true;
    while (this.#maySend) {
      const taken = await queue.take({
        maxRecords: Math.min(this.#batchRecords, destination.maxBatchRecords),
        maxBytes: destination.coalesce ? MAX_COALESCED_BYTES : destination.maxBatchBytes,
        ...(destination.coalesce && { maxCoalesced: this.#batchRecords }),
      });
      this.#hasMore = taken.status === 'batch' || taken.status === 'damaged';
      if (taken.status === 'empty') return true;
      if (taken.status === 'wait') {
        if (Number.isFinite(taken.millis)) this.#schedule(Math.max(1, taken.millis));
        return false;
      }
      if (taken.status === 'damaged') {
        counters.add('rejected', taken.keys.length);
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
    const { clock, destination, transport, report } = this.#parts;
    const began = this.#now;
    this.#sentAt = began;
    const at = clock.wall();
    const { outcome, state, httpStatus, answer } = await attempt(destination, transport, batch, this.#abort.signal);
    const durationMillis = this.#now - began;
    const waitMillis = outcome.status === 'retryable' ? this.#delayAfter(batch, outcome, began) : undefined;
    this.#reportAttempt(batch, {
      at,
      durationMillis,
      outcome,
      ...(httpStatus !== undefined && { httpStatus }),
      ...(answer !== undefined && { answer }),
      ...(waitMillis !== undefined && { waitMillis }),
    });
    if (this.#hasEnded) return;
    try {
      await this.#settle(batch, outcome, state, { began, waitMillis });
    } catch (error) {
      // The queue could not record it. The records are still there and are sent again, with the same keys.
      report(`${destination.name}: an outcome could not be recorded: ${messageOf(error)}`);
    }
    this.#underWay -= 1;
    const isDone = outcome.status === 'delivered' && !this.#hasMore && this.#flushes.length === 0;
    if (isDone && this.#isBatching) this.#schedule(GATHER_BATCH_MILLIS);
    else void this.#pump();
  }

  #reportAttempt({ keys }: Batch, details: Omit<Attempt, 'destination' | 'keys'>): void {
    const { destination, onAttempt, report } = this.#parts;
    if (!onAttempt) return;
    try {
      onAttempt({ ...details, destination: destination.name, keys });
    } catch (error) {
      report(`the attempt listener of ${destination.name} threw: ${messageOf(error)}`);
    }
  }

  async #settle(
    batch: Batch,
    outcome: DeliveryOutcome,
    state: Uint8Array | undefined,
    { began, waitMillis = 0 }: { readonly began: number; readonly waitMillis: number | undefined },
  ): Promise<void> {
    const { queue } = this.#parts;
    if (outcome.status === 'retryable') return this.#retry(batch, outcome.reason, waitMillis);
    if (outcome.status === 'blocked') return this.#block(batch, outcome.reason, began);
    if (outcome.status === 'delivered') {
      if (this.#isBlockReported) this.#reportUnblocked();
      this.#pacing = pace(this.#pacing, { kind: 'delivered' });
      this.#refusals.accepted();
      this.#batchRecords = sizeAfterAccepted(this.#batchRecords, batch.ids.length, this.#maxRecords);
      this.#countDelivered(batch, state !== undefined, outcome);
      return queue.delivered(batch, state);
    }
    this.#pacing = pace(this.#pacing, { kind: 'rejected' });
    return this.#rejectOrSplit(batch, outcome.status === 'split' ? 'too large' : outcome.reason);
  }

  /** One invalid record must not take the others with it: halves are tried until it is alone. */
  #rejectOrSplit(batch: Batch, reason: string): Promise<void> {
    if (batch.ids.length === 1) return this.#reject(batch, reason);
    this.#batchRecords = sizeAfterTooLarge(batch.ids.length);
    return this.#parts.queue.release(batch, 0, false);
  }

  /**
   * The records wait, and one record is tried after a growing pause: the key may be corrected where it was issued. A
   * record that is refused again and again while others are accepted is at fault itself. It may be any of a batch, so
   * records go one by one until one is accepted.
   */
  #block(batch: Batch, reason: string, began: number): Promise<void> {
    const { destination, queue, report } = this.#parts;
    const now = this.#now;
    const [key = ''] = batch.keys;
    if (batch.ids.length === 1 && this.#refusals.refused(key))
      return this.#reject(batch, `${reason}, although other records are accepted`);
    if (!this.#isBlocked && now - this.#blockReportedAt > REPORT_INTERVAL_MILLIS) {
      this.#blockReportedAt = now;
      this.#isBlockReported = true;
      report(`${destination.name} is stopped, its records are kept and tried again later: ${reason}`);
    }
    this.#pacing = pace(this.#pacing, { kind: 'blocked', began, now });
    this.#batchRecords = 1;
    return queue.release(batch, this.#waitMillis + REFUSED_LAST_MILLIS, false);
  }

  #reportUnblocked(): void {
    const { destination, report } = this.#parts;
    this.#isBlockReported = false;
    report(`${destination.name} accepts requests again`);
  }

  #reject(batch: Batch, reason: string): Promise<void> {
    const { destination, queue, counters, receipts, report } = this.#parts;
    counters.add('rejected', batch.ids.length);
    receipts.settle(batch.keys, { status: 'rejected', reason });
    report(`${destination.name} rejected a record: ${reason}`);
    return queue.rejected(batch, reason);
  }

  /** Slows the destination down, and returns how long this batch waits. */
  #delayAfter({ attempts }: Batch, { retryAfterMillis }: Retryable, began: number): number {
    const now = this.#now;
    const named = retryAfterMillis === undefined ? {} : { retryAfterMillis };
    this.#pacing = pace(this.#pacing, { kind: 'failed', began, now, ...named });
    return retryDelayMillis(this.#pacing, { attempts, now, ...named });
  }

  #retry(batch: Batch, reason: string, waitMillis: number): Promise<void> {
    const { destination, queue, counters, report } = this.#parts;
    const now = this.#now;
    counters.add('retried', batch.ids.length);
    if (now - this.#failureReportedAt > REPORT_INTERVAL_MILLIS) {
      this.#failureReportedAt = now;
      report(`${destination.name} does not accept records, they wait: ${reason}`);
    }
    return queue.release(batch, waitMillis, true);
  }

  /** Of records that were coalesced into one, the newest counts as delivered and all others as coalesced. */
  #countDelivered({ keys }: Batch, isCoalesced: boolean, { rejected = 0, reason = '' }: Delivered): void {
    const { destination, counters, receipts, report } = this.#parts;
    const sent = isCoalesced ? 1 : keys.length;
    const lost = Math.min(rejected, sent);
    counters.add('delivered', sent - lost);
    counters.add('rejected', lost);
    if (isCoalesced) counters.add('coalesced', keys.length - 1);
    const note = lost > 0 ? `${lost} of ${sent} records were rejected: ${reason}` : reason;
    const result: RecordOutcome =
      lost === sent ? { status: 'rejected', reason: note } : { status: 'delivered', ...(note !== '' && { note }) };
    if (isCoalesced) receipts.settleCoalesced(keys, result);
    else receipts.settle(keys, result);
    if (note === '' || this.#now - this.#noteReportedAt <= REPORT_INTERVAL_MILLIS) return;
    this.#noteReportedAt = this.#now;
    if (rejected > 0) report(`${destination.name} rejected ${rejected} of ${sent} records: ${reason}`);
    else report(`${destination.name} accepted the records with a note: ${reason}`);
  }
}
