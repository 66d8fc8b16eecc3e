import { createHash } from 'node:crypto';
import { Producer } from '@platformatic/kafka';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Jaeger, startJaeger } from '../../collector/jaeger.mjs';
import type { Kafka } from '../../collector/kafka.mjs';
import type { Otelcol } from '../../collector/otelcol.mjs';
import { findTraces } from '../e2e/jaeger-api.ts';
import { FullGateway, type RunningGateway, startSpanportGateway } from './support/gateway.ts';
import { needsServers, Servers } from './support/servers.ts';
import { callsOf, interactionId, sendUntilAccepted, waitUntil } from './support/traffic.ts';

needsServers();
const servers = new Servers();
let kafka: Kafka;
let tier: Otelcol;
let view: Otelcol;
let gateway: RunningGateway;
let full: FullGateway;
let jaeger: Jaeger;

const viewOptions = () => ({
  config: 'kafka-view',
  env: {
    KAFKA_BROKERS: kafka.bootstrap,
    BACKEND_ENDPOINT: jaeger.otlpUrl,
    PAGE_ENDPOINT: full.url,
    DECISION_WAIT: '1s',
    SAMPLE_OF_65536: '32768',
  },
});

beforeAll(async () => {
  kafka = await servers.kafka();
  jaeger = await startJaeger();
  servers.atEnd(() => jaeger.close());
  gateway = await startSpanportGateway(servers.directory);
  servers.atEnd(() => gateway.server.kill());
  const proxy = await FullGateway.before(gateway.url, 2);
  servers.atEnd(() => proxy.close());
  full = proxy;
  tier = await servers.collector({ config: 'gateway-kafka', env: { KAFKA_BROKERS: kafka.bootstrap } });
  view = await servers.collector(viewOptions());
});

const isSampled = (conversation: string): boolean =>
  Number.parseInt(createHash('sha256').update(conversation).digest('hex').slice(0, 4), 16) < 32_768;

const calls = callsOf(60, 3, 'seen');
const ids = calls.map(interactionId).toSorted();
const wanted = new Set(calls.map(({ conversation }) => conversation).filter(isSampled));

async function turnsOf(conversation: string): Promise<number> {
  return (await findTraces(jaeger, 'traffic', { 'gen_ai.conversation.id': conversation })).length;
}

/** Until the sample is in Jaeger: what a kill finds of it in the Collector's memory is lost, as documented. */
function sampled(): Promise<boolean> {
  return waitUntil(async () => (await Promise.all([...wanted].map(turnsOf))).every((turns) => turns === 3));
}

describe('the view of what is in Kafka', () => {
  it('waits in Kafka while the gateway is full, as long as Retry-After says, also over a kill', async () => {
    await sendUntilAccepted(tier.otlpUrl, calls);
    await waitUntil(() => full.refused > 0);
    expect(await gateway.interactionIds()).toEqual([]);
    await sampled();
    view = await servers.restart(view, viewOptions());
    const before = full.refused;
    await waitUntil(() => full.refused > before);
    full.isFull = false;
    await waitUntil(async () => new Set(await gateway.interactionIds()).size === ids.length);
    expect((await gateway.interactionIds()).toSorted()).toEqual(ids);
    expect(full.waits.length).toBeGreaterThan(0);
    expect(Math.min(...full.waits)).toBeGreaterThanOrEqual(1500);
  });

  it('shows whole conversations of the sample in Jaeger, and no others', async () => {
    expect(wanted.size).toBeGreaterThan(15);
    await sampled();
    for (const conversation of new Set(calls.map((call) => call.conversation)))
      expect(await turnsOf(conversation), conversation).toBe(wanted.has(conversation) ? 3 : 0);
  });

  it('skips a record that is not OTLP, and goes on behind it', async () => {
    const producer = new Producer({ clientId: 'poison', bootstrapBrokers: [kafka.bootstrap] });
    await producer.send({
      messages: Array.from({ length: 8 }, (_, partition) => ({
        topic: 'spanport.spans',
        partition: partition % 4,
        value: Buffer.from('this is not protobuf'),
      })),
    });
    await producer.close();
    const behind = callsOf(40, 1, 'behind');
    await sendUntilAccepted(tier.otlpUrl, behind);
    const all = [...ids, ...behind.map(interactionId)];
    await waitUntil(async () => new Set(await gateway.interactionIds()).size === all.length);
    expect((await gateway.interactionIds()).toSorted()).toEqual(all.toSorted());
  });
});
