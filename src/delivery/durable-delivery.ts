import type { Delivery, DeliveryRecord, DeliveryStats, Destination } from './delivery.ts';
import { bindMetrics, joinMetrics } from './delivery-metrics.ts';
import { joinEndings } from './endings.ts';
import type { DeliveryParts } from './memory-delivery.ts';
import { MemoryQueue } from './memory-queue.ts';
import type { Queue } from './queue.ts';
import { Sender } from './sender.ts';
import type { Spool } from './spool/spool.ts';
import { Tally } from './tally.ts';

const DEFAULT_TIMEOUT_MILLIS = 5_000;

/** Delivery out of the spool: records lie on disk until the destination has them, and in memory while the disk fails. */
export class DurableDelivery implements Delivery {
  readonly #name: string;
  readonly #parts: DeliveryParts;
  readonly #spool: Spool;
  readonly #tally: Tally;
  readonly #sender: Sender;
  readonly #memory: MemoryQueue;
  readonly #memorySender: Sender;
  readonly #leaveEndings: () => void;
  readonly #leaveMetrics: () => void;
  #hasEnded = false;

  constructor(destination: Destination, spool: Spool, parts: DeliveryParts) {
    this.#name = destination.name;
    this.#parts = parts;
    this.#spool = spool;
    this.#tally = new Tally(destination.name, parts.report);
    const onDrop = (reason: string, count: number): void => this.#tally.drop(reason, count);
    this.#memory = new MemoryQueue(onDrop);
    const common = { ...parts, destination, tally: this.#tally };
    this.#sender = new Sender({ ...common, queue: queueOf(spool, destination.name), isDurable: true });
    this.#memorySender = new Sender({ ...common, queue: this.#memory, isDurable: false });
    spool.join({
      destination: destination.name,
      report: parts.report,
      onDrop,
      onReady: () => this.#sender.wake(),
      onRefused: (records) => this.#holdAll(records),
      onRecovered: () => this.#backToDisk(),
    });
    // Before the first record: whoever holds items that are not encoded yet may have all of them still at the end.
    this.#leaveMetrics = joinMetrics({
      destination: destination.name,
      stats: () => this.stats(),
      oldestAgeMillis: () => Math.max(spool.total(destination.name).oldestAgeMillis, this.#memory.oldestAgeMillis),
    });
    this.#leaveEndings = joinEndings({
      flush: (timeoutMillis) => this.forceFlush(timeoutMillis),
      commit: () => this.#commit(),
    });
    if (spool.isThere) this.#sender.wake();
  }

  enqueue({ key, orderKey, body }: DeliveryRecord): void {
    bindMetrics();
    this.#tally.add('enqueued', 1);
    if (this.#hasEnded) {
      this.#tally.drop('shut_down', 1);
      return;
    }
    const record = { destination: this.#name, key, ...(orderKey !== undefined && { orderKey }), body };
    if (this.#spool.isBroken) this.#holdAll([record]);
    else this.#spool.append(record);
  }

  async forceFlush(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    const end = performance.now() + timeoutMillis;
    bindMetrics();
    this.#parts.onDrain();
    await this.#spool.flush(timeoutMillis);
    if (!this.#spool.isThere && this.#memory.size === 0) return;
    const rest = Math.max(0, end - performance.now());
    await Promise.all([this.#sender.flush(rest), this.#memory.size > 0 && this.#memorySender.flush(rest)]);
  }

  async shutdown(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    if (this.#hasEnded) return;
    await this.forceFlush(timeoutMillis);
    this.#hasEnded = true;
    this.#spool.commit();
    this.#sender.end();
    this.#memorySender.end();
    this.#leaveEndings();
    this.#leaveMetrics();
    this.#tally.drop('shut_down', this.#memory.size);
    await this.#spool.leave(this.#name, timeoutMillis);
  }

  stats(): DeliveryStats {
    const { records, bytes } = this.#spool.total(this.#name);
    return this.#tally.stats(records, bytes);
  }

  #commit(): void {
    this.#parts.onDrain();
    this.#spool.finish();
  }

  #holdAll(records: readonly DeliveryRecord[]): void {
    for (const record of records) this.#memory.add(record);
    if (records.length > 0) this.#memorySender.wake();
  }

  #backToDisk(): void {
    for (const { key, orderKey, body } of this.#memory.removeWaiting())
      this.#spool.append({ destination: this.#name, key, ...(orderKey !== undefined && { orderKey }), body });
  }
}

function queueOf(spool: Spool, name: string): Queue {
  return {
    take: (limits) => spool.take(name, limits),
    delivered: (batch, state) => spool.delivered(name, batch, state),
    rejected: (batch, reason) => spool.rejected(batch, reason),
    giveBack: (batch, delayMillis, isAttempt) => spool.giveBack(batch, delayMillis, isAttempt),
    hurry: () => spool.hurry(name),
  };
}
