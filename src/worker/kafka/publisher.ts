import type { Producer } from '@platformatic/kafka';
import { clientOptions, messageOf, pause } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import type { KafkaLibrary } from './library.ts';

/**
 * Brokers limit the batch of a partition, which one request may be as a whole. Their default limit is 1,048,588 bytes.
 */
const MAX_BATCH_BYTES = 900_000;
const MAX_BATCH_RECORDS = 2_000;
/** Bytes of a record that are not its key, value or headers, at most. */
const RECORD_OVERHEAD = 128;
const ALL_IN_SYNC_REPLICAS = -1;

export interface OutgoingRecord {
  readonly topic: string;
  /** Chosen by the key where there is one. A record without key and partition could change its partition when it is sent again. */
  readonly partition?: number;
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** What to write instead when the topic refuses the record for its size; undefined when nothing is left to cut. */
  readonly shortened?: () => OutgoingRecord | undefined;
}

interface Waiting {
  record: OutgoingRecord;
  readonly bytes: number;
  readonly acknowledged: () => void;
}

export interface PublisherOptions {
  readonly library: KafkaLibrary;
  readonly connection: KafkaConnection;
  readonly report: (message: string) => void;
}

/**
 * Writes records, each until all in-sync replicas have it. One request is under way at a time, and a failed one is sent
 * again as it was: a broker that has it already recognises it by its sequence numbers. Order never changes. A record may
 * be in the log twice where the producer had to start anew, or where one of several brokers had its part of the request.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #producer: Producer;
  #waiting: Waiting[] = [];
  #flushes: (() => void)[] = [];
  #isSending = false;
  #hasEnded = false;
  #failures = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#producer = this.#open();
  }

  /** Failed requests so far. */
  get failures(): number {
    return this.#failures;
  }

  /** @param acknowledged called once the record is in the log, never for a record that is not */
  publish(record: OutgoingRecord, acknowledged: () => void): void {
    this.#waiting.push({ record, bytes: bytesOf(record), acknowledged });
    if (!this.#isSending) void this.#send();
  }

  /** Resolves when everything published so far is acknowledged; later records are not waited for. */
  flushed(): Promise<void> {
    if (!this.#isSending) return Promise.resolve();
    return new Promise((resolve) => {
      const last = this.#waiting.pop();
      if (!last) {
        this.#flushes.push(resolve);
        return;
      }
      const { record, bytes, acknowledged } = last;
      const andResolve = (): void => {
        acknowledged();
        resolve();
      };
      this.#waiting.push({ record, bytes, acknowledged: andResolve });
    });
  }

  /** Ends without waiting for what is not acknowledged. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#producer.close().catch(() => undefined);
  }

  #open(): Producer {
    const producer = new this.#options.library.Producer({
      ...clientOptions(this.#options.connection),
      idempotent: true,
      // With fewer, the library would always retry at the first leader of the partition, even if that broker never returns.
      retries: 2,
      acks: ALL_IN_SYNC_REPLICAS,
    });
    producer.on('error', () => undefined);
    return producer;
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    // Records that come in the same turn of the event loop share a request.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    while (this.#waiting.length > 0 && !this.#hasEnded) {
      const batch = this.#nextBatch();
      if (!(await this.#sendUntilDone(batch))) break;
      for (const { acknowledged } of batch) acknowledged();
      for (const resolve of this.#flushes.splice(0)) resolve();
    }
    this.#isSending = false;
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const each of this.#waiting) {
      if (count > 0 && (bytes + each.bytes > MAX_BATCH_BYTES || count >= MAX_BATCH_RECORDS)) break;
      bytes += each.bytes;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** @returns false when the publisher ended first */
  async #sendUntilDone(batch: readonly Waiting[]): Promise<boolean> {
    let messages = batch.map(({ record }) => messageFrom(record));
    for (let attempt = 1; !this.#hasEnded; attempt += 1) {
      try {
        await this.#producer.send({ messages });
        return true;
      } catch (error) {
        if (this.#hasEnded) return false;
        this.#failures += 1;
        if (has(error, tooLarge)) {
          // Parts of the request may have been written: under other sequence numbers than those of what follows.
          await this.#reopen();
          if (batch.length > 1) return this.#sendOneByOne(batch);
          if (shorten(batch)) {
            messages = batch.map(({ record }) => messageFrom(record));
            continue;
          }
        }
        this.#options.report(`Kafka topic ${messages[0]?.topic} can't be written yet: ${messageOf(error)}`);
        await pause(Math.min(250 * attempt, 5_000));
        if (has(error, lost)) await this.#reopen();
        else this.#producer.clearMetadata();
      }
    }
    return false;
  }

  /** Finds the record that is too large, and the limit of its topic may be smaller than a batch. */
  async #sendOneByOne(batch: readonly Waiting[]): Promise<boolean> {
    for (const each of batch) {
      if (!(await this.#sendUntilDone([each]))) return false;
    }
    return true;
  }

  /** The broker no longer knows the producer, so it starts as a new one. What it had written may be written twice. */
  async #reopen(): Promise<void> {
    const old = this.#producer;
    this.#producer = this.#open();
    await old.close().catch(() => undefined);
  }
}

const lost = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'];
const tooLarge = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

/** Whether an error, or one of those that it consists of, is one that the broker answered by this name. */
function has(error: unknown, names: readonly string[]): boolean {
  const { findBy } = error as { readonly findBy?: (property: string, value: unknown) => unknown };
  return findBy !== undefined && names.some((id) => Boolean(findBy.call(error, 'apiId', id)));
}

/** @returns whether each record could be shortened */
function shorten(batch: readonly Waiting[]): boolean {
  for (const each of batch) {
    const shorter = each.record.shortened?.();
    if (!shorter) return false;
    each.record = shorter;
  }
  return true;
}

function messageFrom({ topic, partition, key, value, headers }: OutgoingRecord) {
  return {
    topic,
    ...(partition !== undefined && { partition }),
    ...(key !== null && { key: typeof key === 'string' ? Buffer.from(key) : key }),
    ...(value !== null && { value }),
    timestamp: BigInt(Date.now()),
    ...(headers && { headers: headersFrom(headers) }),
  };
}

type Headers = NonNullable<OutgoingRecord['headers']>;

/** Most records share one object of headers. */
const encodedHeaders = new WeakMap<Headers, Map<Buffer, Buffer>>();

function headersFrom(headers: Headers): Map<Buffer, Buffer> {
  const known = encodedHeaders.get(headers);
  if (known) return known;
  const encoded = new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]));
  encodedHeaders.set(headers, encoded);
  return encoded;
}

function bytesOf({ key, value, headers = {} }: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.byteLength ?? 0);
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0);
  return bytes;
}
