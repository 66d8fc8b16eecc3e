import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ContentMode } from '../../src/exporter/content-policy.ts';
import type { DestinationSetting, OtlpDestination } from '../../src/index.ts';
import { instrumentOpenAI, type StartOptions, start, traceTool, withContext } from '../../src/index.ts';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let athina: Sink;
let backend: Sink;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  athina = await startSink();
  backend = await startSink();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([fake.close(), athina.close(), backend.close()]);
});

/** A chat about something planted, and a tool that is given something planted and gives back more of it. */
async function converse(options: StartOptions): Promise<void> {
  const handle = start(options);
  const openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
  fake.reply('planted answer');
  await withContext({ promptVariables: { topic: 'planted variable' }, expectedResponse: 'planted truth' }, () =>
    openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: 'planted instruction' },
        { role: 'user', content: 'planted question' },
      ],
    }),
  );
  traceTool('hours', (day: { readonly day: string }) => ({ open: `planted result of ${day.day}` }))({
    day: 'planted day',
  });
  await handle.forceFlush();
  await handle.shutdown();
}

const toBackend = (encoding: 'json' | 'protobuf', content?: ContentMode): DestinationSetting => ({
  name: 'otlp',
  url: `${backend.url}/v1/traces`,
  encoding,
  ...(content && { content }),
});
const toAthina = (): DestinationSetting => ({ name: 'athina', apiKey: 'k', baseUrl: athina.url });
const bodiesOf = ({ received }: typeof backend): string => received.map(({ body }) => body).join('\n');
const spansOf = (): SpanData[] => backend.received.flatMap(({ body }) => spansFromOtlpJson(body));

describe.each(['json', 'protobuf'] as const)('what OTLP in %s gets', (encoding) => {
  it('is no content unless somebody asks, while a vendor gets all of it', async () => {
    await converse({ destinations: [toAthina(), toBackend(encoding)] });
    expect(bodiesOf(athina)).toContain('planted question');
    expect(bodiesOf(athina)).toContain('planted answer');
    expect(bodiesOf(backend)).toContain('chat gpt-4o-mini');
    expect(bodiesOf(backend)).toContain('execute_tool hours');
    expect(bodiesOf(backend)).not.toContain('planted');
  });

  it.each<readonly [string, StartOptions & { env?: Record<string, string> }]>([
    ['its own option', { content: 'full' }],
    ['SPANPORT_CONTENT', { env: { SPANPORT_CONTENT: 'otlp=full' } }],
    ['the capture variable', { env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'SPAN_ONLY' } }],
  ])('is all of it by %s', async (_, { env = {}, ...options }) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    await converse({ destinations: [toBackend(encoding)], ...options });
    for (const text of ['instruction', 'question', 'answer', 'day', 'result', 'variable', 'truth'])
      expect(bodiesOf(backend)).toContain(`planted ${text}`);
  });

  it('is the structure alone when it is redacted', async () => {
    await converse({ destinations: [toBackend(encoding, 'redacted')] });
    expect(bodiesOf(backend)).not.toContain('planted');
    expect(bodiesOf(backend)).toContain('[redacted]');
    expect(bodiesOf(backend)).toContain('gen_ai.input.messages');
    expect(bodiesOf(backend)).toContain('gen_ai.tool.call.arguments');
  });

  it('is nothing where SPANPORT_CONTENT says none over the capture variable', async () => {
    vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'true');
    vi.stubEnv('SPANPORT_CONTENT', 'otlp=none,athina=redacted');
    await converse({ destinations: [toAthina(), toBackend(encoding)] });
    expect(bodiesOf(backend)).not.toContain('planted');
    expect(bodiesOf(athina)).toContain('[redacted]');
    expect(bodiesOf(athina)).not.toContain('planted');
  });

  it('is masked, wherever content came from', async () => {
    vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'true');
    const mask = (text: string): string => text.replaceAll('planted', '***');
    await converse({ destinations: [toAthina(), toBackend(encoding)], mask });
    expect(bodiesOf(backend)).toContain('*** question');
    expect(bodiesOf(backend)).toContain('*** result');
    expect(bodiesOf(athina)).toContain('*** question');
    expect(bodiesOf(backend) + bodiesOf(athina)).not.toContain('planted');
  });

  it('is what a mask leaves of it that throws: nothing', async () => {
    const mask = (): string => {
      throw new Error('no');
    };
    await converse({ destinations: [toAthina(), toBackend(encoding, 'full')], mask });
    expect(bodiesOf(backend)).toContain('chat gpt-4o-mini');
    expect(bodiesOf(backend) + bodiesOf(athina)).not.toContain('planted');
  });
});

describe('a preset', () => {
  const preset = (name: OtlpDestination['name']): DestinationSetting => ({
    name,
    url: backend.url,
    headers: {},
    encoding: 'json',
    compression: 'none',
  });

  it.each(['phoenix', 'traceloop', 'weave'] as const)(
    'translates no content for %s that it may not have',
    async (name) => {
      await converse({ destinations: [toAthina(), preset(name)] });
      expect(bodiesOf(backend)).toContain('chat gpt-4o-mini');
      expect(bodiesOf(backend)).not.toContain('planted');
    },
  );
});

it('survives a tool that gives back a circle, bytes, a bigint', async () => {
  const handle = start({ destinations: [toAthina(), toBackend('json', 'full')] });
  const circle: Record<string, unknown> = { text: 'round' };
  circle['self'] = circle;
  traceTool('circle', () => circle)();
  traceTool('bytes', () => new Uint8Array(5_000_000))();
  traceTool('big', () => ({ count: 12n }))();
  await handle.forceFlush();
  await handle.shutdown();
  const results = Object.fromEntries(
    spansOf().map(({ attributes }) => [attributes['gen_ai.tool.name'], attributes['gen_ai.tool.call.result']]),
  );
  expect(results).toEqual({
    circle: '{"text":"round","self":"[circular]"}',
    bytes: '"[5000000 bytes]"',
    big: '{"count":"12"}',
  });
});
