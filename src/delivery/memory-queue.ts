import { RecentMap } from '../bounded/recent-map.ts';
import type { Clock } from './clock.ts';
import type { DeliveryRecord } from './delivery.ts';
import { type Batch, type Group, maxRecordsOf, mayJoin, type Queue, type TakeLimits, type Taken } from './queue.ts';

/** Beyond any of these limits the oldest records are dropped. */
const MAX_RECORDS = 20_000;
const MAX_BYTES = 32 << 20;
const MAX_AGE_MILLIS = 24 * 60 * 60_000;
/** Bytes of the latest states that are retained, for destinations that coalesce. */
const MAX_STATE_BYTES = 16 << 20;
/** Unused places in the line before it is compacted. */
const MIN_WASTE = 1_024;

interface Entry {
  readonly id: number;
  readonly record: DeliveryRecord;
  readonly since: number;
  attempts: number;
  /** Not before this time, by the monotonic clock. */
  readyAt: number;
}

/** Records in memory: bounded, and gone with the process. */
export class MemoryQueue implements Queue {
  readonly #onDrop: (reason: string, record: DeliveryRecord) => void;
  readonly #onRejected: (keys: readonly string[]) => void;
  readonly #clock: Clock;
  /** Waiting records, oldest first. A record leased from the middle leaves a hole until the line is compacted. */
  #line: (Entry | undefined)[] = [];
  /** There are only holes before this index. */
  #head = 0;
  #holes = 0;
  /** Records under way, by id. They are not in the line, so that a request that hangs does not delay others. */
  readonly #leased = new Map<number, Entry>();
  #lastId = 0;
  #bytes = 0;
  readonly #busyOrders = new Set<string>();
  readonly #states: RecentMap<Uint8Array>;

  /**
   * @param onDrop is called with each record that is dropped, and the reason
   * @param onRejected is called with the keys of records that the destination rejected
   */
  constructor(
    onDrop: (reason: string, record: DeliveryRecord) => void,
    clock: Clock,
    onRejected: (keys: readonly string[]) => void = () => {},
  ) {
    this.#onDrop = onDrop;
    this.#onRejected = onRejected;
    this.#clock = clock;
    this.#states = new RecentMap({ maxWeight: MAX_STATE_BYTES }, () => clock.monotonic());
  }

  get size(): number {
    return this.#waiting + this.#leased.size;
  }

  /** How long the oldest waiting record has waited, in ms; 0 when none waits. */
  get oldestAgeMillis(): number {
    const oldest = this.#line.find((entry) => entry !== undefined);
    return oldest ? this.#clock.monotonic() - oldest.since : 0;
  }

  get #waiting(): number {
    return this.#line.length - this.#head - this.#holes;
  }

  add(record: DeliveryRecord): void {
    this.#lastId += 1;
    this.#line.push({ id: this.#lastId, record, since: this.#clock.monotonic(), attempts: 0, readyAt: 0 });
    this.#bytes += record.body.byteLength;
    while ((this.size > MAX_RECORDS || this.#bytes > MAX_BYTES) && this.#dropOldest('queue_full'));
  }

  /** All records, waiting or being sent. */
  keys(): string[] {
    return [...this.#line, ...this.#leased.values()].flatMap((entry) => entry?.record.key ?? []);
  }

  /** Removes all records that are not under way. */
  removeWaiting(): DeliveryRecord[] {
    const removed = this.#line.flatMap((entry) => entry?.record ?? []);
    for (const { body } of removed) this.#bytes -= body.byteLength;
    this.#setLine([]);
    return removed;
  }

  /** Removes all records, those under way included, oldest first. */
  removeAll(): DeliveryRecord[] {
    const underWay = Array.from(this.#leased.values(), ({ record }) => record);
    for (const { body } of underWay) this.#bytes -= body.byteLength;
    this.#leased.clear();
    return [...underWay, ...this.removeWaiting()];
  }

  take(limits: TakeLimits): Promise<Taken> {
    const now = this.#clock.monotonic();
    this.#dropAged(now);
    const batch = this.#nextBatch(now, limits);
    if (typeof batch !== 'number') return Promise.resolve({ status: 'batch', batch });
    if (this.size === 0) return Promise.resolve({ status: 'empty' });
    return Promise.resolve({ status: 'wait', millis: batch - now });
  }

  /** Leases the oldest records that are ready. Returns when the next one is ready where none is. */
  #nextBatch(now: number, limits: TakeLimits): Batch | number {
    // Only the oldest record of an order key may be sent, so a key is busy once one of its records was passed over.
    const busyOrders = new Set(this.#busyOrders);
    const taken: Entry[] = [];
    let group: Group | undefined;
    let nextAt = Number.POSITIVE_INFINITY;
    for (let index = this.#head; index < this.#line.length; index += 1) {
      const entry = this.#line[index];
      if (!entry) continue;
      const { orderKey, body } = entry.record;
      if (group && orderKey !== group.orderKey) continue;
      if (!group && orderKey !== undefined && busyOrders.has(orderKey)) continue;
      if (entry.readyAt > now) {
        nextAt = Math.min(nextAt, entry.readyAt);
        if (orderKey === undefined) continue;
        if (group) break;
        busyOrders.add(orderKey);
        continue;
      }
      const own = { orderKey, records: 1, bytes: body.byteLength };
      if (group && !mayJoin(group, own, limits)) break;
      group = group ? { orderKey, records: group.records + 1, bytes: group.bytes + own.bytes } : own;
      taken.push(entry);
      this.#leave(index);
      if (group.records >= maxRecordsOf(group, limits)) break;
    }
    this.#compact();
    return taken.length > 0 ? this.#lease(taken, group?.orderKey) : nextAt;
  }

  delivered(batch: Batch, state?: Uint8Array): Promise<void> {
    this.#settle(batch);
    if (batch.orderKey !== undefined && state) this.#states.set(batch.orderKey, state, state.byteLength);
    return Promise.resolve();
  }

  rejected(batch: Batch): Promise<void> {
    this.#settle(batch);
    this.#onRejected(batch.keys);
    return Promise.resolve();
  }

  release(batch: Batch, delayMillis: number, isAttempt: boolean): Promise<void> {
    const readyAt = this.#clock.monotonic() + delayMillis;
    const back = this.#settle(batch);
    for (const entry of back) {
      entry.readyAt = readyAt;
      if (isAttempt) entry.attempts += 1;
      this.#bytes += entry.record.body.byteLength;
    }
    // They were the oldest when they were leased and usually still are; if not, the line is sorted again.
    const line = [...back, ...this.#line.flatMap((entry) => entry ?? [])];
    this.#setLine(line.every((entry, index) => entry.id >= (line[index - 1]?.id ?? 0)) ? line : line.sort(byId));
    return Promise.resolve();
  }

  retryNow(): void {
    for (const entry of this.#line) if (entry) entry.readyAt = 0;
  }

  #lease(entries: readonly Entry[], orderKey: string | undefined): Batch {
    for (const entry of entries) this.#leased.set(entry.id, entry);
    const batch = {
      ids: entries.map(({ id }) => id),
      keys: entries.map(({ record }) => record.key),
      bodies: entries.map(({ record }) => record.body),
      attempts: entries[0]?.attempts ?? 0,
    };
    if (orderKey === undefined) return batch;
    this.#busyOrders.add(orderKey);
    const state = this.#states.get(orderKey);
    return { ...batch, orderKey, ...(state && { state }) };
  }

  /** @returns what the batch was made of */
  #settle(batch: Batch): Entry[] {
    const entries = batch.ids.flatMap((id) => this.#leased.get(id) ?? []);
    for (const { id, record } of entries) {
      this.#leased.delete(id);
      this.#bytes -= record.body.byteLength;
    }
    if (batch.orderKey !== undefined) this.#busyOrders.delete(batch.orderKey);
    return entries;
  }

  #leave(index: number): void {
    this.#line[index] = undefined;
    this.#holes += 1;
  }

  #compact(): void {
    while (this.#head < this.#line.length && this.#line[this.#head] === undefined) {
      this.#head += 1;
      this.#holes -= 1;
    }
    const wasted = this.#head + this.#holes;
    if (wasted >= MIN_WASTE && wasted * 2 >= this.#line.length)
      this.#setLine(this.#line.flatMap((entry) => entry ?? []));
  }

  #setLine(line: Entry[]): void {
    this.#line = line;
    this.#head = 0;
    this.#holes = 0;
  }

  #dropOldest(reason: string): boolean {
    this.#compact();
    const oldest = this.#line[this.#head];
    if (!oldest) return false;
    this.#leave(this.#head);
    this.#compact();
    this.#bytes -= oldest.record.body.byteLength;
    this.#onDrop(reason, oldest.record);
    return true;
  }

  #dropAged(now: number): void {
    this.#compact();
    for (;;) {
      const oldest = this.#line[this.#head];
      if (!oldest || now - oldest.since < MAX_AGE_MILLIS) return;
      this.#dropOldest('too_old');
    }
  }
}

const byId = (a: Entry, b: Entry): number => a.id - b.id;
