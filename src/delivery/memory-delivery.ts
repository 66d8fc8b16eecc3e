import { RecentMap } from '../bounded/recent-map.ts';
import type { Clock } from './clock.ts';
import { Counters } from './counters.ts';
import type {
  Attempt,
  Delivery,
  DeliveryRecord,
  DeliveryStats,
  Destination,
  FlushResult,
  RecordListener,
} from './delivery.ts';
import { deliveryMetrics } from './delivery-metrics.ts';
import { joinEndings } from './endings.ts';
import type { Transport } from './http/transport.ts';
import { MemoryQueue } from './memory-queue.ts';
import { Receipts } from './receipts.ts';
import { Sender } from './sender.ts';

const DEFAULT_TIMEOUT_MILLIS = 5_000;
const KEYS_MIN_AGE_MILLIS = 24 * 60 * 60_000;
const MAX_KEYS = 50_000;

export interface DeliveryParts {
  readonly onDrain: () => void;
  readonly report: (message: string) => void;
  readonly onAttempt: ((attempt: Attempt) => void) | undefined;
  readonly transport: Transport;
  readonly clock: Clock;
  /** How long one request may take. */
  readonly timeoutMillis: number;
}

/** Delivery out of memory: bounded, retried, and gone with the process. */
export class MemoryDelivery implements Delivery {
  readonly #parts: DeliveryParts;
  readonly #counters: Counters;
  readonly #receipts: Receipts;
  readonly #queue: MemoryQueue;
  readonly #sender: Sender;
  readonly #keys: RecentMap<true>;
  readonly #leaveEndings: () => void;
  readonly #removeMetrics: () => void;
  #hasEnded = false;
  #ended: Promise<FlushResult> | undefined;

  constructor(destination: Destination, parts: DeliveryParts) {
    this.#parts = parts;
    const now = (): number => parts.clock.monotonic();
    this.#keys = new RecentMap({ maxWeight: MAX_KEYS, minAgeMillis: KEYS_MIN_AGE_MILLIS }, now);
    this.#counters = new Counters(destination.name, parts.report);
    this.#receipts = new Receipts(parts.report);
    // Records that were dropped or rejected may come again.
    this.#queue = new MemoryQueue(
      (reason, { key }) => {
        this.#counters.drop(reason, 1);
        this.#receipts.settle([key], { status: 'dropped', reason });
        this.#keys.delete(key);
      },
      parts.clock,
      (keys) => {
        for (const key of keys) this.#keys.delete(key);
      },
    );
    const [queue, counters, receipts] = [this.#queue, this.#counters, this.#receipts];
    this.#sender = new Sender({ ...parts, destination, queue, counters, receipts, isDurable: false });
    // Before the first record, because all records may still be with the caller, not encoded, when the process ends.
    this.#removeMetrics = deliveryMetrics.add({
      destination: destination.name,
      stats: () => this.stats(),
      oldestAgeMillis: () => this.#queue.oldestAgeMillis,
    });
    this.#leaveEndings = joinEndings({
      drain: () => this.#drain(),
      flush: (timeoutMillis) => this.flush(timeoutMillis),
      commit: parts.onDrain,
    });
  }

  enqueue(record: DeliveryRecord, listener?: RecordListener): void {
    this.#counters.add('enqueued', 1);
    const reason = this.#reasonToDrop(record);
    if (reason !== undefined) {
      this.#counters.drop(reason, 1);
      if (listener) this.#receipts.notify(listener, { status: 'dropped', reason });
      return;
    }
    this.#keys.set(record.key, true);
    if (listener) this.#receipts.add(record.key, listener);
    this.#queue.add(record);
    this.#sender.wake(1);
  }

  async flush(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<FlushResult> {
    deliveryMetrics.bind();
    this.#parts.onDrain();
    await this.#sender.flush(timeoutMillis);
    return this.#left;
  }

  /** Ends once, however often it is called, because the records left are counted as lost. */
  shutdown(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<FlushResult> {
    this.#ended ??= this.#end(timeoutMillis);
    return this.#ended;
  }

  async #end(timeoutMillis: number): Promise<FlushResult> {
    await this.flush(timeoutMillis);
    this.#hasEnded = true;
    this.#sender.end();
    this.#leaveEndings();
    this.#removeMetrics();
    this.#counters.drop('shut_down', this.#queue.size);
    this.#receipts.settleRest({ status: 'dropped', reason: 'shut_down' });
    return this.#left;
  }

  get #left(): FlushResult {
    return { waiting: this.#queue.size, onDisk: 0 };
  }

  #reasonToDrop({ key }: DeliveryRecord): string | undefined {
    if (this.#hasEnded) return 'shut_down';
    return this.#keys.get(key) ? 'duplicate' : undefined;
  }

  stats(): DeliveryStats {
    return this.#counters.stats(this.#hasEnded ? 0 : this.#queue.size);
  }

  #drain(): number {
    this.#parts.onDrain();
    return this.stats().enqueued;
  }
}
