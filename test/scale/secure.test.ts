import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTopics } from '../../collector/kafka.mjs';
import type { Otelcol } from '../../collector/otelcol.mjs';
import { allow, type Certificate, makeCertificate, secureKafka } from '../support/secure-kafka.ts';
import { OtlpBackend } from './support/otlp-backend.ts';
import { needsServers, Servers } from './support/servers.ts';
import { callsOf, exportRequest, sendUntilAccepted, waitUntil } from './support/traffic.ts';

needsServers();
const servers = new Servers();
const TOKEN = 'token-of-the-agents';
let vendors: OtlpBackend;
let tier: Otelcol;
let file: (name: string) => string;
let certificate: Certificate;

beforeAll(async () => {
  const folder = join(servers.directory, 'secrets');
  file = (name) => join(folder, name);
  certificate = makeCertificate(folder, 'tier');
  writeFileSync(file('tokens'), `token-that-is-retired # until all agents have the new one\n${TOKEN}\n`);
  writeFileSync(file('agent-token'), `${TOKEN}\n`);
  vendors = await OtlpBackend.start();
  servers.atEnd(() => vendors.close());
  tier = await servers.collector({
    config: 'gateway',
    overlays: ['secure-receiver'],
    env: {
      SPANPORT_ENDPOINT: vendors.url,
      BACKEND_ENDPOINT: vendors.url,
      SAMPLE_OF_65536: '0',
      TLS_CERTIFICATE: certificate.certificateFile,
      TLS_KEY: certificate.keyFile,
      TOKENS_FILE: file('tokens'),
    },
  });
});

function statusOf(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const post = request(`https://127.0.0.1:${tier.otlpPort}/v1/traces`, {
      method: 'POST',
      ca: readFileSync(certificate.certificateFile),
      headers: { 'content-type': 'application/json', ...headers },
    });
    post.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    post.on('error', reject);
    post.end(exportRequest(callsOf(1, 1, 'stranger')));
  });
}

describe('a gateway tier with TLS and tokens', () => {
  it('accepts an agent that has a token and checks the certificate', async () => {
    const agent = await servers.collector({
      config: 'agent',
      overlays: ['secure-agent'],
      env: {
        GATEWAY_ENDPOINT: `https://127.0.0.1:${tier.otlpPort}`,
        TLS_CA: certificate.certificateFile,
        TOKENS_FILE: file('agent-token'),
      },
    });
    const calls = callsOf(20, 2, 'secure');
    await sendUntilAccepted(agent.otlpUrl, calls);
    await waitUntil(() => vendors.spans.length >= calls.length);
    expect(vendors.ids().toSorted()).toEqual(calls.map(({ id }) => id).toSorted());
  });

  it('refuses a sender without a token, with another token, and without TLS', async () => {
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ authorization: `Bearer ${TOKEN}x` })).toBe(401);
    const plain = await fetch(`http://127.0.0.1:${tier.otlpPort}/v1/traces`, { method: 'POST' });
    expect(plain.status).toBe(400);
    expect(await statusOf({ authorization: 'Bearer token-that-is-retired' })).toBe(200);
    await waitUntil(() => vendors.ids().includes('stranger0-t0'));
    expect(vendors.ids().filter((id) => id.startsWith('stranger'))).toHaveLength(1);
  });

  it('makes an agent with a wrong token drop what it holds, and count it: the documented limit', async () => {
    writeFileSync(file('wrong-token'), 'not-the-token\n');
    const agent = await servers.collector({
      config: 'agent',
      overlays: ['secure-agent'],
      env: {
        GATEWAY_ENDPOINT: `https://127.0.0.1:${tier.otlpPort}`,
        STORAGE_DIRECTORY: join(servers.directory, 'wrong-agent'),
        TLS_CA: certificate.certificateFile,
        TOKENS_FILE: file('wrong-token'),
      },
    });
    await sendUntilAccepted(agent.otlpUrl, callsOf(3, 1, 'dropped'));
    const dropped = async () =>
      (await fetch(agent.metricsUrl).then((response) => response.text())).match(
        /^otelcol_exporter_send_failed_spans(?:_total)?\{.*\} (\d+)/m,
      )?.[1];
    await waitUntil(async () => (await dropped()) === '3');
    expect(await dropped()).toBe('3');
  });
});

describe('Collectors and a Kafka with TLS and SASL', () => {
  it('write and read spans with the rights that their overlays name', async () => {
    const users = { tier: 'password-of-the-tier', view: 'password-of-the-view' };
    const kafka = await servers.broker(secureKafka(certificate, users));
    await createTopics({ bootstrap: kafka.bootstrap, partitions: 4, replication: 1 });
    await allow(kafka.bootstrap, 'tier', { topics: { 'spanport.spans': ['WRITE', 'DESCRIBE'] } });
    await allow(kafka.bootstrap, 'view', {
      topics: { 'spanport.spans': ['READ', 'DESCRIBE'] },
      groups: ['spanport-view-'],
    });
    const connection = (user: keyof typeof users) => ({
      KAFKA_BROKERS: kafka.saslBootstrap ?? '',
      KAFKA_CA: certificate.certificateFile,
      KAFKA_USERNAME: user,
      KAFKA_PASSWORD: users[user],
    });
    const page = await OtlpBackend.start();
    servers.atEnd(() => page.close());
    const writer = await servers.collector({
      config: 'gateway-kafka',
      overlays: ['secure-kafka-writer'],
      env: connection('tier'),
    });
    await servers.collector({
      config: 'kafka-view',
      overlays: ['secure-kafka-reader'],
      env: { ...connection('view'), PAGE_ENDPOINT: page.url, BACKEND_ENDPOINT: page.url, SAMPLE_OF_65536: '0' },
    });
    const calls = callsOf(20, 2, 'kafka');
    await sendUntilAccepted(writer.otlpUrl, calls);
    await waitUntil(() => new Set(page.ids()).size >= calls.length);
    expect(new Set(page.ids())).toEqual(new Set(calls.map(({ id }) => id)));
  });
});
