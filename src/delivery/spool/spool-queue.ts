import type { Clock } from '../clock.ts';
import type { DeliveryRecord, RecordListener } from '../delivery.ts';
import { type Batch, type Group, mayJoin, type Queue, type TakeLimits, type Taken } from '../queue.ts';
import { MAX_HELD_MILLIS } from './lease-time.ts';
import type { Spool } from './spool.ts';

/** Bodies in memory for one destination, so that its records need no read from the disk while it works. */
const MAX_HELD_RECORDS = 512;
const MAX_HELD_BYTES = 4 << 20;
/** Records under way cannot be dropped, so they are at most this fraction (1/n) of the spool's maximum. */
const HELD_SHARE = 8;

interface Held {
  readonly batch: Batch;
  readonly since: number;
}

/** The records of one destination: all on disk, and those about to be sent in memory, too. */
export class SpoolQueue implements Queue {
  readonly #spool: Spool;
  readonly #destination: string;
  readonly #isCoalescing: boolean;
  readonly #clock: Clock;
  #held: Held[] = [];
  /** In `#held`, or about to be. */
  #records = 0;
  #bytes = 0;
  /** Whether there may be free records on disk. */
  #isMore: boolean;
  /** When to take from the disk again in any case; never when it is empty. */
  #takeAt = Number.POSITIVE_INFINITY;

  constructor(spool: Spool, destination: string, isCoalescing: boolean, clock: Clock) {
    this.#spool = spool;
    this.#destination = destination;
    this.#isCoalescing = isCoalescing;
    this.#clock = clock;
    this.#isMore = spool.exists;
  }

  add(record: DeliveryRecord, listener?: RecordListener): void {
    // A destination that coalesces needs all records of a key, and its state.
    const mostBytes = Math.min(MAX_HELD_BYTES, this.#spool.maxBytes / HELD_SHARE);
    const hasRoom = this.#records < MAX_HELD_RECORDS && this.#bytes + record.body.byteLength <= mostBytes;
    const isRetained = hasRoom && !this.#isMore && !this.#isCoalescing;
    if (isRetained) this.#count(1, record.body.byteLength);
    else this.#isMore = true;
    this.#spool.append(this.#destination, record, isRetained, listener);
  }

  /** A record whose body was retained is on disk now, and leased to this process if it has an id. */
  hold({ key, orderKey, body }: DeliveryRecord, id: number): void {
    if (id > 0) {
      const batch = {
        ids: [id],
        keys: [key],
        bodies: [body],
        attempts: 0,
        ...(orderKey !== undefined && { orderKey }),
      };
      this.#held.push({ batch, since: this.#clock.monotonic() });
      return;
    }
    this.#count(-1, -body.byteLength);
    if (id === 0) this.#isMore = true;
  }

  /** There are records on disk that no process has leased. */
  onMoreOnDisk(): void {
    this.#isMore = true;
  }

  async take(limits: TakeLimits): Promise<Taken> {
    this.#giveBackAged();
    const held = this.#next(limits);
    if (held) return { status: 'batch', batch: held };
    const wait = this.#takeAt - this.#clock.monotonic();
    if (!this.#isMore && wait > 0)
      return Number.isFinite(wait) ? { status: 'wait', millis: wait } : { status: 'empty' };
    this.#isMore = false;
    const { batches, damaged, waitMillis } = await this.#spool.take(this.#destination, limits).catch((error) => {
      this.#isMore = true;
      throw error;
    });
    const now = this.#clock.monotonic();
    for (const batch of batches) {
      this.#count(batch.ids.length, bytesOf(batch));
      this.#held.push({ batch, since: now });
    }
    this.#takeAt = now + (waitMillis ?? Number.POSITIVE_INFINITY);
    if (damaged.length > 0) return { status: 'damaged', keys: damaged };
    const next = this.#next(limits);
    if (next) return { status: 'batch', batch: next };
    return waitMillis === undefined ? { status: 'empty' } : { status: 'wait', millis: waitMillis };
  }

  delivered(batch: Batch, state?: Uint8Array): Promise<void> {
    const { ids, orderKey } = batch;
    const keep = orderKey !== undefined && state ? { orderKey, state } : {};
    this.#free(batch);
    this.#spool.settle({ outcome: 'delivered', destination: this.#destination, ids, ...keep }, bytesOf(batch));
    return Promise.resolve();
  }

  rejected(batch: Batch, reason: string): Promise<void> {
    const { ids } = batch;
    this.#free(batch);
    this.#spool.settle({ outcome: 'rejected', destination: this.#destination, ids, reason }, bytesOf(batch));
    return Promise.resolve();
  }

  release(batch: Batch, delayMillis: number, isAttempt: boolean): Promise<void> {
    const { ids } = batch;
    this.#free(batch);
    this.#spool.settle({ outcome: 'waiting', destination: this.#destination, ids, delayMillis, isAttempt }, 0);
    if (delayMillis <= 0) this.#isMore = true;
    this.#takeAt = Math.min(this.#takeAt, this.#clock.monotonic() + delayMillis);
    return Promise.resolve();
  }

  retryNow(): void {
    this.#spool.retryNow(this.#destination);
    this.#isMore = true;
  }

  /** The oldest batch in memory, with those that may go in the same request. */
  #next(limits: TakeLimits): Batch | undefined {
    const first = this.#held[0]?.batch;
    if (!first) return undefined;
    let group = groupOf(first);
    let count = 1;
    for (const { batch } of this.#held.slice(1, limits.maxRecords)) {
      const next = groupOf(batch);
      if (!mayJoin(group, next, limits)) break;
      group = { ...next, records: group.records + next.records, bytes: group.bytes + next.bytes };
      count += 1;
    }
    const batches = this.#held.splice(0, count).map(({ batch }) => batch);
    if (count === 1) return first;
    return {
      ids: batches.flatMap(({ ids }) => ids),
      keys: batches.flatMap(({ keys }) => keys),
      bodies: batches.flatMap(({ bodies }) => bodies),
      attempts: first.attempts,
    };
  }

  #giveBackAged(): void {
    const limit = this.#clock.monotonic() - MAX_HELD_MILLIS;
    while (this.#held[0] && this.#held[0].since < limit) {
      const { batch } = this.#held.shift() as Held;
      void this.release(batch, 0, false);
    }
  }

  #free(batch: Batch): void {
    this.#count(-batch.ids.length, -bytesOf(batch));
    // Another record with its order key may have waited for it.
    if (batch.orderKey !== undefined && Number.isFinite(this.#takeAt)) this.#isMore = true;
  }

  #count(records: number, bytes: number): void {
    this.#records += records;
    this.#bytes += bytes;
  }
}

function groupOf(batch: Batch): Group {
  return { orderKey: batch.orderKey, records: batch.ids.length, bytes: bytesOf(batch) };
}

function bytesOf({ bodies }: Batch): number {
  return bodies.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
