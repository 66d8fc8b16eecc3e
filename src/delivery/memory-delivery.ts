import { backoffMillis } from './backoff.ts';
import type { Delivery, DeliveryOutcome, DeliveryRecord, DeliveryStats, Destination } from './delivery.ts';
import type { Transport } from './transport.ts';

/** Memory that waiting records may take. Beyond it the oldest go. */
const MAX_RECORDS = 100_000;
const MAX_BYTES = 64 << 20;
/** Keys that were delivered, and for how long they are remembered. */
const MAX_KEYS = 50_000;
const KEY_MAX_AGE_MILLIS = 24 * 60 * 60_000;
/** Conversations whose last state is remembered, for destinations that fold. */
const MAX_STATES = 10_000;
const DEFAULT_TIMEOUT_MILLIS = 5_000;

interface Parts {
  readonly onDrain: () => void;
  readonly report: (message: string) => void;
  readonly transport: Transport;
}

interface Waiting {
  readonly record: DeliveryRecord;
  attempts: number;
  /** Not before this time, by the monotonic clock. */
  readyAt: number;
}

type Counts = { -readonly [K in Exclude<keyof DeliveryStats, 'dropped' | 'spooled' | 'spooledBytes'>]: number };

/** Delivery out of memory: bounded, retried, and gone with the process. */
export class MemoryDelivery implements Delivery {
  readonly #destination: Destination;
  readonly #parts: Parts;
  readonly #counts: Counts = { enqueued: 0, delivered: 0, retried: 0, rejected: 0, coalesced: 0 };
  readonly #dropped: Record<string, number> = {};
  readonly #waiting = new Set<Waiting>();
  readonly #keys = new Map<string, number>();
  readonly #states = new Map<string, Uint8Array>();
  readonly #busyOrders = new Set<string>();
  #bytes = 0;
  #underWay = 0;
  #failures = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #blocked: string | undefined;
  #hasEnded = false;
  #idle: (() => void)[] = [];

  constructor(destination: Destination, parts: Parts) {
    this.#destination = destination;
    this.#parts = parts;
  }

  enqueue(record: DeliveryRecord): void {
    if (this.#hasEnded) {
      this.#drop('shut_down', 1);
      return;
    }
    if (this.#keys.has(record.key)) return;
    this.#remember(record.key);
    this.#counts.enqueued += 1;
    this.#hold({ record, attempts: 0, readyAt: 0 });
    while (this.#waiting.size > MAX_RECORDS || this.#bytes > MAX_BYTES) {
      const [oldest] = this.#waiting;
      if (!oldest) break;
      this.#release(oldest);
      this.#drop('queue_full', 1);
    }
    this.#schedule(0);
  }

  async forceFlush(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    this.#parts.onDrain();
    this.#pausedUntil = 0;
    for (const waiting of this.#waiting) waiting.readyAt = 0;
    this.#pump();
    if (this.#isIdle) return;
    await new Promise<void>((resolve) => {
      // This timer holds the process: somebody waits for it.
      const timer = setTimeout(resolve, timeoutMillis);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async shutdown(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    if (this.#hasEnded) return;
    await this.forceFlush(timeoutMillis);
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    if (this.#waiting.size > 0) this.#drop('shut_down', this.#waiting.size);
    this.#waiting.clear();
  }

  stats(): DeliveryStats {
    return { ...this.#counts, dropped: { ...this.#dropped }, spooled: 0, spooledBytes: 0 };
  }

  get #isIdle(): boolean {
    return (this.#waiting.size === 0 || this.#blocked !== undefined) && this.#underWay === 0;
  }

  #schedule(afterMillis: number): void {
    if (this.#timer || this.#blocked !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, afterMillis);
    this.#timer.unref();
  }

  #pump(): void {
    const now = performance.now();
    // A destination in trouble is asked by one request at a time, not by all that wait.
    const limit = this.#failures > 0 ? 1 : this.#destination.concurrency;
    while (this.#blocked === undefined && now >= this.#pausedUntil && this.#underWay < limit) {
      const batch = this.#nextBatch(now);
      if (batch.length === 0) break;
      void this.#send(batch);
    }
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve();
    else if (this.#waiting.size > 0 && this.#underWay < limit) this.#schedule(Math.max(50, this.#pausedUntil - now));
  }

  #nextBatch(now: number): Waiting[] {
    const { maxBatchRecords, maxBatchBytes, fold } = this.#destination;
    const batch: Waiting[] = [];
    let order: string | undefined;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const { orderKey, body } = waiting.record;
      if (waiting.readyAt > now || (orderKey !== undefined && this.#busyOrders.has(orderKey))) continue;
      if (batch.length > 0) {
        const isFolded = fold !== undefined && order !== undefined && orderKey === order;
        if (!isFolded && (batch.length >= maxBatchRecords || bytes + body.byteLength > maxBatchBytes)) break;
        if (order !== orderKey) continue;
      }
      order = orderKey;
      bytes += body.byteLength;
      batch.push(waiting);
    }
    for (const waiting of batch) this.#release(waiting);
    return batch;
  }

  async #send(batch: Waiting[]): Promise<void> {
    const orderKey = batch[0]?.record.orderKey;
    this.#underWay += 1;
    if (orderKey !== undefined) this.#busyOrders.add(orderKey);
    const { outcome, state } = await this.#attempt(batch, orderKey);
    this.#underWay -= 1;
    if (orderKey !== undefined) this.#busyOrders.delete(orderKey);
    this.#settle(batch, outcome);
    if (outcome.status === 'delivered' && orderKey !== undefined && state) this.#keep(orderKey, state);
    this.#pump();
  }

  async #attempt(
    batch: readonly Waiting[],
    orderKey: string | undefined,
  ): Promise<{ outcome: DeliveryOutcome; state?: Uint8Array }> {
    const bodies = batch.map(({ record }) => record.body);
    try {
      const { fold } = this.#destination;
      const state = fold && orderKey !== undefined ? fold(this.#states.get(orderKey), bodies) : undefined;
      const request = this.#destination.prepare(state ? [state] : bodies);
      const answer = await this.#parts.transport(request).catch((error: Error) => error);
      if (answer instanceof Error) return { outcome: { status: 'retryable', reason: answer.message } };
      return { outcome: this.#destination.outcome(answer), ...(state && { state }) };
    } catch (error) {
      return { outcome: { status: 'rejected', reason: error instanceof Error ? error.message : 'not encodable' } };
    }
  }

  #settle(batch: readonly Waiting[], outcome: DeliveryOutcome): void {
    const { name, fold } = this.#destination;
    switch (outcome.status) {
      case 'delivered':
        this.#failures = 0;
        this.#counts.delivered += batch.length;
        if (fold) this.#counts.coalesced += batch.length - 1;
        return;
      case 'rejected':
        this.#failures = 0;
        this.#counts.rejected += batch.length;
        this.#parts.report(`${name} refused ${batch.length} records: ${outcome.reason}`);
        return;
      case 'split':
        if (batch.length === 1) this.#settle(batch, { status: 'rejected', reason: 'too large' });
        else this.#splitNext(batch);
        return;
      case 'blocked':
        this.#again(batch, 0);
        if (this.#blocked === undefined)
          this.#parts.report(`${name} is stopped, its records are kept: ${outcome.reason}`);
        this.#blocked = outcome.reason;
        return;
      case 'retryable': {
        this.#failures += 1;
        const wait = Math.max(backoffMillis(this.#failures), outcome.retryAfterMillis ?? 0);
        this.#pausedUntil = performance.now() + wait;
        this.#counts.retried += batch.length;
        if (this.#failures === 1) this.#parts.report(`${name} does not take records, they wait: ${outcome.reason}`);
        this.#again(batch, this.#pausedUntil);
      }
    }
  }

  /** Both halves go back, apart, so that the next batches cannot grow together again. */
  #splitNext(batch: readonly Waiting[]): void {
    const middle = batch.length >> 1;
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) void this.#send(half as Waiting[]);
  }

  #again(batch: readonly Waiting[], readyAt: number): void {
    const younger = [...this.#waiting];
    this.#waiting.clear();
    for (const waiting of batch) this.#bytes += waiting.record.body.byteLength;
    for (const waiting of [...batch.map((each) => ({ ...each, attempts: each.attempts + 1, readyAt })), ...younger]) {
      this.#waiting.add(waiting);
    }
  }

  #hold(waiting: Waiting): void {
    this.#waiting.add(waiting);
    this.#bytes += waiting.record.body.byteLength;
  }

  #release(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#bytes -= waiting.record.body.byteLength;
  }

  #drop(reason: string, count: number): void {
    if (this.#dropped[reason] === undefined)
      this.#parts.report(`records for ${this.#destination.name} are dropped: ${reason}`);
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  #remember(key: string): void {
    const now = Date.now();
    this.#keys.set(key, now);
    for (const [oldest, at] of this.#keys) {
      if (this.#keys.size <= MAX_KEYS && now - at < KEY_MAX_AGE_MILLIS) break;
      this.#keys.delete(oldest);
    }
  }

  #keep(orderKey: string, state: Uint8Array): void {
    this.#states.delete(orderKey);
    this.#states.set(orderKey, state);
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= MAX_STATES) break;
      this.#states.delete(oldest);
    }
  }
}
