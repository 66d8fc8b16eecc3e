import type { Consumer } from '@platformatic/kafka';
import { clientOptions, closeQuietly, messageOf, pause } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import type { KafkaLibrary } from './library.ts';
import type { TopicRecord } from './record.ts';

/** How long a broker may wait for a record: also how long a partition that goes on waits for its turn. */
const MAX_WAIT_MILLIS = 250;
const MAX_PARTITION_BYTES = 128 << 10;
const MAX_BYTES = 1 << 20;
const RETRY_MILLIS = 1_000;
const CONTROL_BATCH = 0x20;
/** The broker stamped the batch; the records still have the times of their producer. */
const APPEND_TIME = 0x08;
const OFFSET_OUT_OF_RANGE = 1;
const EARLIEST = -2n;

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

export interface FetcherOptions {
  readonly library: KafkaLibrary;
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topic: string;
  /** The partitions to read, and from where. Called before each request, so a partition is paused by leaving it out. */
  readonly wanted: () => ReadonlyMap<number, number>;
  readonly onFetched: (fetched: Fetched) => void;
  /** Records up to `earliest` were removed before they were read. */
  readonly onGone: (partition: number, earliest: number) => void;
  readonly report: (message: string) => void;
}

type FetchTopics = Parameters<Consumer['fetch']>[0]['topics'];
type FetchResponse = Awaited<ReturnType<typeof fetchWith>>;

/** Names the overload that returns a promise. */
function fetchWith(consumer: Consumer, options: Parameters<Consumer['fetch']>[0]) {
  return consumer.fetch(options);
}

/** Reads partitions, with one request at a time to each broker. It has connections of its own, because a fetch blocks them. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #consumer: Consumer;
  readonly #busy = new Set<number>();
  #hasEnded = false;
  /** When the brokers last answered. */
  #answeredAt = performance.now();
  #isPumping = false;
  #isAgain = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#consumer = new options.library.Consumer({
      ...clientOptions(options.connection),
      groupId: options.groupId,
      // Records of producers without transactions alone: nothing is hidden behind an open transaction of another one.
      isolationLevel: 0,
    });
    this.#consumer.topics.track(options.topic);
    this.#consumer.on('error', () => undefined);
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
    await closeQuietly(this.#consumer);
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
    const { topics } = await this.#consumer.metadata({ topics: [topic] });
    const known = topics.get(topic);
    if (!known) return;
    const byLeader = new Map<number, { readonly partition: number; readonly offset: number }[]>();
    for (const [partition, offset] of wanted()) {
      const leader = known.partitions[partition]?.leader;
      if (leader === undefined || this.#busy.has(leader)) continue;
      const portion = byLeader.get(leader) ?? [];
      portion.push({ partition, offset });
      byLeader.set(leader, portion);
    }
    for (const [leader, portion] of byLeader) {
      this.#busy.add(leader);
      const partitions = portion.map(({ partition, offset }) => ({
        partition,
        fetchOffset: BigInt(offset),
        partitionMaxBytes: MAX_PARTITION_BYTES,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
      }));
      const requested = new Map(portion.map(({ partition, offset }) => [partition, offset]));
      void this.#fetch(leader, [{ topicId: known.id, partitions }], requested).finally(() => {
        this.#busy.delete(leader);
        this.wake();
      });
    }
  }

  async #fetch(node: number, topics: FetchTopics, requested: ReadonlyMap<number, number>): Promise<void> {
    const requestedAt = Date.now();
    try {
      const response = await fetchWith(this.#consumer, {
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
        const position = this.#options.wanted().get(partition);
        // Meanwhile it was paused, or it went to another worker and came back: it will be read again from where it is.
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
        this.#options.onFetched({ partition, records, next, end: Number(highWatermark), requestedAt });
      }
    }
  }

  /** Goes on at the oldest record there is, where retention was faster than the worker. */
  async #reset({ responses }: FetchResponse): Promise<void> {
    const { topic, onGone } = this.#options;
    const gone = responses.flatMap(({ partitions }) =>
      partitions.filter(({ errorCode }) => errorCode === OFFSET_OUT_OF_RANGE).map((each) => each.partitionIndex),
    );
    if (gone.length === 0) return;
    const earliest = await this.#consumer
      .listOffsets({ topics: [topic], partitions: { [topic]: gone }, timestamp: EARLIEST })
      .catch(() => undefined);
    for (const partition of gone) {
      const offset = earliest?.get(topic)?.[partition];
      if (offset !== undefined) onGone(partition, Number(offset));
    }
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#hasEnded) return;
    this.#options.report(`Kafka topic ${this.#options.topic} can't be read yet: ${messageOf(error)}`);
    // The leader may have moved.
    this.#consumer.clearMetadata();
    await pause(RETRY_MILLIS);
  }
}
