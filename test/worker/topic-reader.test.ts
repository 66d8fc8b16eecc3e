import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KafkaLibrary } from '../../src/worker/kafka/library.ts';
import { TopicReader } from '../../src/worker/topic-reader.ts';

const TOPIC = 'spans';

interface FetchOptions {
  readonly maxBytes: number;
  readonly topics: readonly [
    {
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: bigint;
        readonly partitionMaxBytes: number;
      }[];
    },
  ];
}

/** A broker with logs of records. A fetch that finds nothing is never answered, as if the time stood still. */
class FakeBroker {
  /** By partition, how many records it has. */
  readonly logs: number[];
  /** The partitions of each request, in its order. */
  readonly requests: (readonly number[])[] = [];
  /** The records of a batch, which a response has as a whole or not at all. Only the first partition may exceed its limit. */
  batchRecords = 1;
  recordBytes = 100;
  hasOffsets = true;
  canJoin = true;
  /** By partition, the offset of its first record. */
  firsts: number[] = [];
  /** By partition, the offset of the first record that is newer than what was read. */
  newer: number[] = [];
  #idle: ((response: unknown) => void)[] = [];

  constructor(...logs: readonly number[]) {
    this.logs = [...logs];
  }

  fetch({ topics }: FetchOptions): Promise<unknown> {
    const [{ partitions }] = topics;
    this.requests.push(partitions.map(({ partition }) => partition));
    const outOfRange = partitions.filter(({ partition, fetchOffset }) => !this.#has(partition, Number(fetchOffset)));
    if (outOfRange.length > 0) {
      const answers = outOfRange.map(({ partition }) => ({
        partitionIndex: partition,
        errorCode: 1,
        highWatermark: -1n,
      }));
      return Promise.reject(
        Object.assign(new Error('out of range'), { response: { responses: [{ partitions: answers }] } }),
      );
    }
    let isFirst = true;
    const answers = partitions.map(({ partition, fetchOffset, partitionMaxBytes }) => {
      const from = Number(fetchOffset);
      const left = (this.logs[partition] ?? 0) - from;
      const batches = Math.floor(partitionMaxBytes / this.recordBytes / this.batchRecords);
      const count = Math.min(left, Math.max(batches, isFirst ? 1 : 0) * this.batchRecords);
      if (left > 0) isFirst = false;
      return { partition, from, count };
    });
    if (isFirst) return new Promise((resolve) => this.#idle.push(resolve));
    return Promise.resolve({ responses: [{ partitions: answers.map((each) => this.#answer(each)) }] });
  }

  /** Answers the requests that found nothing: their time is over. */
  answerIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve({ responses: [] });
  }

  #has(partition: number, offset: number): boolean {
    return offset >= (this.firsts[partition] ?? 0) && offset <= (this.logs[partition] ?? 0);
  }

  /** As Kafka, at -2 the first offset, at -1 the end, and else that of the first record that is not older. */
  offsetsAt(timestamp: bigint | undefined): readonly bigint[] {
    return this.logs.map((end, partition) => {
      if (timestamp === -2n) return BigInt(this.firsts[partition] ?? 0);
      return BigInt(timestamp === undefined || timestamp === -1n ? end : (this.newer[partition] ?? -1));
    });
  }

  #answer({ partition, from, count }: { readonly partition: number; readonly from: number; readonly count: number }) {
    const records = Array.from({ length: count }, (_, index) => ({
      offsetDelta: index,
      timestampDelta: 0n,
      key: null,
      value: Buffer.alloc(this.recordBytes),
      headers: [],
    }));
    const batch = { firstOffset: BigInt(from), lastOffsetDelta: count - 1, attributes: 0, firstTimestamp: 1n, records };
    return {
      partitionIndex: partition,
      errorCode: 0,
      highWatermark: BigInt(this.logs[partition] ?? 0),
      records: count > 0 ? [batch] : [],
    };
  }

  get library(): KafkaLibrary {
    const broker = this;
    const partitions = this.logs.map((_, index) => index);
    class Consumer extends EventEmitter {
      readonly topics = { track: () => undefined };
      #isClosed = false;
      joinGroup(): Promise<void> {
        if (!broker.canJoin) return Promise.reject(new Error('not the coordinator'));
        this.emit('consumer:group:join', { assignments: [{ topic: TOPIC, partitions }], generationId: 1 });
        return Promise.resolve();
      }
      metadata(): Promise<unknown> {
        const leaders = broker.logs.map(() => ({ leader: 1 }));
        return Promise.resolve({ topics: new Map([[TOPIC, { id: 'id', partitions: leaders }]]) });
      }
      listCommittedOffsets = (): Promise<unknown> =>
        broker.hasOffsets && !this.#isClosed ? Promise.resolve(new Map()) : Promise.reject(new Error('no coordinator'));
      listOffsets = ({ timestamp }: { readonly timestamp?: bigint }): Promise<unknown> =>
        Promise.resolve(new Map([[TOPIC, broker.offsetsAt(timestamp)]]));
      fetch = (options: FetchOptions): Promise<unknown> => broker.fetch(options);
      commit = (): Promise<void> => Promise.resolve();
      close = (): Promise<void> => {
        this.#isClosed = true;
        return Promise.resolve();
      };
      clearMetadata(): void {}
      isActive(): boolean {
        return true;
      }
    }
    return { Consumer } as unknown as KafkaLibrary;
  }
}

/** A reader whose work keeps each record until it is settled here. No time passes, so it does nothing by its clock. */
class Reading {
  readonly broker: FakeBroker;
  readonly reader: TopicReader;
  /** By partition, what settles its open records. */
  readonly open: (() => void)[][];
  readonly taken: number[];

  constructor(broker: FakeBroker, { maxReady = 64, maxOpenBytes = 4 << 20, report = unexpected } = {}) {
    this.broker = broker;
    this.open = broker.logs.map(() => []);
    this.taken = broker.logs.map(() => 0);
    this.reader = new TopicReader({
      library: broker.library,
      connection: { brokers: ['127.0.0.1:1'] },
      groupId: 'group',
      topic: TOPIC,
      maxOpenBytes,
      maxReady,
      open: (partition) => this.#work(partition),
      onUnreadable: (_, error) => expect.unreachable(String(error)),
      report,
    });
  }

  #work(partition: number) {
    const open = this.open[partition] ?? [];
    return {
      take: (_: unknown, settle: () => void) => {
        this.taken[partition] = (this.taken[partition] ?? 0) + 1;
        open.push(settle);
      },
      tick: () => undefined,
      get ready() {
        return open.length;
      },
      resume: () => undefined,
      relieve: () => undefined,
      close: () => Promise.resolve(),
    };
  }

  settle(partition: number, count: number): void {
    for (let left = count; left > 0; left -= 1) this.open[partition]?.shift()?.();
  }
}

async function reading(...args: ConstructorParameters<typeof Reading>): Promise<Reading> {
  const started = new Reading(...args);
  await started.reader.start();
  await turns();
  return started;
}

const unexpected = (message: string): void => expect.unreachable(message);

/** Lets everything happen that waits for no time to pass. */
async function turns(): Promise<void> {
  for (let index = 0; index < 50; index += 1) await Promise.resolve();
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the reader of a topic', () => {
  it('takes as many records as there is room for, and the others of a fetch as records are settled', async () => {
    const { broker, open, taken, settle, reader } = bound(await reading(new FakeBroker(100)));
    expect(taken).toEqual([64]);
    settle(0, 10);
    expect(open[0]).toHaveLength(64);
    expect(taken).toEqual([74]);
    expect(broker.requests).toEqual([[0]]);
    expect(reader.status()).toMatchObject([{ lag: 90, openRecords: 64, isPaused: true }]);
  });

  it('takes no record beyond the bytes that may be open', async () => {
    // A record counts as 164 bytes.
    const { taken, settle } = bound(await reading(new FakeBroker(1_000), { maxReady: 1_000, maxOpenBytes: 64 << 10 }));
    expect(taken).toEqual([400]);
    settle(0, 1);
    expect(taken).toEqual([401]);
  });

  it('fetches again as soon as everything fetched is taken and a record is settled, without waiting for its clock', async () => {
    const { broker, taken, settle } = bound(await reading(new FakeBroker(5_000)));
    const fetched = Math.floor((128 << 10) / 100);
    expect(broker.requests).toHaveLength(1);
    for (let left = fetched; left > 64; left -= 1) settle(0, 1);
    await turns();
    expect(taken).toEqual([fetched]);
    expect(broker.requests).toHaveLength(1);
    settle(0, 1);
    await turns();
    expect(broker.requests).toHaveLength(2);
    expect(taken).toEqual([fetched + 1]);
  });

  it('does not let a partition without new records delay one that has some', async () => {
    const { broker, taken, settle } = bound(await reading(new FakeBroker(64, 5_000)));
    // Partition 0 is read to its end, so the request for it stays unanswered; partition 1 has no room.
    settle(0, 64);
    await turns();
    expect(broker.requests.at(-1)).toEqual([0]);
    for (let left = 5_000; left > 0; left -= 1) {
      settle(1, 1);
      await turns();
    }
    expect(taken).toEqual([64, 5_000]);
  });

  it('requests first what it has not read for the longest time, because a large batch fits there alone', async () => {
    const broker = new FakeBroker(9_000, 9_000);
    // A batch has 300,000 bytes, and a partition may have 131,072 of a response.
    broker.recordBytes = 1_000;
    broker.batchRecords = 300;
    const { open, settle } = bound(await reading(broker, { maxReady: 20_000 }));
    const before = broker.requests.length;
    for (const partition of [0, 1]) settle(partition, open[partition]?.length ?? 0);
    await turns();
    expect(broker.requests.slice(before, before + 4)).toEqual([
      [0, 1],
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
  });
});

describe('a log that does not have the offset that is to be read', () => {
  it('is read from its first record on where retention removed others unread', async () => {
    const reports: string[] = [];
    const { broker, taken, reader } = await reading(new FakeBroker(5), { report: (text) => void reports.push(text) });
    broker.firsts = [20];
    broker.logs[0] = 30;
    broker.answerIdle();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(taken).toEqual([15]);
    expect(reader.counts.gone).toBe(15);
    expect(reports).toContainEqual(expect.stringContaining('retention removed 15 records of partition 0'));
    await reader.stop();
  });

  it.each([
    ['from its start on, where it was made anew', 3, 0, 3],
    ['from the first newer record on, where it lost its end', 4, 3, 1],
    ['from its end on, where nothing is newer', 4, -1, 0],
  ])('is read %s', async (_, end, newer, more) => {
    const reports: string[] = [];
    const { broker, taken, reader, open } = await reading(new FakeBroker(5), {
      report: (text) => void reports.push(text),
    });
    expect(taken).toEqual([5]);
    broker.logs[0] = end;
    broker.newer = [newer];
    broker.answerIdle();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(taken).toEqual([5 + more]);
    expect(reports).toContainEqual(expect.stringContaining(`partition 0 ends at ${end}, before what was read of it`));
    broker.logs[0] = end + 2;
    broker.answerIdle();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(taken).toEqual([5 + more + 2]);
    expect(open[0]).toHaveLength(5 + more + 2);
    await reader.stop();
  });
});

it('ends although the offset of a partition cannot be read', async () => {
  const broker = new FakeBroker(1);
  broker.hasOffsets = false;
  const reports: string[] = [];
  const { reader } = await reading(broker, { report: (message) => void reports.push(message) });
  expect(reports).toEqual([`Kafka topic ${TOPIC}: the offset of partition 0 can't be read yet: no coordinator`]);
  const ended = vi.fn();
  void reader.stop().then(ended);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ended).toHaveBeenCalledOnce();
});

it('reads the offset of a partition with a new client, if its member has got one meanwhile', async () => {
  const broker = new FakeBroker(1);
  broker.hasOffsets = false;
  const { reader, taken } = await reading(broker, { report: () => undefined });
  broker.canJoin = false;
  await vi.advanceTimersByTimeAsync(15_000);
  broker.canJoin = true;
  broker.hasOffsets = true;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(taken).toEqual([1]);
  await reader.stop();
});

/** The methods without their object, so that a test can name what it uses. */
function bound(subject: Reading) {
  const { broker, open, taken, reader } = subject;
  return {
    broker,
    open,
    taken,
    reader,
    settle: (partition: number, count: number) => subject.settle(partition, count),
  };
}
