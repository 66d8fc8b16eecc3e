import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer } from '@platformatic/kafka';

/** The broker stamped the batch; the records still have the times of their producer. */
const APPEND_TIME = 0x08;

/**
 * Reads every record of a topic once, from its beginning, until it is closed, with positions of its own and no group: a
 * broker that is killed only delays it.
 */
export class Follower {
  #options;
  #positions;
  #consumer;
  #closed = false;
  #ended;

  /** @param onRecord takes `{ value, headers, place }`; `place` is when the broker wrote it, and its offset */
  constructor({ bootstrap, topic, partitions, onRecord }) {
    this.#options = { bootstrap, topic, onRecord };
    this.#positions = Array.from({ length: partitions }, () => 0n);
    this.#ended = this.#run();
  }

  async close() {
    this.#closed = true;
    await this.#consumer?.close(true).catch(() => {});
    await this.#ended;
  }

  async #run() {
    while (!this.#closed) {
      try {
        await this.#read();
      } catch {
        const broken = this.#consumer;
        this.#consumer = undefined;
        // One whose broker is away may take long to close.
        void broken?.close(true).catch(() => {});
        await sleep(500);
      }
    }
  }

  async #read() {
    const { topic } = this.#options;
    this.#consumer ??= this.#open();
    const { topics } = await this.#consumer.metadata({ topics: [topic] });
    const { id, partitions } = topics.get(topic);
    const { responses } = await this.#consumer.fetch({
      node: partitions[0].leader,
      topics: [{ topicId: id, partitions: this.#positions.map(requestFrom) }],
      maxWaitTime: 500,
      minBytes: 1,
      maxBytes: 8 << 20,
    });
    for (const response of responses) for (const partition of response.partitions) this.#take(partition);
  }

  #take({ partitionIndex, errorCode, records: batches = [] }) {
    if (errorCode !== 0) return;
    for (const batch of batches) {
      for (const { offsetDelta, timestampDelta, value, headers } of batch.records) {
        const offset = batch.firstOffset + BigInt(offsetDelta);
        if (offset < this.#positions[partitionIndex]) continue;
        const stamp = batch.attributes & APPEND_TIME ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta;
        this.#positions[partitionIndex] = offset + 1n;
        this.#options.onRecord({ value, headers, place: { at: Number(stamp), offset: Number(offset) } });
      }
    }
  }

  #open() {
    const { bootstrap, topic } = this.#options;
    const consumer = new Consumer({ groupId: `drill-${topic}`, clientId: 'drill', bootstrapBrokers: [bootstrap] });
    consumer.on('error', () => {});
    return consumer;
  }
}

function requestFrom(fetchOffset, partition) {
  return { partition, fetchOffset, partitionMaxBytes: 1 << 20, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
}
