import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanStatusCode } from '@opentelemetry/api';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Handle, instrumentOpenAI, start, withContext } from '../../src/index.ts';
import { readTraceProtobuf } from '../../src/otlp/read-protobuf.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

/** Half of a pair, as a text that was cut at the wrong place ends. */
const HALF = '\uD83D';

let fake: FakeOpenAI;
let backend: Sink;
let handle: Handle | undefined;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  backend = await startSink();
});
afterEach(async () => {
  await handle?.shutdown();
  handle = undefined;
  delete process.env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  await Promise.all([fake.close(), backend.close()]);
});

/** A span of the application, a call, and a failed one, each with half pairs wherever a text goes. */
async function work({ tracerProvider }: Handle): Promise<void> {
  const span = tracerProvider?.getTracer(`app${HALF}`).startSpan(`work${HALF}`, {
    attributes: { [`key${HALF}`]: `value${HALF}`, list: [HALF], 'gen_ai.operation.name': 'other' },
  });
  span?.addEvent(`event${HALF}`, { [HALF]: HALF });
  span?.setStatus({ code: SpanStatusCode.ERROR, message: `bad${HALF}` });
  span?.end();
  const openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL, maxRetries: 0 }));
  const messages = [{ role: 'user' as const, content: `Hi ${HALF}` }];
  const fields = {
    conversationId: `c${HALF}`,
    user: { id: `u${HALF}` },
    tags: [HALF],
    attributes: { [HALF]: HALF },
    promptVariables: { [HALF]: HALF },
    context: { [HALF]: HALF },
  };
  await withContext(fields, async () => {
    await openai.chat.completions.create({ model: `m${HALF}`, messages });
    fake.reply({ text: 'x', end: { status: 'failed', code: 'bad', message: `no ${HALF}` } });
    await openai.responses.create({ model: 'm', input: `Hi ${HALF}` });
  });
}

/** Every text in a value that has half a pair, those inside of JSON in texts included. */
function halvesIn(value: unknown, path = ''): string[] {
  if (typeof value === 'string')
    return value.isWellFormed() ? (/^[[{"]/.test(value) ? halvesIn(parsed(value), `${path} >`) : []) : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...halvesIn(key, `${path} key`),
    ...halvesIn(item, `${path}/${key}`),
  ]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

it.each([
  ['OTLP in JSON', 'http/json', {}],
  ['OTLP in protobuf', 'http/protobuf', {}],
  ['OTLP by the official exporter', 'http/json', { exporter: 'official' }],
])('half a surrogate pair leaves the process nowhere: %s', async (_, protocol, options) => {
  process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] = protocol;
  handle = start({
    destinations: [{ name: 'otlp', url: `${backend.url}/v1/traces`, content: 'full', ...options } as never],
  });
  await work(handle);
  await handle.forceFlush();
  const bodies = backend.received.map(({ body, bytes }) =>
    protocol === 'http/json' ? parsed(body) : readTraceProtobuf(bytes),
  );
  expect(JSON.stringify(bodies)).toContain('work\uFFFD');
  expect(bodies.flatMap((body) => halvesIn(body))).toEqual([]);
});

it('half a surrogate pair leaves the process nowhere: file', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'spanport-')), 'spans.jsonl');
  handle = start({ destinations: [{ name: `file:${path}`, content: 'full' } as never] });
  await work(handle);
  await handle.forceFlush();
  const lines = readFileSync(path, 'utf8').trim().split('\n').map(parsed);
  expect(lines.length).toBe(3);
  expect(lines.flatMap((line) => halvesIn(line))).toEqual([]);
});

it.each([
  ['athina', () => ({ apiKey: 'k', baseUrl: backend.url })],
  ['reconify', () => ({ apiKey: 'k', appKey: 'a', tracker: `${backend.url}/track`, sendFailures: true })],
  ['inkeep', () => ({ apiKey: 'k', url: backend.url })],
  ['requesty', () => ({ apiKey: 'k', url: `${backend.url}/insight` })],
])('half a surrogate pair leaves the process nowhere: %s', async (name, options) => {
  handle = start({ destinations: [{ name, ...options() } as never] });
  await work(handle);
  await handle.forceFlush();
  const bodies = backend.received.map(({ body }) => parsed(body));
  expect(bodies.length).toBeGreaterThan(0);
  expect(bodies.flatMap((body) => halvesIn(body))).toEqual([]);
});
