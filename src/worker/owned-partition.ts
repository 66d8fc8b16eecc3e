import type { Fetched } from './kafka/fetcher.ts';
import type { TopicRecord } from './kafka/record.ts';
import { LogClock } from './log-clock.ts';
import { OffsetLedger } from './offset-ledger.ts';
import type { PartitionWork } from './partition-work.ts';

/** A partition that answers is silent for less time: it is read several times a second. */
const SILENT_MILLIS = 2_000;
/** What was read already goes on after this time, even if its partition is still silent. */
const MAX_SILENT_MILLIS = 60_000;

/** How much of a partition may be open, and how many of its records may be ready. */
export interface Room {
  readonly bytes: number;
  readonly records: number;
  readonly ready: number;
}

export interface OwnedPartitionOptions {
  readonly partition: number;
  /** The offset of the first record to read. */
  readonly start: number;
  readonly open: (partition: number, clock: LogClock) => PartitionWork;
  readonly room: () => Room;
  /** Passes a record to the work. Called only while there is room. */
  readonly take: (state: OwnedPartition, record: TopicRecord) => void;
}

/** One partition of a consumer group: what was fetched of it, what is open, and how far its log was read. */
export class OwnedPartition {
  readonly ledger: OffsetLedger;
  readonly work: PartitionWork;
  committed: number;
  isClosing = false;
  readonly #options: OwnedPartitionOptions;
  readonly #clock = new LogClock();
  /**
   * Fetched records that there is no room for yet, the next one last. Not decoded, they need a tenth of the memory, and
   * they are here when there is room again.
   */
  #waiting: TopicRecord[] = [];
  /** The fetch that they came with, until all of it was taken. */
  #fetched: Fetched | undefined;
  #end: number;
  #newestTimestamp = 0;
  /** When its broker last answered, or when no request to it was due. */
  #answeredAt = performance.now();
  #isTaking = false;
  #isLeftOut = false;

  constructor(options: OwnedPartitionOptions) {
    const { partition, start, open } = options;
    this.#options = options;
    this.ledger = new OffsetLedger(start);
    this.committed = start;
    this.#end = start;
    this.work = open(partition, this.#clock);
  }

  /** The offset behind the newest record, as far as it is known. */
  get end(): number {
    return this.#end;
  }

  /** When the newest record that was taken was written, in Unix milliseconds; 0 when none was. */
  get newestTimestamp(): number {
    return this.#newestTimestamp;
  }

  get hasRoom(): boolean {
    const { bytes, records, ready } = this.#options.room();
    return this.work.ready < ready && this.ledger.bytes < bytes && this.ledger.size < records;
  }

  /** Whether as many records are ready as may be. */
  get isBusy(): boolean {
    return this.work.ready >= this.#options.room().ready;
  }

  /** When the oldest record that is not settled was written, in Unix milliseconds; `now` when there is none. */
  oldestTimestamp(now: number): number {
    const unread = this.#end > this.ledger.next ? this.#newestTimestamp || now : now;
    return this.ledger.oldestTimestamp ?? unread;
  }

  /** The offset to fetch next; undefined while what was fetched before is not taken yet. */
  get position(): number | undefined {
    return this.isClosing || this.#fetched ? undefined : this.ledger.next;
  }

  /** The position, if there is room for records. Otherwise {@link isResumed} becomes true when there is. */
  get wanted(): number | undefined {
    const { position } = this;
    this.#isLeftOut = !this.isClosing && !(position !== undefined && this.hasRoom);
    return this.#isLeftOut ? undefined : position;
  }

  /** Whether a fetch left this partition out that could have it now. */
  get isResumed(): boolean {
    return this.#isLeftOut && this.position !== undefined && this.hasRoom;
  }

  /** Whether it has more records than were fetched. */
  get isBehind(): boolean {
    return this.#end > this.ledger.next;
  }

  /** Takes what a fetch brought, as far as there is room. */
  receive(fetched: Fetched): void {
    const wasSilent = this.#silentMillis >= SILENT_MILLIS;
    this.#answeredAt = performance.now();
    this.#end = Math.max(this.#end, fetched.end);
    this.#fetched = fetched;
    this.#waiting = [...fetched.records].reverse();
    this.takeWaiting();
    if (wasSilent) this.work.resume();
  }

  /** Takes what was fetched and waited for room. */
  takeWaiting(): void {
    // A record can be settled while it is taken: the loop below goes on with the next one.
    if (this.#isTaking || !this.#fetched) return;
    this.#isTaking = true;
    while (!this.isClosing && this.hasRoom) {
      const record = this.#waiting.pop();
      if (!record) break;
      this.#clock.observe(record.timestamp);
      this.#newestTimestamp = Math.max(this.#newestTimestamp, record.timestamp);
      this.#options.take(this, record);
    }
    this.#isTaking = false;
    if (this.#waiting.length > 0) this.#clock.hold();
    else this.#finish(this.#fetched);
  }

  #finish({ next, end, requestedAt }: Fetched): void {
    this.#fetched = undefined;
    this.ledger.skipTo(next);
    if (this.ledger.next < end) {
      this.#clock.hold();
      return;
    }
    // Everything that was written before the request has been taken, so the log is as late as that.
    this.#clock.observe(requestedAt);
    this.#clock.run();
  }

  /** The broker reported the end of the partition. */
  measured(end: number): void {
    this.#end = Math.max(this.#end, end);
  }

  /** Time passed. */
  tick(): void {
    if (this.isClosing) return;
    this.takeWaiting();
    if (!this.hasRoom) {
      this.#answeredAt = performance.now();
      this.#clock.hold();
      // What is ready makes room by itself.
      if (!this.isBusy) this.work.relieve();
    }
    const silent = this.#silentMillis;
    if (silent >= MAX_SILENT_MILLIS) this.#clock.run();
    if (silent < SILENT_MILLIS || silent >= MAX_SILENT_MILLIS) this.work.tick();
  }

  get #silentMillis(): number {
    return performance.now() - this.#answeredAt;
  }
}
