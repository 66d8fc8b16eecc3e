import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findKafka, type Kafka } from '../../../collector/kafka.mjs';
import { allow, type Certificate, makeCertificate, secureKafka } from '../../support/secure-kafka.ts';
import {
  eventually,
  needsKafka,
  numbers,
  recordsIn,
  type Sender,
  Servers,
  type Topics,
  type Vendor,
} from './support.ts';

needsKafka();
const servers = new Servers();
const PASSWORD = 'password-of-the-worker';
let kafka: Kafka;
let sender: Sender;
let certificate: Certificate;
let stranger: Certificate;

beforeAll(async () => {
  if (!findKafka()) return;
  const folder = join(servers.directory, 'secrets');
  certificate = makeCertificate(folder, 'broker');
  stranger = makeCertificate(folder, 'stranger');
  kafka = await servers.broker(secureKafka(certificate, { worker: PASSWORD }));
  sender = await servers.sender(kafka);
});

/** The rights that docs/worker.md lists. */
function rightsOf({ spans, interactions, dead }: Topics) {
  return {
    topics: {
      [spans]: ['READ', 'DESCRIBE', 'DESCRIBE_CONFIGS'],
      [interactions]: ['READ', 'WRITE', 'DESCRIBE', 'DESCRIBE_CONFIGS'],
      [dead]: ['WRITE', 'DESCRIBE', 'DESCRIBE_CONFIGS'],
    },
    // The group is named after the topic in these tests.
    groups: [`${spans}-`],
  } as const;
}

const withSasl = (): Kafka => ({ ...kafka, bootstrap: kafka.saslBootstrap ?? '' });
const withTls = (): Kafka => ({ ...kafka, bootstrap: kafka.tlsBootstrap ?? '' });

const ca = (file = certificate.certificateFile) => ({ SPANPORT_KAFKA_CA: file });
const login = (mechanism: string, password = PASSWORD) => ({
  SPANPORT_KAFKA_SASL_MECHANISM: mechanism,
  SPANPORT_KAFKA_USERNAME: 'worker',
  SPANPORT_KAFKA_PASSWORD: password,
});

const athina = (vendor: Vendor, connection: Readonly<Record<string, string>>) => ({
  args: ['--to', 'athina'],
  env: { ATHINA_API_KEY: 'key', ATHINA_BASE_URL: vendor.url, ...connection },
});

describe('a worker and a Kafka with TLS and SASL', () => {
  it.each(['SCRAM-SHA-512', 'PLAIN'])('work with %s and the rights that are documented, alone', async (mechanism) => {
    const topics = await servers.topics(kafka, mechanism.toLowerCase());
    await allow(kafka.bootstrap, 'worker', rightsOf(topics));
    const vendor = await servers.vendor();
    const worker = await servers.worker(withSasl(), topics, athina(vendor, { ...ca(), ...login(mechanism) }));
    await sender.calls(topics.spans, 0, 50);
    await sender.raw(topics.spans, 'poison', 'this is not OTLP');
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 50)));
    expect((await recordsIn(kafka, topics.dead, 1))[0]?.value).toBe('this is not OTLP');
    await eventually(async () => {
      const { stages } = await worker.status();
      expect(stages.map(({ lag }) => lag)).toEqual([0, 0]);
    });
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toContain('spanport_worker_retention_used_ratio{stage="athina"}');
    expect(await worker.stop()).toBe(0);
    expect(worker.output().stderr).not.toMatch(/authori[sz]|SASL|TLS/i);
  });

  it('work with a client certificate', async () => {
    const topics = await servers.topics(kafka, 'certificate');
    await allow(kafka.bootstrap, 'CN=broker', rightsOf(topics));
    const vendor = await servers.vendor();
    const own = { SPANPORT_KAFKA_CERT: certificate.certificateFile, SPANPORT_KAFKA_KEY: certificate.keyFile };
    const worker = await servers.worker(withTls(), topics, athina(vendor, { ...ca(), ...own }));
    await sender.calls(topics.spans, 0, 50);
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 50)));
    await worker.kill();
  });

  it.each([
    ['a wrong password', () => ({ ...ca(), ...login('SCRAM-SHA-512', 'wrong') }), /SASL|[Aa]uthenticat/],
    [
      'a certificate of an unknown authority',
      () => ({ ...ca(stranger.certificateFile), ...login('PLAIN') }),
      /self-signed/,
    ],
  ])('end the start with one sentence: %s', async (_, connection, reason) => {
    const topics = await servers.topics(kafka, 'refused');
    const vendor = await servers.vendor();
    const started = servers.worker(withSasl(), topics, athina(vendor, connection()));
    await expect(started).rejects.toThrow(
      /^The worker ended with 1: .*Kafka can't be reached at 127\.0\.0\.1:\d+: .+/s,
    );
    await expect(started).rejects.toThrow(reason);
  });

  it('deliver calls while a dead letter can not be written, which is written when its right is given', async () => {
    const topics = await servers.topics(kafka, 'letters');
    const { dead } = topics;
    const all = rightsOf(topics);
    const readOnly = { ...all.topics, [dead]: ['DESCRIBE', 'DESCRIBE_CONFIGS'] } as const;
    await allow(kafka.bootstrap, 'worker', { topics: readOnly, groups: all.groups });
    const vendor = await servers.vendor();
    const worker = await servers.worker(withSasl(), topics, athina(vendor, { ...ca(), ...login('PLAIN') }));
    await sender.raw(topics.spans, 'poison', 'this is not OTLP');
    await eventually(() => expect(worker.output().stderr).toContain(`${dead} can't be written yet: `));
    await sender.calls(topics.spans, 0, 20);
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 20)));
    await allow(kafka.bootstrap, 'worker', rightsOf(topics));
    expect((await recordsIn(kafka, dead, 1))[0]?.value).toBe('this is not OTLP');
    await worker.kill();
  });

  it('end in order while the group can not be joined', async () => {
    const topics = await servers.topics(kafka, 'group');
    const { topics: all } = rightsOf(topics);
    await allow(kafka.bootstrap, 'worker', { topics: all, groups: ['another-group'] });
    const vendor = await servers.vendor();
    const options = athina(vendor, { ...ca(), ...login('PLAIN') });
    const worker = servers.launched(withSasl(), topics, options);
    await eventually(() => expect(worker.output().stderr).toContain("can't be joined yet: "));
    expect(await worker.stop()).toBe(0);
    expect(worker.output().stdout).toContain('"event":"stopped"');
  });

  it('report a missing right, and go on when it is given', async () => {
    const topics = await servers.topics(kafka, 'rights');
    const { interactions } = topics;
    const all = rightsOf(topics);
    const readOnly = { ...all.topics, [interactions]: ['READ', 'DESCRIBE', 'DESCRIBE_CONFIGS'] } as const;
    await allow(kafka.bootstrap, 'worker', { topics: readOnly, groups: all.groups });
    const vendor = await servers.vendor();
    const worker = await servers.worker(withSasl(), topics, athina(vendor, { ...ca(), ...login('PLAIN') }));
    await sender.calls(topics.spans, 0, 20);
    await eventually(() => expect(worker.output().stderr).toContain(`${interactions} can't be written yet: `));
    await eventually(async () => expect((await worker.status()).stages[0]?.lag).toBe(20));
    await allow(kafka.bootstrap, 'worker', rightsOf(topics));
    await eventually(() => expect(vendor.texts).toEqual(numbers(0, 20)));
    await worker.kill();
  });
});
