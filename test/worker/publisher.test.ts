import { afterEach, describe, expect, it, vi } from 'vitest';
import { DeadLetters } from '../../src/worker/dead-letters.ts';
import { type KafkaLibrary, loadKafka } from '../../src/worker/kafka/library.ts';
import { Publisher } from '../../src/worker/kafka/publisher.ts';
import { record } from './support.ts';

interface Sent {
  readonly topic: string;
  readonly partition?: number;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers?: ReadonlyMap<Buffer, Buffer>;
}

const publishers: Publisher[] = [];
afterEach(async () => {
  for (const publisher of publishers.splice(0)) await publisher.end();
});

/** A publisher whose topic takes messages of up to `maxBytes` in total, and fails as often as the test says. */
function publisher({ maxBytes = Number.POSITIVE_INFINITY, failures = 0 }) {
  const requests: (readonly Sent[])[] = [];
  let left = failures;
  class Producer {
    on(): void {}
    clearMetadata(): void {}
    close(): Promise<void> {
      return Promise.resolve();
    }
    send({ messages }: { readonly messages: readonly Sent[] }): Promise<void> {
      requests.push(messages);
      if (left > 0) {
        left -= 1;
        return Promise.reject(new Error('The connection ended.'));
      }
      const bytes = messages.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0);
      const findBy = (_: string, id: unknown): boolean => id === 'MESSAGE_TOO_LARGE';
      return bytes > maxBytes ? Promise.reject(Object.assign(new Error('too large'), { findBy })) : Promise.resolve();
    }
  }
  const reports: string[] = [];
  const subject = new Publisher({
    library: { Producer } as unknown as KafkaLibrary,
    connection: { brokers: ['127.0.0.1:1'] },
    report: (message) => void reports.push(message),
  });
  publishers.push(subject);
  return { subject, requests, reports };
}

const headersOf = ({ headers = new Map() }: Sent): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)]));

describe('the publisher', () => {
  it('says that brokers do not answer, and tries again: the library alone would try for ever', async () => {
    const reports: string[] = [];
    const subject = new Publisher({
      library: loadKafka(),
      connection: { brokers: ['127.0.0.1:1'] },
      report: (message) => void reports.push(message),
    });
    publishers.push(subject);
    subject.publish({ topic: 'dead', key: null, value: Buffer.from('x') }, () => undefined);
    await vi.waitFor(() => expect(subject.failures).toBeGreaterThan(0), { timeout: 60_000, interval: 20 });
    expect(reports[0]).toMatch(/^Kafka topic dead can't be written yet: /);
  });

  it('sends a dead letter without a key again to the same partition', async () => {
    const { subject, requests } = publisher({ failures: 1 });
    const settle = vi.fn();
    const unkeyed = Object.assign(record(8, 'x'), { key: null, partition: 3 });
    new DeadLetters(subject, 'dead').add(unkeyed, { stage: 's', reason: 'r', topic: 't' }, settle);
    await vi.waitFor(() => expect(settle).toHaveBeenCalledOnce(), 60_000);
    expect(requests.map(([message]) => message?.partition)).toEqual([3, 3]);
  });

  it('halves a dead letter until its topic takes it, says so in it, and counts it once', async () => {
    const { subject, requests, reports } = publisher({ maxBytes: 300 });
    const settle = vi.fn();
    const deadLetters = new DeadLetters(subject, 'dead');
    deadLetters.add(record(8, 'x'.repeat(1_001)), { stage: 's', reason: 'r', topic: 't' }, settle);
    await vi.waitFor(() => expect(settle).toHaveBeenCalledOnce(), 60_000);
    expect(requests.map(([message]) => message?.value?.byteLength)).toEqual([1_001, 500, 250]);
    expect(headersOf(requests.at(-1)?.[0] ?? { topic: '' })).toEqual({
      'spanport-cut-from': '1001',
      'spanport-reason': 'r',
      'spanport-stage': 's',
      'spanport-topic': 't',
      'spanport-partition': '0',
      'spanport-offset': '8',
    });
    expect(deadLetters.cut.get('s')).toBe(1);
    expect(reports).toEqual([]);
  });

  it('sends records one by one when they are too large together', async () => {
    const { subject, requests } = publisher({ maxBytes: 100 });
    const acknowledged: number[] = [];
    for (const number of [1, 2, 3]) {
      const value = Buffer.from(String(number).repeat(60));
      subject.publish({ topic: 'interactions', key: 'k', value }, () => void acknowledged.push(number));
    }
    await vi.waitFor(() => expect(acknowledged).toEqual([1, 2, 3]), 60_000);
    expect(requests.map((messages) => messages.map(({ value }) => String(value)[0]).join(''))).toEqual([
      '123',
      '1',
      '2',
      '3',
    ]);
  });
});
