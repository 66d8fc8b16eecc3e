import { messageOf, pause } from './kafka/client.ts';
import type { KafkaConnection } from './kafka/connection.ts';
import { Fetcher, type Position } from './kafka/fetcher.ts';
import { GroupMember } from './kafka/group-member.ts';
import type { KafkaLibrary } from './kafka/library.ts';
import { bytesOf, type TopicRecord } from './kafka/record.ts';
import type { LogClock } from './log-clock.ts';
import { OwnedPartition, type Room } from './owned-partition.ts';
import type { PartitionWork } from './partition-work.ts';

/** Limits of what one partition may have open at once. */
const MAX_PARTITION_BYTES = 4 << 20;
const MIN_PARTITION_BYTES = 64 << 10;
/** Small records take more memory than their bytes. */
const MAX_PARTITION_RECORDS = 4_000;
const MIN_PARTITION_READY = 64;
/** What all partitions may have fetched and not taken, and the limits of one. */
const FETCHED_BYTES = 2 << 20;
const MAX_FETCHED_BYTES = 128 << 10;
const MIN_FETCHED_BYTES = 32 << 10;
const TICK_MILLIS = 50;
const COMMIT_MILLIS = 1_000;
/** How often the ends of the partitions are requested: nothing else reports the end of one that is not read. */
const MEASURE_MILLIS = 5_000;
const RELEASE_MILLIS = 10_000;
const EARLIEST = -2n;
const LATEST = -1n;

export interface TopicReaderOptions {
  readonly library: KafkaLibrary;
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topic: string;
  /** How much the group may have open at once. */
  readonly maxOpenBytes: number;
  /** How many of its records may be ready. Few are enough to be never idle, and cheap for the garbage collector. */
  readonly maxReady: number;
  readonly open: (partition: number, clock: LogClock) => PartitionWork;
  /** A record that `take` threw for. */
  readonly onUnreadable: (record: TopicRecord, error: unknown, settle: () => void) => void;
  readonly report: (message: string) => void;
}

/** The status of one partition. */
export interface PartitionStatus {
  readonly partition: number;
  /** Records that are not settled, those that were not read yet included. */
  readonly lag: number;
  readonly openRecords: number;
  readonly openBytes: number;
  /** Age of the oldest record that is not settled, in ms. 0 when all are. */
  readonly oldestAgeMillis: number;
  readonly isPaused: boolean;
}

/** One consumer group: reads the partitions that it owns, as far as there is room, and commits what is settled. */
export class TopicReader {
  readonly #options: TopicReaderOptions;
  readonly #member: GroupMember;
  readonly #fetcher: Fetcher;
  readonly #partitions = new Map<number, OwnedPartition>();
  #ticker: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  #committedAt = 0;
  #measuredAt = 0;
  /** Set before the group is left: leaving waits for partitions whose start is being read. */
  #isEnding = false;
  #hasEnded = false;
  #records = 0;
  #settled = 0;
  #gone = 0;

  constructor(options: TopicReaderOptions) {
    this.#options = options;
    const { library, connection, groupId, topic, report } = options;
    this.#member = new GroupMember({
      library,
      connection,
      groupId,
      topic,
      report,
      owner: { acquire: (partition) => this.#acquire(partition), release: (partition) => this.#release(partition) },
    });
    this.#fetcher = new Fetcher({
      library,
      connection,
      groupId,
      topic,
      report,
      maxPartitionBytes: () => this.#share(FETCHED_BYTES, MIN_FETCHED_BYTES, MAX_FETCHED_BYTES),
      wanted: () => this.#wanted(),
      positionOf: (partition) => this.#partitions.get(partition)?.position,
      onFetched: (fetched) => this.#partitions.get(fetched.partition)?.receive(fetched),
      onOutOfRange: (partition) => this.#outOfRange(partition),
    });
  }

  /** Records read, records settled, and records that retention removed unread. */
  get counts(): { readonly read: number; readonly settled: number; readonly gone: number } {
    return { read: this.#records, settled: this.#settled, gone: this.#gone };
  }

  /** Whether the group and the brokers answer. */
  get isHealthy(): boolean {
    return this.#member.isJoined && this.#fetcher.silentMillis < 60_000;
  }

  get groupId(): string {
    return this.#options.groupId;
  }

  get topic(): string {
    return this.#options.topic;
  }

  status(): readonly PartitionStatus[] {
    const now = Date.now();
    return [...this.#partitions].map(([partition, state]) => ({
      partition,
      lag: Math.max(0, state.end - state.ledger.committable),
      openRecords: state.ledger.size,
      openBytes: state.ledger.bytes,
      oldestAgeMillis: Math.max(0, now - state.oldestTimestamp(now)),
      isPaused: !state.hasRoom,
    }));
  }

  /** Resolves when the group was joined once. */
  async start(): Promise<void> {
    this.#ticker = setInterval(() => this.#tick(), TICK_MILLIS);
    await this.#member.join();
  }

  /** Finishes what is under way, within a few seconds, commits it and leaves the group. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await this.#member.leave();
    this.#hasEnded = true;
    clearInterval(this.#ticker);
    await this.#fetcher.end();
  }

  #wanted(): ReadonlyMap<number, Position> {
    const wanted = new Map<number, Position>();
    for (const [partition, state] of this.#partitions) {
      const offset = state.wanted;
      if (offset !== undefined) wanted.set(partition, { offset, isBehind: state.isBehind });
    }
    return wanted;
  }

  #room(): Room {
    const { maxOpenBytes, maxReady } = this.#options;
    return {
      bytes: this.#share(maxOpenBytes, MIN_PARTITION_BYTES, MAX_PARTITION_BYTES),
      records: MAX_PARTITION_RECORDS,
      ready: this.#share(maxReady, MIN_PARTITION_READY, maxReady),
    };
  }

  /** The share of one partition of what the group may have. */
  #share(all: number, least: number, most: number): number {
    return Math.min(most, Math.max(least, Math.floor(all / Math.max(1, this.#partitions.size))));
  }

  async #acquire(partition: number): Promise<void> {
    const start = await this.#startOf(partition);
    if (start === undefined) return;
    this.#read(partition, start);
  }

  #read(partition: number, start: number): void {
    const { open } = this.#options;
    this.#partitions.set(
      partition,
      new OwnedPartition({
        partition,
        start,
        open,
        room: () => this.#room(),
        take: (state, record) => this.#take(state, record),
      }),
    );
    this.#fetcher.wake();
  }

  /** The committed offset, else the oldest there is. Undefined when the reader ends. */
  async #startOf(partition: number): Promise<number | undefined> {
    const { topic, report } = this.#options;
    while (!this.#isEnding) {
      // Each time: the member may have a new client by then.
      const { consumer } = this.#member;
      try {
        const committed = await consumer.listCommittedOffsets({ topics: [{ topic, partitions: [partition] }] });
        const offset = committed.get(topic)?.[partition];
        if (offset !== undefined && offset >= 0n) return Number(offset);
        return Math.max(0, await this.#offsetAt(partition, EARLIEST));
      } catch (error) {
        report(`Kafka topic ${topic}: the offset of partition ${partition} can't be read yet: ${messageOf(error)}`);
        consumer.clearMetadata();
        await pause(COMMIT_MILLIS);
      }
    }
    return undefined;
  }

  /** The offset of the first record that is not older; negative when there is none. */
  async #offsetAt(partition: number, timestamp: bigint): Promise<number> {
    const { topic } = this.#options;
    const asked = { topics: [topic], partitions: { [topic]: [partition] }, timestamp };
    const offsets = await this.#member.consumer.listOffsets(asked);
    return Number(offsets.get(topic)?.[partition] ?? -1n);
  }

  async #release(partition: number): Promise<void> {
    const state = this.#partitions.get(partition);
    if (!state) return;
    state.isClosing = true;
    const limit = AbortSignal.timeout(RELEASE_MILLIS);
    const isTooLong = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([state.work.close(), isTooLong]);
    // One that is under way does not know yet what was settled last.
    await this.#committing;
    await this.#commit();
    this.#partitions.delete(partition);
  }

  #take(state: OwnedPartition, record: TopicRecord): void {
    const { offset, timestamp } = record;
    state.ledger.open(offset, bytesOf(record), timestamp);
    this.#records += 1;
    const settle = (): void => this.#settle(state, offset);
    try {
      state.work.take(record, settle);
    } catch (error) {
      this.#options.onUnreadable(record, error, settle);
    }
  }

  #settle(state: OwnedPartition, offset: number): void {
    state.ledger.settle(offset);
    this.#settled += 1;
    state.takeWaiting();
    if (state.isResumed) this.#fetcher.wake();
  }

  async #outOfRange(partition: number): Promise<void> {
    const state = this.#partitions.get(partition);
    if (!state) return;
    try {
      const earliest = await this.#offsetAt(partition, EARLIEST);
      if (earliest > state.ledger.next) this.#skip(partition, state, earliest);
      else await this.#readAnew(partition, state, earliest);
    } catch {
      // The fetch that follows finds it again.
    }
  }

  /** Records were removed by retention before they were read. */
  #skip(partition: number, state: OwnedPartition, earliest: number): void {
    const count = earliest - state.ledger.next;
    this.#gone += count;
    state.ledger.skipTo(earliest);
    this.#options.report(
      `Kafka topic ${this.#options.topic}: retention removed ${count} records of partition ${partition} before they were read. Add workers, or keep the topic longer.`,
    );
  }

  /** The log ends before what was read of it: the topic was made anew, or lost its end. What it has that is newer is read. */
  async #readAnew(partition: number, state: OwnedPartition, earliest: number): Promise<void> {
    const { topic, report } = this.#options;
    const end = await this.#offsetAt(partition, LATEST);
    const newer = state.newestTimestamp > 0 ? await this.#offsetAt(partition, BigInt(state.newestTimestamp)) : earliest;
    const isCurrent = this.#partitions.get(partition) === state && !state.isClosing;
    if (!isCurrent || end < 0 || end >= state.ledger.next) return;
    state.isClosing = true;
    void state.work.close();
    this.#read(partition, newer < 0 ? end : newer);
    report(
      `Kafka topic ${topic}: partition ${partition} ends at ${end}, before what was read of it: was the topic made anew? It is read from its first newer record on.`,
    );
  }

  #tick(): void {
    for (const state of this.#partitions.values()) state.tick();
    this.#fetcher.wake();
    if (performance.now() - this.#committedAt >= COMMIT_MILLIS) void this.#commit();
    if (performance.now() - this.#measuredAt >= MEASURE_MILLIS) void this.#measure();
  }

  /** Learns how many records wait in Kafka. */
  async #measure(): Promise<void> {
    this.#measuredAt = performance.now();
    const { topic } = this.#options;
    const partitions = [...this.#partitions.keys()];
    if (partitions.length === 0) return;
    try {
      const ends = await this.#member.consumer.listOffsets({ topics: [topic], partitions: { [topic]: partitions } });
      for (const [partition, state] of this.#partitions) {
        state.measured(Number(ends.get(topic)?.[partition] ?? 0n));
      }
    } catch {
      // The next measurement is soon, and what fails for longer is reported by commits and fetches.
    }
  }

  #commit(): Promise<void> {
    this.#committing ??= this.#commitAll().finally(() => {
      this.#committing = undefined;
    });
    return this.#committing;
  }

  async #commitAll(): Promise<void> {
    const { topic, report } = this.#options;
    const moved = [...this.#partitions].filter(([, { ledger, committed }]) => ledger.committable > committed);
    this.#committedAt = performance.now();
    if (moved.length === 0) return;
    const offsets = moved.map(([partition, state]) => ({ partition, state, offset: state.ledger.committable }));
    try {
      await this.#member.consumer.commit({
        offsets: offsets.map(({ partition, offset }) => ({
          topic,
          partition,
          offset: BigInt(offset),
          leaderEpoch: -1,
        })),
      });
      for (const { state, offset } of offsets) state.committed = offset;
    } catch (error) {
      if (!this.#hasEnded) report(`Kafka group ${this.groupId} can't commit yet: ${messageOf(error)}`);
    }
  }
}
