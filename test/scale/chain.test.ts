import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Jaeger, startJaeger } from '../../collector/jaeger.mjs';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { findTraces } from '../e2e/jaeger-api.ts';
import { wholeBody } from '../support/whole-body.ts';
import { Fleet } from './drill/fleet.mjs';
import { Follower } from './drill/follower.mjs';
import { type RunningGateway, startSpanportGateway } from './support/gateway.ts';
import { needsServers, Servers } from './support/servers.ts';
import { TopicReader } from './support/topic.ts';
import { waitUntil } from './support/traffic.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Long enough for most of what the faults delay. */
const ORDER_WINDOW_MILLIS = 20_000;
/** A worker takes a broker for silent after 2 s: the answer that it has may be that old, and the next one that late. */
const WINDOW_TOLERANCE_MILLIS = 4_000;

needsServers();
const servers = new Servers();
let fleet: Fleet;
let jaeger: Jaeger;
let page: RunningGateway;

interface Report {
  readonly calls: readonly { readonly id: string; readonly conversation: string; readonly turn: number }[];
  readonly run: string;
}

/** A vendor that refuses every seventh request for the moment, and stalls until a time. */
class Vendor {
  readonly bodies: Record<string, unknown>[] = [];
  stalledUntil = 0;
  #requests = 0;
  url = '';

  async start(): Promise<this> {
    const server = createServer(async (request, response) => {
      const body = await wholeBody(request);
      if (!body) return;
      await sleep(Math.max(0, this.stalledUntil - Date.now()));
      this.#requests += 1;
      const isRefused = this.#requests % 7 === 0;
      if (!isRefused) this.bodies.push(JSON.parse(body.toString()));
      response.writeHead(isRefused ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    servers.atEnd(async () => {
      server.closeAllConnections();
      server.close();
    });
    return this;
  }

  /** What each accepted request says of the field, once per value. */
  values(read: (body: Record<string, unknown>) => unknown): string[] {
    return [...new Set(this.bodies.map((body) => String(read(body))))].toSorted();
  }
}

const athina = new Vendor();
const requesty = new Vendor();

beforeAll(async () => {
  await athina.start();
  await requesty.start();
  fleet = new Fleet({
    partitions: 4,
    destinations: ['athina', 'requesty'],
    vendorEnvironment: {
      ATHINA_API_KEY: 'key',
      ATHINA_BASE_URL: athina.url,
      REQUESTY_API_KEY: 'key',
      REQUESTY_INGESTION_URL: `${requesty.url}/insights`,
    },
    orderWindowMillis: ORDER_WINDOW_MILLIS,
    logs: process.env['SPANPORT_SCALE_LOGS'],
  });
  servers.atEnd(() => fleet.stop());
  await fleet.start({ workers: 2 });
  jaeger = await startJaeger();
  servers.atEnd(() => jaeger.close());
  page = await startSpanportGateway(servers.directory);
  servers.atEnd(() => page.server.kill());
  await servers.collector({
    config: 'kafka-view',
    env: {
      KAFKA_BROKERS: fleet.kafka.bootstrap,
      BACKEND_ENDPOINT: jaeger.otlpUrl,
      PAGE_ENDPOINT: page.url,
      DECISION_WAIT: '1s',
      SAMPLE_OF_65536: '65536',
    },
  });
});

/** Runs a program as the application, with a spool: what it can't send before its end waits for its next start. */
async function runApplication(...program: string[]): Promise<string> {
  const spool = join(servers.directory, 'spool');
  mkdirSync(spool, { recursive: true });
  const { stdout, stderr } = await run(process.execPath, ['--import', 'spanport/register', ...program], {
    cwd: repository,
    env: {
      ...cleanEnvironment(),
      OTEL_EXPORTER_OTLP_ENDPOINT: fleet.agentUrl,
      OTEL_SERVICE_NAME: 'conversations',
      SPANPORT_DESTINATIONS: 'otlp',
      SPANPORT_CONTENT: 'otlp=full',
      SPANPORT_SPOOL_DIR: spool,
      // What an application reports while the agent is away is not what is tested here.
      OTEL_LOG_LEVEL: 'none',
    },
  });
  expect(stderr).toBe('');
  return stdout;
}

function askedIn(text: string): { readonly turn: number; readonly conversation: string } | undefined {
  const [, turn, conversation = ''] = /question (\d) of (talk-\d)/.exec(text) ?? [];
  return turn === undefined ? undefined : { turn: Number(turn), conversation };
}

/** When the broker appended each turn to the topic that vendors are fed from, by conversation and turn. */
async function appendTimes(): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  const follower = new Follower({
    bootstrap: fleet.kafka.bootstrap,
    topic: 'spanport.interactions',
    partitions: 4,
    onRecord: ({ value, place }) => {
      const asked = askedIn(value.toString());
      if (!asked) return;
      const key = `${asked.conversation} ${asked.turn}`;
      if (!times.has(key)) times.set(key, place.at);
    },
  });
  await waitUntil(() => times.size >= 48);
  await follower.close();
  return times;
}

/** One fault for each turn of the application's conversations. */
async function faults(): Promise<void> {
  const [first = ''] = fleet.workers.keys();
  await sleep(3000);
  await fleet.killWorker(first);
  await fleet.addWorker();
  athina.stalledUntil = Date.now() + 8000;
  await fleet.tier.server.kill();
  await sleep(1500);
  await fleet.startTier();
  await fleet.addWorker();
  await fleet.kafka.server.kill();
  await sleep(1500);
  await fleet.startBroker();
  await fleet.agent.server.kill();
  await fleet.startAgent();
}

describe('an application, its agent, the tier, Kafka, workers, vendors, Jaeger and the page', () => {
  it('agree on every interaction by id, with each server killed once on the way', async () => {
    const [output] = await Promise.all([runApplication('test/scale/apps/conversations.mjs'), faults()]);
    const report = JSON.parse(output) as Report;
    const ids = report.calls.map(({ id }) => id).toSorted();
    expect(new Set(ids).size).toBe(48);

    // Every hop knows the same calls. Ids of interactions are made of trace and span id, which the topic has.
    const topic = await new TopicReader(fleet.kafka.bootstrap).start('spanport.spans');
    servers.atEnd(() => topic.close());
    const chats = () => topic.spans().filter(({ name }) => name.startsWith('chat '));
    const isInKafka = () => new Set(chats().map(({ spanId }) => spanId)).size >= ids.length;
    for (let starts = 0; starts < 5 && !isInKafka(); starts += 1) {
      await runApplication('--eval', 'setTimeout(() => {}, 10_000)');
      await waitUntil(isInKafka, 20_000);
    }
    const inKafka = new Map(
      chats().map(({ attributes, traceId, spanId }) => [
        String(attributes['gen_ai.response.id']),
        `${traceId}:${spanId}`,
      ]),
    );
    expect([...inKafka.keys()].toSorted()).toEqual(ids);
    const runs = () => topic.spans().filter(({ name }) => name.startsWith('invoke_agent'));
    await waitUntil(() => runs().length > 0);
    expect([...new Set(runs().map(({ attributes }) => attributes['spanport.run.id']))]).toEqual([report.run]);

    const recordIds = () => athina.values(({ external_reference_id }) => external_reference_id);
    await waitUntil(() => recordIds().length > ids.length);
    // Athina's reference is the id of the response, and that of the answering message for a run.
    expect(recordIds().filter((id) => id.startsWith('chatcmpl-'))).toEqual(ids);
    expect(recordIds().filter((id) => !id.startsWith('chatcmpl-'))).toEqual([expect.stringMatching(/^msg_/)]);

    const responseIds = () => requesty.values(({ response }) => (response as { id: unknown }).id);
    await waitUntil(() => ids.every((id) => responseIds().includes(id)));
    expect(responseIds().filter((id) => id.startsWith('chatcmpl-'))).toEqual(ids);

    const calls = [...inKafka.values()].toSorted();
    await waitUntil(async () => (await page.interactionIds()).length > ids.length);
    expect((await page.interactionIds()).filter((id) => !id.startsWith('run:')).toSorted()).toEqual(calls);

    const tracesOf = (id: string) => findTraces(jaeger, 'conversations', { 'gen_ai.response.id': id });
    for (const id of ids) {
      // The sample is decided a second after a trace, whatever the page has by then.
      await waitUntil(async () => (await tracesOf(id)).length > 0);
      expect(await tracesOf(id), id).toHaveLength(1);
    }
  });

  it('deliver the turns of each conversation in their order', async () => {
    const appended = await appendTimes();
    for (const vendor of [athina, requesty]) {
      const turns = new Map<string, number[]>();
      for (const body of vendor.bodies) {
        const asked = askedIn(JSON.stringify(body));
        if (!asked) continue;
        const { turn, conversation } = asked;
        // A copy may follow later; what counts is when each turn came first.
        const order = turns.get(conversation) ?? [];
        if (!order.includes(turn)) turns.set(conversation, [...order, turn]);
      }
      expect(turns.size).toBe(8);
      for (const [conversation, order] of turns) {
        expect(order.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
        const at = (turn: number) => appended.get(`${conversation} ${turn}`) ?? Number.NaN;
        // A turn that a fault kept from the topic for longer than the window is not waited for.
        const isAwaited = (turn: number, later: number) =>
          at(turn) - at(later) < ORDER_WINDOW_MILLIS - WINDOW_TOLERANCE_MILLIS;
        const wrong = order.flatMap((later, place) =>
          order
            .slice(place + 1)
            .filter((turn) => turn < later && isAwaited(turn, later))
            .map((turn) => `${conversation}: ${turn} after ${later}`),
        );
        expect(wrong).toEqual([]);
      }
    }
  });
});
