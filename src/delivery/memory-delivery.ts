import type { Clock } from './clock.ts';
import type { Delivery, DeliveryRecord, DeliveryStats, Destination } from './delivery.ts';
import { bindMetrics, joinMetrics } from './delivery-metrics.ts';
import { joinEndings } from './endings.ts';
import { MemoryQueue } from './memory-queue.ts';
import { Recent } from './recent.ts';
import { Sender } from './sender.ts';
import { Tally } from './tally.ts';
import type { Transport } from './transport.ts';

const DEFAULT_TIMEOUT_MILLIS = 5_000;
const KEYS_MIN_AGE_MILLIS = 24 * 60 * 60_000;
const MAX_KEYS = 50_000;

export interface DeliveryParts {
  readonly onDrain: () => void;
  readonly report: (message: string) => void;
  readonly transport: Transport;
  readonly clock: Clock;
}

/** Delivery out of memory: bounded, retried, and gone with the process. */
export class MemoryDelivery implements Delivery {
  readonly #parts: DeliveryParts;
  readonly #tally: Tally;
  readonly #queue: MemoryQueue;
  readonly #sender: Sender;
  readonly #keys: Recent<true>;
  readonly #leaveEndings: () => void;
  readonly #leaveMetrics: () => void;
  #hasEnded = false;

  constructor(destination: Destination, parts: DeliveryParts) {
    this.#parts = parts;
    this.#keys = new Recent({ maxWeight: MAX_KEYS, minAgeMillis: KEYS_MIN_AGE_MILLIS }, parts.clock);
    this.#tally = new Tally(destination.name, parts.report);
    this.#queue = new MemoryQueue((reason, { key }) => {
      this.#tally.drop(reason, 1);
      // It may come again.
      this.#keys.delete(key);
    }, parts.clock);
    this.#sender = new Sender({ ...parts, destination, queue: this.#queue, tally: this.#tally, isDurable: false });
    // Before the first record: whoever holds items that are not encoded yet may have all of them still at the end.
    this.#leaveMetrics = joinMetrics({
      destination: destination.name,
      stats: () => this.stats(),
      oldestAgeMillis: () => this.#queue.oldestAgeMillis,
    });
    this.#leaveEndings = joinEndings({
      drain: () => this.#drain(),
      flush: (timeoutMillis) => this.forceFlush(timeoutMillis),
      commit: parts.onDrain,
    });
  }

  enqueue(record: DeliveryRecord): void {
    bindMetrics();
    this.#tally.add('enqueued', 1);
    if (this.#hasEnded) {
      this.#tally.drop('shut_down', 1);
      return;
    }
    if (this.#keys.get(record.key)) {
      this.#tally.drop('duplicate', 1);
      return;
    }
    this.#keys.set(record.key, true, 1);
    this.#queue.add(record);
    this.#sender.wake(1);
  }

  async forceFlush(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    bindMetrics();
    this.#parts.onDrain();
    await this.#sender.flush(timeoutMillis);
  }

  async shutdown(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    if (this.#hasEnded) return;
    await this.forceFlush(timeoutMillis);
    this.#hasEnded = true;
    this.#sender.end();
    this.#leaveEndings();
    this.#leaveMetrics();
    this.#tally.drop('shut_down', this.#queue.size);
  }

  stats(): DeliveryStats {
    return this.#tally.stats();
  }

  #drain(): number {
    this.#parts.onDrain();
    return this.#tally.stats().enqueued;
  }
}
