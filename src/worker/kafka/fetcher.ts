import type { Consumer } from '@platformatic/kafka';
import { clientOptions, closeQuietly, messageOf, pause } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import type { KafkaLibrary } from './library.ts';
import type { TopicRecord } from './record.ts';

/** How long a broker may wait for a record: also how long a partition that goes on waits for its turn. */
const MAX_WAIT_MILLIS = 250;
const MAX_BYTES = 1 << 20;
const RETRY_MILLIS = 1_000;
const CONTROL_BATCH = 0x20;
/** The broker stamped the batch; the records still have the times of their producer. */
const APPEND_TIME = 0x08;
const OFFSET_OUT_OF_RANGE = 1;

/** What a fetch found in one partition. */
export interface Fetched {
  readonly partition: number;
  readonly records: readonly TopicRecord[];
  /** The offset to read next. */
  readonly next: number;
  /** The offset behind the newest record. */
  readonly end: number;
  /** When the request was sent, in Unix milliseconds. */
  readonly requestedAt: number;
}

/** Where to read a partition. */
export interface Position {
  readonly offset: number;
  /** Whether records are known to be there, so that the broker answers at once. */
  readonly isBehind: boolean;
}

export interface FetcherOptions {
  readonly library: KafkaLibrary;
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topic: string;
  /** The partitions to read, and from where. Called before each request, so a partition is paused by leaving it out. */
  readonly wanted: () => ReadonlyMap<number, Position>;
  /** What a response has to begin with to be taken; undefined when the partition takes none. */
  readonly positionOf: (partition: number) => number | undefined;
  /** How much a response may have of one partition. A batch is never divided, so a large one is read nevertheless. */
  readonly maxPartitionBytes: () => number;
  readonly onFetched: (fetched: Fetched) => void;
  /** The log does not have the offset that was to be read. */
  readonly onOutOfRange: (partition: number) => Promise<void>;
  readonly report: (message: string) => void;
}

type FetchTopics = Parameters<Consumer['fetch']>[0]['topics'];
type FetchResponse = Awaited<ReturnType<typeof fetchWith>>;

/** Names the overload that returns a promise. */
function fetchWith(consumer: Consumer, options: Parameters<Consumer['fetch']>[0]) {
  return consumer.fetch(options);
}

/** A connection to each broker, with one request at a time. */
interface Line {
  readonly consumer: Consumer;
  /** Brokers that have a request. */
  readonly busy: Set<number>;
}

/**
 * Reads partitions over two lines. A broker answers the requests of a connection one after the other, and one for
 * partitions without new records only after {@link MAX_WAIT_MILLIS}: partitions that are behind do not wait for that.
 */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #behind: Line;
  readonly #caughtUp: Line;
  /** Partitions that a request is under way for. */
  readonly #underWay = new Set<number>();
  /** By partition, when it last had records. Those that waited longest are first in a request, which is where a large batch fits. */
  readonly #served = new Map<number, number>();
  #serial = 0;
  #hasEnded = false;
  /** When the brokers last answered. */
  #answeredAt = performance.now();
  #isPumping = false;
  #isAgain = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#behind = lineFor(options);
    this.#caughtUp = lineFor(options);
  }

  /** How long no broker has answered, in ms. */
  get silentMillis(): number {
    return performance.now() - this.#answeredAt;
  }

  /** Something may be readable: call it when partitions were added or resumed. */
  wake(): void {
    if (this.#hasEnded) return;
    this.#isAgain = true;
    if (!this.#isPumping) void this.#pump();
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    await Promise.all([this.#behind, this.#caughtUp].map(({ consumer }) => closeQuietly(consumer)));
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    while (this.#isAgain && !this.#hasEnded) {
      this.#isAgain = false;
      try {
        await this.#request();
      } catch (error) {
        await this.#failed(error);
        this.#isAgain = true;
      }
    }
    this.#isPumping = false;
  }

  /** Starts a request to each broker that has none under way. */
  async #request(): Promise<void> {
    const { topic, wanted } = this.#options;
    if (wanted().size === 0) {
      this.#answeredAt = performance.now();
      return;
    }
    const { topics } = await this.#caughtUp.consumer.metadata({ topics: [topic] });
    const known = topics.get(topic);
    if (!known) return;
    const positions = [...wanted()].filter(([partition]) => !this.#underWay.has(partition));
    for (const line of [this.#behind, this.#caughtUp]) {
      const byLeader = new Map<number, Map<number, number>>();
      for (const [partition, { offset, isBehind }] of positions) {
        const leader = known.partitions[partition]?.leader;
        if (leader === undefined || isBehind !== (line === this.#behind) || line.busy.has(leader)) continue;
        const offsets = byLeader.get(leader) ?? new Map<number, number>();
        byLeader.set(leader, offsets.set(partition, offset));
      }
      for (const [leader, offsets] of byLeader) void this.#fetchFrom(line, leader, known.id, offsets);
    }
  }

  async #fetchFrom(line: Line, leader: number, topicId: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    const age = (partition: number): number => this.#served.get(partition) ?? 0;
    const partitionMaxBytes = this.#options.maxPartitionBytes();
    const partitions = [...offsets.keys()]
      .sort((a, b) => age(a) - age(b))
      .map((partition) => ({
        partition,
        fetchOffset: BigInt(offsets.get(partition) ?? 0),
        partitionMaxBytes,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
      }));
    line.busy.add(leader);
    for (const partition of offsets.keys()) this.#underWay.add(partition);
    try {
      await this.#fetch(line, leader, [{ topicId, partitions }], offsets);
    } finally {
      line.busy.delete(leader);
      for (const partition of offsets.keys()) this.#underWay.delete(partition);
      this.wake();
    }
  }

  async #fetch(line: Line, node: number, topics: FetchTopics, requested: ReadonlyMap<number, number>): Promise<void> {
    const requestedAt = Date.now();
    try {
      const response = await fetchWith(line.consumer, {
        node,
        topics,
        maxWaitTime: MAX_WAIT_MILLIS,
        minBytes: 1,
        maxBytes: MAX_BYTES,
      });
      this.#take(response, requested, requestedAt);
    } catch (error) {
      if (this.#hasEnded) return;
      const response = (error as { readonly response?: FetchResponse }).response;
      // Partitions without an error still have their records in it.
      if (response?.responses) {
        this.#take(response, requested, requestedAt);
        await this.#reset(response);
      }
      await this.#failed(error);
    }
  }

  #take({ responses }: FetchResponse, requested: ReadonlyMap<number, number>, requestedAt: number): void {
    this.#answeredAt = performance.now();
    for (const { partitions } of responses) {
      for (const { partitionIndex: partition, errorCode, highWatermark, records: batches = [] } of partitions) {
        if (errorCode !== 0) continue;
        const position = this.#options.positionOf(partition);
        // Meanwhile it went to another worker and came back: it will be read again from where it is.
        if (position === undefined || position !== requested.get(partition)) continue;
        const records: TopicRecord[] = [];
        let next = position;
        for (const batch of batches) {
          next = Math.max(next, Number(batch.firstOffset) + batch.lastOffsetDelta + 1);
          if (batch.attributes & CONTROL_BATCH) continue;
          const hasAppendTime = (batch.attributes & APPEND_TIME) !== 0;
          for (const record of batch.records) {
            const offset = Number(batch.firstOffset) + record.offsetDelta;
            if (offset < position) continue;
            records.push({
              partition,
              offset,
              timestamp: Number(hasAppendTime ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta),
              key: record.key,
              value: record.value,
              headers: record.headers,
            });
          }
        }
        if (records.length > 0) {
          this.#serial += 1;
          this.#served.set(partition, this.#serial);
        }
        this.#options.onFetched({ partition, records, next, end: Number(highWatermark), requestedAt });
      }
    }
  }

  async #reset({ responses }: FetchResponse): Promise<void> {
    const outOfRange = responses.flatMap(({ partitions }) =>
      partitions.filter(({ errorCode }) => errorCode === OFFSET_OUT_OF_RANGE).map((each) => each.partitionIndex),
    );
    await Promise.all(outOfRange.map((partition) => this.#options.onOutOfRange(partition)));
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#hasEnded) return;
    this.#options.report(`Kafka topic ${this.#options.topic} can't be read yet: ${messageOf(error)}`);
    // The leader may have moved.
    for (const { consumer } of [this.#behind, this.#caughtUp]) consumer.clearMetadata();
    await pause(RETRY_MILLIS);
  }
}

function lineFor({ library, connection, groupId, topic }: FetcherOptions): Line {
  const consumer = new library.Consumer({
    ...clientOptions(connection),
    groupId,
    // Records of producers without transactions alone: nothing is hidden behind an open transaction of another one.
    isolationLevel: 0,
  });
  consumer.topics.track(topic);
  consumer.on('error', () => undefined);
  return { consumer, busy: new Set() };
}
