import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Kafka } from '../../collector/kafka.mjs';
import type { Otelcol } from '../../collector/otelcol.mjs';
import { freePorts } from '../../collector/server.mjs';
import { readTraceProtobuf } from '../../src/otlp/read-protobuf.ts';
import { needsServers, Servers } from './support/servers.ts';
import { TopicReader } from './support/topic.ts';
import { type Call, callsOf, exportRequest, sendUntilAccepted, waitUntil } from './support/traffic.ts';

needsServers();
const servers = new Servers();
let kafka: Kafka;
let tier: Otelcol;
let agent: Otelcol;

let oversizedPort = 0;

const tierOptions = () => ({
  config: 'gateway-kafka',
  env: { KAFKA_BROKERS: kafka.bootstrap, OVERSIZED_METRICS_ADDRESS: `127.0.0.1:${oversizedPort}` },
});
const agentOptions = () => ({ config: 'agent', env: { GATEWAY_ENDPOINT: tier.otlpUrl } });

beforeAll(async () => {
  [oversizedPort = 0] = await freePorts(1);
  kafka = await servers.kafka();
  tier = await servers.collector(tierOptions());
  agent = await servers.collector(agentOptions());
});

async function reading<T>(use: (reader: TopicReader) => Promise<T>): Promise<T> {
  const reader = await new TopicReader(kafka.bootstrap).start('spanport.spans');
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}

const idsIn = (reader: TopicReader): string[] =>
  reader.spans().map(({ attributes }) => String(attributes['gen_ai.response.id']));

describe('agent, gateway tier and Kafka', () => {
  it('bring every span to the topic once, unchanged, in one record per trace that is keyed by its id', async () => {
    const calls = callsOf(20, 5, 'plain');
    await sendUntilAccepted(agent.otlpUrl, calls);
    await reading(async (reader) => {
      await waitUntil(() => new Set(idsIn(reader)).size === calls.length);
      expect(idsIn(reader).toSorted()).toEqual(calls.map(({ id }) => id).toSorted());
      for (const { key, value } of reader.records) {
        const traces = readTraceProtobuf(value).records.map(({ traceId }) => traceId);
        expect(new Set(traces)).toEqual(new Set([key]));
      }
      expect(new Set(reader.records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
      const first = reader.spans().find(({ attributes }) => attributes['gen_ai.response.id'] === 'plain0-t0');
      expect(first).toMatchObject({
        name: 'chat gpt-4o-mini',
        resource: { 'service.name': 'traffic' },
        attributes: {
          'gen_ai.conversation.id': 'plain0',
          'gen_ai.usage.input_tokens': 11,
          'gen_ai.output.messages':
            '[{"role":"assistant","parts":[{"type":"text","content":"answer 0"}],"finish_reason":"stop"}]',
        },
      });
    });
  });

  it('lose nothing when the tier, the agent and the broker are killed in turn while calls arrive', async () => {
    const calls = callsOf(300, 5, 'killed');
    const sending = sendUntilAccepted(agent.otlpUrl, calls, { batch: 15, pauseMillis: 50 });
    await sleep(500);
    tier = await servers.restart(tier, tierOptions());
    await sleep(500);
    await kafka.server.kill();
    await sleep(1000);
    tier = await servers.restart(tier, tierOptions());
    agent = await servers.restart(agent, agentOptions());
    await sleep(500);
    kafka = await servers.broker();
    await sending;
    await reading(async (reader) => {
      const wanted = new Set(calls.map(({ id }) => id));
      const seen = () => new Set(idsIn(reader).filter((id) => wanted.has(id)));
      await waitUntil(() => seen().size === wanted.size);
      const arrived = seen();
      expect([...wanted].filter((id) => !arrived.has(id))).toEqual([]);
    });
  });

  it('replace an oversized message by a marker, count it, and let the spans around it pass', async () => {
    const calls: Call[] = callsOf(3, 1, 'large').map((call, index) =>
      index === 1 ? { ...call, attributes: { 'gen_ai.input.messages': 'x'.repeat(3 * 1024 * 1024) } } : call,
    );
    await sendUntilAccepted(agent.otlpUrl, calls);
    await reading(async (reader) => {
      const large = () =>
        reader.spans().filter(({ attributes }) => /^large/.test(String(attributes['gen_ai.response.id'])));
      await waitUntil(() => large().length === 3);
      const cut = large().find(({ attributes }) => attributes['gen_ai.response.id'] === 'large1-t0');
      expect(cut?.attributes['spanport.oversized.bytes']).toBe(3 * 1024 * 1024);
      expect(JSON.parse(String(cut?.attributes['gen_ai.input.messages']))).toEqual([
        { role: 'user', parts: [{ type: 'text', content: '[cut: 3145728 bytes]' }] },
      ]);
      expect(large().filter(({ attributes }) => 'spanport.oversized.bytes' in attributes)).toHaveLength(1);
      const metrics = await fetch(`http://127.0.0.1:${oversizedPort}/metrics`).then((response) => response.text());
      expect(metrics).toMatch(/^spanport_spans_oversized_total\{[^}]*\} 1$/m);
    });
  });

  it('let spans without messages pass, and spans whose messages are not texts', async () => {
    const calls: Call[] = callsOf(3, 1, 'odd').map((call, index) => ({
      ...call,
      attributes: { 'gen_ai.input.messages': [undefined, 7, 'text'][index], 'gen_ai.output.messages': undefined },
    }));
    await sendUntilAccepted(agent.otlpUrl, calls);
    await reading(async (reader) => {
      const odd = () => idsIn(reader).filter((id) => id.startsWith('odd'));
      await waitUntil(() => odd().length === 3);
      expect(odd().toSorted()).toEqual(calls.map(({ id }) => id));
    });
  });

  it('refuse with 503 when the queue on disk is full, and deliver what it holds later', async () => {
    const [closedPort = 0, otlpPort = 0] = await freePorts(2);
    const options = { config: 'agent', otlpPort };
    const env = { STORAGE_DIRECTORY: join(servers.directory, 'full-agent'), QUEUE_BYTES: '1100000' };
    const full = await servers.collector({
      ...options,
      env: { ...env, GATEWAY_ENDPOINT: `http://127.0.0.1:${closedPort}` },
    });
    const calls = callsOf(50, 100, 'full');
    const accepted: Call[] = [];
    let status = 200;
    for (let at = 0; at < calls.length && status === 200; at += 50) {
      const batch = calls.slice(at, at + 50);
      const response = await fetch(`${full.otlpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: exportRequest(batch),
      });
      status = response.status;
      if (status === 200) accepted.push(...batch);
    }
    expect(status).toBe(503);
    expect(accepted.length).toBeGreaterThan(0);
    await servers.restart(full, { ...options, env: { ...env, GATEWAY_ENDPOINT: tier.otlpUrl } });
    await reading(async (reader) => {
      const missing = () => {
        const seen = new Set(idsIn(reader));
        return accepted.filter(({ id }) => !seen.has(id));
      };
      await waitUntil(() => missing().length === 0);
      expect(missing()).toEqual([]);
    });
  });
});
