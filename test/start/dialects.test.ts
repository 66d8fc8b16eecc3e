import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OtlpDestination } from '../../src/index.ts';
import { type Handle, instrumentOpenAI, start, traceTool, withContext } from '../../src/index.ts';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { type FakeOpenAI, type ModelReply, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let backend: Sink;
let handle: Handle;
let openai: OpenAI;

beforeEach(async () => {
  fake = await startFakeOpenAI({ assistants: [{ id: 'asst_1', name: 'Clerk', model: 'gpt-4o-mini' }] });
  backend = await startSink();
  openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await handle.shutdown();
  await Promise.all([fake.close(), backend.close()]);
});

function begin(name: OtlpDestination['name']): void {
  const url = `${backend.url}/v1/traces`;
  handle = start({
    destinations: [{ name, url, headers: {}, encoding: 'json', compression: 'none', content: 'full' }],
  });
}

async function spanOf(name: RegExp): Promise<SpanData | undefined> {
  await handle.forceFlush();
  const spans = backend.received.flatMap(({ body }) => spansFromOtlpJson(body));
  return spans.find((span) => name.test(span.name));
}

const attributesOf = async (name: RegExp): Promise<SpanData['attributes']> => (await spanOf(name))?.attributes ?? {};

interface Recorded {
  readonly api: 'chat' | 'embeddings';
  readonly request: Record<string, unknown>;
  readonly reply?: ModelReply;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What OpenInference's own instrumentation wrote of the same calls. */
const { cases } = JSON.parse(
  readFileSync(new URL('../fixtures/dialects/openinference.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Recorded[] };

describe.each(['phoenix', 'arize', 'weave'] as const)('%s', (preset) => {
  it.each(cases)('has the attributes that OpenInference sets for $api', async ({ api, request, reply, attributes }) => {
    begin(preset);
    if (reply) fake.reply(reply);
    if (api === 'chat') await openai.chat.completions.create(request as never);
    else await openai.embeddings.create(request as never);
    const actual = await attributesOf(/^(chat|embeddings) /);
    const { 'llm.invocation_parameters': parameters, ...others } = attributes;
    expect(actual).toMatchObject(others);
    // The tools stand beside it.
    const { tools: _, ...asked } = JSON.parse(String(parameters ?? 'null')) ?? {};
    if (parameters) expect(JSON.parse(String(actual['llm.invocation_parameters']))).toEqual(asked);
  });
});

describe('phoenix', () => {
  it('shows a conversation, its agent and its tools, under the project', async () => {
    vi.stubEnv('PHOENIX_PROJECT_NAME', 'shop');
    begin('phoenix');
    fake.reply('Closed.');
    await withContext({ conversationId: 'visit 1', user: { id: 'u-1' } }, async () => {
      await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Open?' }] });
      traceTool('hours', ({ day }: { readonly day: string }) => ({ [day]: 'closed' }))({ day: 'sun' });
    });
    fake.reply('Closed, I said.');
    await openai.beta.assistants.retrieve('asst_1');
    const thread = { messages: [{ role: 'user' as const, content: 'Open?' }] };
    await openai.beta.threads.createAndRunStream({ assistant_id: 'asst_1', thread }).finalRun();
    expect((await spanOf(/^chat/))?.resource).toMatchObject({ 'openinference.project.name': 'shop' });
    expect(await attributesOf(/^chat/)).toMatchObject({
      'session.id': 'visit 1',
      'user.id': 'u-1',
      'output.value': 'Closed.',
      'output.mime_type': 'text/plain',
    });
    expect(await attributesOf(/^execute_tool hours/)).toMatchObject({
      'openinference.span.kind': 'TOOL',
      'tool.name': 'hours',
      'input.value': '{"day":"sun"}',
      'output.value': '{"sun":"closed"}',
    });
    expect(await attributesOf(/^invoke_agent/)).toMatchObject({
      'openinference.span.kind': 'AGENT',
      'agent.name': 'Clerk',
      'session.id': expect.stringMatching(/^thread_/),
      'output.value': 'Closed, I said.',
    });
  });
});

it('traceloop numbers the messages in attribute names', async () => {
  begin('traceloop');
  const [asked] = cases;
  if (asked?.reply) fake.reply(asked.reply);
  await openai.chat.completions.create(asked?.request as never);
  traceTool('hours', () => 'closed')();
  expect(await attributesOf(/^execute_tool/)).toMatchObject({
    'traceloop.span.kind': 'tool',
    'traceloop.entity.name': 'hours',
  });
  expect(await attributesOf(/^chat/)).toMatchObject({
    'gen_ai.system': 'openai',
    'llm.request.type': 'chat',
    'gen_ai.prompt.0.role': 'system',
    'gen_ai.prompt.0.content': 'You run the desk.',
    'gen_ai.prompt.1.content': expect.stringContaining('https://example.org/a.png'),
    'gen_ai.completion.0.role': 'assistant',
    'gen_ai.completion.0.finish_reason': expect.stringMatching(/^tool_call/),
    'gen_ai.completion.0.tool_calls.1.name': 'hours',
    'gen_ai.completion.0.tool_calls.1.arguments': '{"day":"mon"}',
    'gen_ai.usage.prompt_tokens': 40,
    'llm.usage.total_tokens': 49,
  });
});
