import { Counters } from './counters.ts';
import type { Delivery, DeliveryRecord, DeliveryStats, Destination, FlushResult, RecordListener } from './delivery.ts';
import { deliveryMetrics } from './delivery-metrics.ts';
import { joinEndings } from './endings.ts';
import type { DeliveryParts } from './memory-delivery.ts';
import { MemoryQueue } from './memory-queue.ts';
import { Receipts } from './receipts.ts';
import { Sender } from './sender.ts';
import type { Spool } from './spool/spool.ts';
import { SpoolQueue } from './spool/spool-queue.ts';

const DEFAULT_TIMEOUT_MILLIS = 5_000;
/** The part of a shutdown's time that is reserved for closing the file. */
const MAX_CLOSE_MILLIS = 500;

/** The number of records that are only on disk is not known. It counts as enough for a full request. */
const MANY = Number.POSITIVE_INFINITY;

/** Delivery from the spool: records are on disk until the destination has them, and in memory while the disk fails. */
export class DurableDelivery implements Delivery {
  readonly #name: string;
  readonly #parts: DeliveryParts;
  readonly #spool: Spool;
  readonly #counters: Counters;
  readonly #receipts: Receipts;
  readonly #queue: SpoolQueue;
  readonly #sender: Sender;
  readonly #memory: MemoryQueue;
  readonly #memorySender: Sender;
  readonly #leaveEndings: () => void;
  readonly #removeMetrics: () => void;
  #hasEnded = false;
  #ended: Promise<FlushResult> | undefined;

  constructor(destination: Destination, spool: Spool, parts: DeliveryParts) {
    this.#name = destination.name;
    this.#parts = parts;
    this.#spool = spool;
    this.#counters = new Counters(destination.name, parts.report);
    this.#queue = new SpoolQueue(spool, destination.name, destination.coalesce !== undefined, parts.clock);
    this.#receipts = new Receipts(parts.report);
    this.#memory = new MemoryQueue((reason, { key }) => {
      this.#counters.drop(reason, 1);
      this.#receipts.settle([key], { status: 'dropped', reason });
    }, parts.clock);
    const common = { ...parts, destination, counters: this.#counters, receipts: this.#receipts };
    this.#sender = new Sender({ ...common, queue: this.#queue, isDurable: true });
    this.#memorySender = new Sender({ ...common, queue: this.#memory, isDurable: false });
    spool.join({
      destination: destination.name,
      // What a destination has under an order key is fetched by a request of its own.
      requestMillis: parts.timeoutMillis * (destination.remote ? 2 : 1),
      report: parts.report,
      onDrop: (reason, count) => this.#counters.drop(reason, count),
      onEvicted: (keys) => this.#receipts.settle(keys, { status: 'dropped', reason: 'spool_full' }),
      onStored: (key, listener) => {
        this.#receipts.add(key, listener);
        this.#receipts.stored(listener);
      },
      onSettled: (listener, outcome) => this.#receipts.notify(listener, outcome),
      onRetained: (record, id) => {
        this.#queue.hold(record, id);
        this.#sender.wake(1);
      },
      onLeft: () => {
        this.#queue.onMoreOnDisk();
        this.#sender.wake(MANY);
      },
      onRefused: (records, followed) => {
        for (const { key, listener } of followed) this.#receipts.add(key, listener);
        this.#holdAll(records);
      },
      onRecovered: () => this.#moveToDisk(this.#memory.removeWaiting()),
    });
    // Before the first record, because all records may still be with the caller, not encoded, when the process ends.
    this.#removeMetrics = deliveryMetrics.add({
      destination: destination.name,
      stats: () => this.stats(),
      oldestAgeMillis: () => Math.max(spool.total(destination.name).oldestAgeMillis, this.#memory.oldestAgeMillis),
    });
    this.#leaveEndings = joinEndings({
      drain: () => this.#drain(),
      flush: (timeoutMillis) => this.flush(timeoutMillis),
      commit: (timeoutMillis, isLast) => {
        this.#parts.onDrain();
        if (isLast) this.#leaveMemory();
        this.#spool.finish(timeoutMillis);
      },
    });
    if (spool.exists) this.#sender.wake(MANY);
  }

  enqueue(record: DeliveryRecord, listener?: RecordListener): void {
    this.#counters.add('enqueued', 1);
    if (this.#hasEnded) {
      this.#counters.drop('shut_down', 1);
      if (listener) this.#receipts.notify(listener, { status: 'dropped', reason: 'shut_down' });
    } else if (this.#spool.isBroken) {
      if (listener) this.#receipts.add(record.key, listener);
      this.#holdAll([record]);
    } else this.#queue.add(record, listener);
  }

  async flush(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<FlushResult> {
    const { clock, onDrain } = this.#parts;
    const end = clock.monotonic() + timeoutMillis;
    const rest = (): number => Math.max(0, end - clock.monotonic());
    deliveryMetrics.bind();
    onDrain();
    await this.#spool.flush(rest());
    if (!this.#spool.exists && this.#memory.size === 0) return this.#left;
    await Promise.all([this.#sender.flush(rest()), this.#memory.size > 0 && this.#memorySender.flush(rest())]);
    // The outcomes must be on disk, too: the process may be frozen or killed after this.
    await this.#spool.flush(rest());
    return this.#left;
  }

  /** Ends once, however often it is called, because the records left in memory are counted as lost. */
  shutdown(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<FlushResult> {
    this.#ended ??= this.#end(timeoutMillis);
    return this.#ended;
  }

  async #end(timeoutMillis: number): Promise<FlushResult> {
    const { clock } = this.#parts;
    const end = clock.monotonic() + timeoutMillis;
    await this.flush(timeoutMillis - Math.min(MAX_CLOSE_MILLIS, timeoutMillis / 4));
    this.#hasEnded = true;
    this.#sender.end();
    this.#memorySender.end();
    this.#leaveEndings();
    this.#removeMetrics();
    this.#moveToDisk(this.#memory.removeAll());
    await this.#spool.leave(this.#name, Math.max(0, end - clock.monotonic()));
    // After the spool was left, which may have refused its last records.
    this.#counters.drop('shut_down', this.#memory.size);
    this.#receipts.settle(this.#memory.keys(), { status: 'dropped', reason: 'shut_down' });
    this.#receipts.settleRest({ status: 'on_disk' });
    return this.#left;
  }

  get #left(): FlushResult {
    const { records } = this.#spool.total(this.#name);
    return { waiting: records + this.#memory.size, onDisk: records - this.#spool.uncommitted(this.#name) };
  }

  stats(): DeliveryStats {
    const { records, bytes } = this.#spool.total(this.#name);
    return this.#counters.stats(this.#hasEnded ? 0 : this.#memory.size, records, bytes);
  }

  #drain(): number {
    this.#parts.onDrain();
    return this.stats().enqueued;
  }

  /** The disk refused these records earlier, or the lock of the file was not free. */
  #leaveMemory(): void {
    this.#spool.expectEnd();
    this.#moveToDisk(this.#memory.removeAll());
  }

  #moveToDisk(records: readonly DeliveryRecord[]): void {
    for (const record of records) this.#queue.add(record, this.#receipts.take(record.key));
  }

  #holdAll(records: readonly DeliveryRecord[]): void {
    for (const record of records) this.#memory.add(record);
    if (records.length > 0) this.#memorySender.wake(records.length);
  }
}
