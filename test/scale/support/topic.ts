import { Consumer, type MessagesStream } from '@platformatic/kafka';
import { readTraceProtobuf } from '../../../src/otlp/read-protobuf.ts';
import type { SpanData } from '../../../src/semconv/span-data.ts';

export interface TopicRecord {
  readonly key: string;
  readonly partition: number;
  readonly value: Buffer;
}

/** Reads a topic from its beginning and keeps every record. */
export class TopicReader {
  readonly records: TopicRecord[] = [];
  readonly #consumer: Consumer<Buffer, Buffer, Buffer, Buffer>;
  #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;

  constructor(bootstrap: string) {
    this.#consumer = new Consumer({
      groupId: `test-${process.pid}-${Math.random().toString(36).slice(2)}`,
      clientId: 'spanport-test',
      bootstrapBrokers: [bootstrap],
      sessionTimeout: 10_000,
      heartbeatInterval: 1000,
      retries: 100,
      retryDelay: 200,
    });
  }

  async start(topic: string): Promise<this> {
    this.#stream = await this.#consumer.consume({ topics: [topic], mode: 'earliest', autocommit: true });
    this.#stream.on('data', ({ key, partition, value }) =>
      this.records.push({ key: key?.toString() ?? '', partition, value }),
    );
    return this;
  }

  spans(): SpanData[] {
    return this.records.flatMap(({ value }) => [...readTraceProtobuf(value).records]);
  }

  async close(): Promise<void> {
    await this.#stream?.close();
    await this.#consumer.close(true);
  }
}
