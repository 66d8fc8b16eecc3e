import type { DeliveryRecord } from './delivery.ts';
import type { Batch, Queue, TakeLimits, Taken } from './queue.ts';

/** Beyond any of these the oldest records go. */
const MAX_RECORDS = 100_000;
const MAX_BYTES = 64 << 20;
const MAX_AGE_MILLIS = 24 * 60 * 60_000;
/** Order keys whose last state is remembered, for destinations that fold. */
const MAX_STATES = 10_000;

interface Entry {
  readonly record: DeliveryRecord;
  readonly since: number;
  attempts: number;
  /** Not before this time, by the monotonic clock. */
  readyAt: number;
  isUnderWay: boolean;
}

/** Records in memory: bounded, and gone with the process. */
export class MemoryQueue implements Queue {
  readonly #onDrop: (reason: string, count: number) => void;
  /** Oldest first. Settled ones leave a hole until the next compaction, so that ids are places: `id - #firstId`. */
  #entries: (Entry | undefined)[] = [];
  #firstId = 0;
  /** Before this index there are holes only. */
  #head = 0;
  #size = 0;
  #bytes = 0;
  readonly #busyOrders = new Set<string>();
  readonly #states = new Map<string, Uint8Array>();

  /** `onDrop` is told of records that had to go, and why. */
  constructor(onDrop: (reason: string, count: number) => void) {
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#size;
  }

  /** How long the oldest record has waited, in ms; 0 when there is none. */
  get oldestAgeMillis(): number {
    const oldest = this.#entries[this.#head];
    return oldest ? performance.now() - oldest.since : 0;
  }

  add(record: DeliveryRecord): void {
    this.#entries.push({ record, since: performance.now(), attempts: 0, readyAt: 0, isUnderWay: false });
    this.#size += 1;
    this.#bytes += record.body.byteLength;
    while (this.#size > MAX_RECORDS || this.#bytes > MAX_BYTES) {
      if (!this.#dropOldest()) break;
    }
  }

  /** Takes out all that nobody is sending. */
  removeWaiting(): DeliveryRecord[] {
    const removed: DeliveryRecord[] = [];
    for (let index = this.#head; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (!entry || entry.isUnderWay) continue;
      removed.push(entry.record);
      this.#remove(index);
    }
    this.#compact();
    return removed;
  }

  take({ maxRecords, maxBytes, isFolding }: TakeLimits): Promise<Taken> {
    const now = performance.now();
    this.#dropAged(now);
    const held = new Set(this.#busyOrders);
    const taken: number[] = [];
    let order: string | undefined;
    let bytes = 0;
    let nextAt = Number.POSITIVE_INFINITY;
    for (let index = this.#head; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (!entry || entry.isUnderWay) continue;
      const { orderKey, body } = entry.record;
      if (taken.length > 0 && orderKey !== order) continue;
      if (taken.length === 0 && orderKey !== undefined && held.has(orderKey)) continue;
      if (entry.readyAt > now) {
        nextAt = Math.min(nextAt, entry.readyAt);
        // Nothing younger under the same key may pass it.
        if (orderKey !== undefined && taken.length === 0) held.add(orderKey);
        if (orderKey !== undefined && taken.length > 0) break;
        continue;
      }
      if (taken.length > 0 && bytes + body.byteLength > maxBytes) break;
      order = orderKey;
      bytes += body.byteLength;
      taken.push(index + this.#firstId);
      if (taken.length >= (orderKey !== undefined && !isFolding ? 1 : maxRecords)) break;
    }
    if (taken.length > 0) return Promise.resolve({ status: 'batch', batch: this.#lend(taken, order) });
    if (this.#size === 0) return Promise.resolve({ status: 'empty' });
    return Promise.resolve({ status: 'wait', millis: nextAt - now });
  }

  delivered(batch: Batch, state?: Uint8Array): Promise<void> {
    this.#settle(batch);
    if (batch.orderKey !== undefined && state) this.#keep(batch.orderKey, state);
    return Promise.resolve();
  }

  rejected(batch: Batch): Promise<void> {
    this.#settle(batch);
    return Promise.resolve();
  }

  giveBack(batch: Batch, delayMillis: number, isAttempt: boolean): Promise<void> {
    const readyAt = performance.now() + delayMillis;
    for (const entry of this.#lent(batch)) {
      entry.isUnderWay = false;
      entry.readyAt = readyAt;
      if (isAttempt) entry.attempts += 1;
    }
    if (batch.orderKey !== undefined) this.#busyOrders.delete(batch.orderKey);
    return Promise.resolve();
  }

  hurry(): void {
    for (const entry of this.#entries) if (entry) entry.readyAt = 0;
  }

  #lend(ids: readonly number[], orderKey: string | undefined): Batch {
    const entries = ids.flatMap((id) => this.#entries[id - this.#firstId] ?? []);
    for (const entry of entries) entry.isUnderWay = true;
    if (orderKey === undefined) return { ids, bodies: bodiesOf(entries), attempts: entries[0]?.attempts ?? 0 };
    this.#busyOrders.add(orderKey);
    const state = this.#states.get(orderKey);
    return {
      ids,
      bodies: bodiesOf(entries),
      attempts: entries[0]?.attempts ?? 0,
      orderKey,
      ...(state && { state }),
    };
  }

  #lent(batch: Batch): Entry[] {
    return batch.ids.flatMap((id) => this.#entries[id - this.#firstId] ?? []);
  }

  #settle(batch: Batch): void {
    for (const id of batch.ids) this.#remove(id - this.#firstId);
    this.#compact();
    if (batch.orderKey !== undefined) this.#busyOrders.delete(batch.orderKey);
  }

  #remove(index: number): void {
    const entry = this.#entries[index];
    if (!entry) return;
    this.#entries[index] = undefined;
    this.#size -= 1;
    this.#bytes -= entry.record.body.byteLength;
  }

  #compact(): void {
    while (this.#head < this.#entries.length && this.#entries[this.#head] === undefined) this.#head += 1;
    if (this.#head < 1_024 || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#firstId += this.#head;
    this.#head = 0;
  }

  #dropOldest(): boolean {
    for (let index = this.#head; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (!entry || entry.isUnderWay) continue;
      this.#remove(index);
      this.#compact();
      this.#onDrop('queue_full', 1);
      return true;
    }
    return false;
  }

  #dropAged(now: number): void {
    for (;;) {
      const entry = this.#entries[this.#head];
      if (!entry || entry.isUnderWay || now - entry.since < MAX_AGE_MILLIS) return;
      this.#remove(this.#head);
      this.#compact();
      this.#onDrop('too_old', 1);
    }
  }

  #keep(orderKey: string, state: Uint8Array): void {
    this.#states.delete(orderKey);
    this.#states.set(orderKey, state);
    if (this.#states.size <= MAX_STATES) return;
    const oldest = this.#states.keys().next();
    if (!oldest.done) this.#states.delete(oldest.value);
  }
}

function bodiesOf(entries: readonly Entry[]): Uint8Array[] {
  return entries.map(({ record }) => record.body);
}
