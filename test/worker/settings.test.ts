import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConnection } from '../../src/worker/kafka/connection.ts';
import { resolveWorker } from '../../src/worker/settings.ts';
import { type StageStatus, stateOf } from '../../src/worker/status.ts';

const brokers = { SPANPORT_KAFKA_BROKERS: 'a:9092, b:9092' };

describe('the settings of a worker', () => {
  it('come from the environment, and options win', () => {
    expect(resolveWorker({}, brokers)).toEqual({
      connection: { brokers: ['a:9092', 'b:9092'] },
      assembles: true,
      delivers: true,
      group: 'spanport',
      topics: { spans: 'spanport.spans', interactions: 'spanport.interactions', deadLetters: 'spanport.dead-letters' },
      host: '127.0.0.1',
      port: 9464,
      orderWindowMillis: 1_000,
      concurrency: 64,
    });
    const set = { ...brokers, SPANPORT_KAFKA_GROUP: 'team', SPANPORT_KAFKA_SPANS_TOPIC: 'otlp_spans' };
    expect(resolveWorker({ brokers: '[::1]:9092', stage: 'deliver', group: 'own', port: '0' }, set)).toMatchObject({
      connection: { brokers: ['[::1]:9092'] },
      assembles: false,
      delivers: true,
      group: 'own',
      topics: { spans: 'otlp_spans' },
      port: 0,
    });
  });

  it.each([
    [{}, {}, 'No Kafka broker is set: use --brokers host:9092, or set SPANPORT_KAFKA_BROKERS.'],
    [{ brokers: 'kafka' }, {}, "'kafka' in the list of Kafka brokers is not host:port. Write it like kafka-1:9092."],
    [{ stage: 'deliver ' }, brokers, undefined],
    [{ stage: 'delivr' }, brokers, "--stage is 'delivr'. Did you mean 'deliver'? Use all, assemble or deliver."],
    [{ port: 'x' }, brokers, "--port is 'x'. Use a whole number of at least 0."],
    [{ concurrency: '0' }, brokers, "--concurrency is '0'. Use a whole number of at least 1."],
    [
      {},
      { ...brokers, SPANPORT_KAFKA_GROUP: 'a b' },
      "SPANPORT_KAFKA_GROUP is 'a b'. Use letters, digits, '.', '_' and '-' only, such as spanport.",
    ],
  ])('are refused with one sentence: %j %j', (options, environment, message) => {
    if (message === undefined) expect(() => resolveWorker(options, environment)).not.toThrow();
    else expect(() => resolveWorker(options, environment)).toThrow(message);
  });

  it('take TLS and SASL', () => {
    const ca = join(mkdtempSync(join(tmpdir(), 'spanport-')), 'ca.pem');
    writeFileSync(ca, 'PEM');
    const environment = {
      ...brokers,
      SPANPORT_KAFKA_CA: ca,
      SPANPORT_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      SPANPORT_KAFKA_USERNAME: 'u',
      SPANPORT_KAFKA_PASSWORD: 'p',
    };
    expect(resolveConnection(undefined, environment)).toEqual({
      brokers: ['a:9092', 'b:9092'],
      tls: { ca: Buffer.from('PEM') },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' },
    });
    expect(resolveConnection(undefined, { ...brokers, SPANPORT_KAFKA_TLS: 'true' })).toMatchObject({ tls: {} });
  });

  it.each([
    [{ SPANPORT_KAFKA_TLS: 'yes' }, "SPANPORT_KAFKA_TLS is 'yes'"],
    [{ SPANPORT_KAFKA_CA: '/nowhere' }, "SPANPORT_KAFKA_CA is '/nowhere', which can't be read (ENOENT)"],
    [{ SPANPORT_KAFKA_PASSWORD: 'p' }, 'credentials are set without SPANPORT_KAFKA_SASL_MECHANISM'],
    [{ SPANPORT_KAFKA_SASL_MECHANISM: 'PLAIN' }, 'set SPANPORT_KAFKA_USERNAME and SPANPORT_KAFKA_PASSWORD'],
    [{ SPANPORT_KAFKA_SASL_MECHANISM: 'OAUTHBEARER' }, 'set SPANPORT_KAFKA_TOKEN'],
  ])('refuse credentials that are not complete: %j', (set, message) => {
    expect(() => resolveConnection('a:9092', set)).toThrow(message);
  });
});

describe('the state of a worker', () => {
  const stage: StageStatus = {
    name: 'athina',
    group: 'g',
    topic: 't',
    isHealthy: true,
    partitions: [],
    lag: 0,
    oldestAgeMillis: 3 * 3_600_000,
    retentionUsed: 0.4,
    counts: {},
    dropped: {},
  };

  it('warns when half of the retention is used up', () => {
    expect(stateOf([stage])).toEqual({ state: 'ok', problems: [] });
    expect(stateOf([stage, { ...stage, retentionUsed: 0.6 }])).toEqual({
      state: 'warning',
      problems: [
        'athina: the oldest record of t waits for 3 h, 60 % of its retention. Add workers, repair the destination, or keep the topic longer.',
      ],
    });
  });

  it("is failing when Kafka doesn't answer", () => {
    expect(stateOf([{ ...stage, isHealthy: false }])).toEqual({
      state: 'failing',
      problems: ["athina: Kafka doesn't answer group g."],
    });
  });
});
