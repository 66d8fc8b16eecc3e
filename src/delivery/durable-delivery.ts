import type { Delivery, DeliveryRecord, DeliveryStats, Destination } from './delivery.ts';
import { bindMetrics, joinMetrics } from './delivery-metrics.ts';
import { joinEndings } from './endings.ts';
import type { DeliveryParts } from './memory-delivery.ts';
import { MemoryQueue } from './memory-queue.ts';
import { Sender } from './sender.ts';
import type { Spool } from './spool/spool.ts';
import { SpoolQueue } from './spool/spool-queue.ts';
import { Tally } from './tally.ts';

const DEFAULT_TIMEOUT_MILLIS = 5_000;
/** Of a shutdown's time, so much is for closing the file. */
const MAX_CLOSE_MILLIS = 500;

/** What lies on disk alone is so many records that nothing is gained by waiting for more. */
const MANY = Number.POSITIVE_INFINITY;

/** Delivery out of the spool: records lie on disk until the destination has them, and in memory while the disk fails. */
export class DurableDelivery implements Delivery {
  readonly #name: string;
  readonly #parts: DeliveryParts;
  readonly #spool: Spool;
  readonly #tally: Tally;
  readonly #queue: SpoolQueue;
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
    this.#queue = new SpoolQueue(spool, destination.name, destination.fold !== undefined, parts.clock);
    this.#memory = new MemoryQueue((reason) => this.#tally.drop(reason, 1), parts.clock);
    const common = { ...parts, destination, tally: this.#tally };
    this.#sender = new Sender({ ...common, queue: this.#queue, isDurable: true });
    this.#memorySender = new Sender({ ...common, queue: this.#memory, isDurable: false });
    spool.join({
      destination: destination.name,
      report: parts.report,
      onDrop: (reason, count) => this.#tally.drop(reason, count),
      onKept: (record, id) => {
        this.#queue.hold(record, id);
        this.#sender.wake(1);
      },
      onLeft: () => {
        this.#queue.lookAgain();
        this.#sender.wake(MANY);
      },
      onRefused: (records) => this.#holdAll(records),
      onRecovered: () => {
        for (const record of this.#memory.removeWaiting()) this.#queue.add(record);
      },
    });
    // Before the first record: whoever holds items that are not encoded yet may have all of them still at the end.
    this.#leaveMetrics = joinMetrics({
      destination: destination.name,
      stats: () => this.stats(),
      oldestAgeMillis: () => Math.max(spool.total(destination.name).oldestAgeMillis, this.#memory.oldestAgeMillis),
    });
    this.#leaveEndings = joinEndings({
      drain: () => this.#drain(),
      flush: (timeoutMillis) => this.forceFlush(timeoutMillis),
      commit: () => {
        this.#parts.onDrain();
        this.#spool.finish();
      },
    });
    if (spool.isThere) this.#sender.wake(MANY);
  }

  enqueue(record: DeliveryRecord): void {
    bindMetrics();
    this.#tally.add('enqueued', 1);
    if (this.#hasEnded) this.#tally.drop('shut_down', 1);
    else if (this.#spool.isBroken) this.#holdAll([record]);
    else this.#queue.add(record);
  }

  async forceFlush(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    const { clock, onDrain } = this.#parts;
    const end = clock.monotonic() + timeoutMillis;
    const rest = (): number => Math.max(0, end - clock.monotonic());
    bindMetrics();
    onDrain();
    await this.#spool.flush(rest());
    if (!this.#spool.isThere && this.#memory.size === 0) return;
    await Promise.all([this.#sender.flush(rest()), this.#memory.size > 0 && this.#memorySender.flush(rest())]);
    // What destinations said belongs on disk, too: the process may be frozen or killed after this.
    await this.#spool.flush(rest());
  }

  async shutdown(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Promise<void> {
    if (this.#hasEnded) return;
    const { clock } = this.#parts;
    const end = clock.monotonic() + timeoutMillis;
    await this.forceFlush(timeoutMillis - Math.min(MAX_CLOSE_MILLIS, timeoutMillis / 4));
    this.#hasEnded = true;
    this.#sender.end();
    this.#memorySender.end();
    this.#leaveEndings();
    this.#leaveMetrics();
    this.#tally.drop('shut_down', this.#memory.size);
    await this.#spool.leave(this.#name, Math.max(0, end - clock.monotonic()));
  }

  stats(): DeliveryStats {
    const { records, bytes } = this.#spool.total(this.#name);
    return this.#tally.stats(records, bytes);
  }

  #drain(): number {
    this.#parts.onDrain();
    return this.#tally.stats().enqueued;
  }

  #holdAll(records: readonly DeliveryRecord[]): void {
    for (const record of records) this.#memory.add(record);
    if (records.length > 0) this.#memorySender.wake(records.length);
  }
}
