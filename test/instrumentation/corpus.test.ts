import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { instrumentOpenAI, OpenAIInstrumentation, start } from '../../src/index.ts';
import type { OutputMessage } from '../../src/interaction/message.ts';
import { type ChunkCut, type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { violationsIn } from '../support/conventions.ts';

/** What a cassette says of each answer, worked out apart from us. */
interface Derived {
  readonly id?: string;
  readonly model?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly choices?: readonly {
    readonly text?: string;
    readonly refusal?: string | null;
    readonly finish_reason?: string | null;
    readonly tool_calls?: readonly { readonly id?: string; readonly name?: string; readonly arguments?: string }[];
  }[];
  readonly status?: string;
  readonly text?: string;
  readonly items?: readonly { readonly type: string; readonly call_id?: string; readonly name?: string }[];
  readonly service_tier?: string;
  readonly system_fingerprint?: string;
  readonly dimensions?: number;
  readonly error?: { readonly code?: string | null; readonly type?: string };
}
interface Step {
  readonly request: { readonly method: string; readonly path: string; readonly body: Record<string, unknown> | null };
  readonly response: { readonly status: number; readonly body?: unknown };
  readonly derived: Derived;
}
interface Cassette {
  readonly name: string;
  readonly tags: readonly string[];
  readonly interactions: readonly Step[];
}

const corpus = process.env['SPANPORT_TEST_CORPUS'] ?? '';
const isInference = ({ request: { method, path } }: Step): boolean =>
  (method === 'POST' && /\/(chat\/completions|completions|responses|responses\/compact|embeddings)(\?|$)/.test(path)) ||
  (method === 'GET' && /\/responses\/[^/?]+(\?|$)/.test(path));
/** Answers of compatible servers that were once read wrongly are stored next to the others. */
const files = (corpus === '' ? [] : [corpus, join(dirname(corpus), 'field')])
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
  .filter((file) => file.endsWith('.json'));
const cassettes = files
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Cassette)
  .filter(({ interactions }) => interactions.some(isInference));
if (cassettes.length === 0)
  console.info('skipped: recorded exchanges (SPANPORT_TEST_CORPUS names no folder that has any)');

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));

/** Content is captured on spans by the variable of the conventions alone. */
const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
const doors: readonly { readonly door: string; readonly cuts: readonly ChunkCut[]; open(): () => void }[] = [
  {
    door: 'new OpenAIInstrumentation() alone',
    cuts: ['event', 'whole', 5],
    open() {
      const instrumentation = new OpenAIInstrumentation();
      return () => instrumentation.disable();
    },
  },
  {
    door: 'start()',
    cuts: ['whole'],
    open() {
      const handle = start({ destinations: [] });
      return () => void handle.shutdown();
    },
  },
];

const isAzure = ({ request: { path } }: Step): boolean => /^\/openai\/(?!v1\/)/.test(path);

/** The part of a path that belongs to the base URL, such as `/api/v1`. */
const baseOf = ({ request: { path } }: Step): string =>
  path.replace(/\/(chat\/completions|completions|responses|embeddings)(\/.*|\?.*)?$/, '');

/** The SDK's call for a recorded request; a stream is read to its end. */
async function replay(step: Step, openai: OpenAI, azure: AzureOpenAI): Promise<void> {
  const { method, path, body } = step.request;
  const client = isAzure(step) ? azure : openai;
  const bare = path.replace(/\?.*/, '');
  // A deployment is named in the path alone. Some recordings of failures have lost what was asked for.
  const deployment = /\/deployments\/([^/]+)\//.exec(bare)?.[1];
  const given = {
    ...(body?.['model'] === undefined && step.derived.error && { model: 'gpt-4o' }),
    ...body,
    ...(deployment !== undefined && { model: deployment }),
  } as never;
  const call = (): Promise<unknown> => {
    if (method === 'GET') return client.responses.retrieve(bare.split('/').at(-1) ?? '');
    if (bare.endsWith('/chat/completions')) return client.chat.completions.create(given);
    // The SDK would ask for base64 and decode what was recorded as numbers.
    if (bare.endsWith('/embeddings'))
      return client.embeddings.create({ encoding_format: 'float', ...(given as object) } as never);
    if (bare.endsWith('/compact')) return client.responses.compact(given);
    return bare.endsWith('/responses') ? client.responses.create(given) : client.completions.create(given);
  };
  try {
    const answer = await call();
    if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer)
      for await (const _ of answer as AsyncIterable<unknown>);
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
  }
}

/** The span of the call itself, without those of tools. */
const callSpans = (): ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.attributes['gen_ai.operation.name'] !== 'execute_tool');

const outputOf = (span: ReadableSpan): readonly OutputMessage[] =>
  JSON.parse(String(span.attributes['gen_ai.output.messages'] ?? '[]')) as OutputMessage[];
const textIn = (message: OutputMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.content : '')).join('');

/** Tokens of thoughts are output, also where a provider counts them in the total alone. */
function outputTokensIn(usage: Readonly<Record<string, unknown>>): unknown {
  const { prompt_tokens: input, total_tokens: total } = usage;
  const output = usage['completion_tokens'] ?? usage['output_tokens'];
  const areCounted =
    output === undefined ||
    total === undefined ||
    input === undefined ||
    Number(input) + Number(output) >= Number(total);
  return areCounted ? output : Number(total) - Number(input);
}

function expectFacts(span: ReadableSpan, { derived, request, response }: Step): void {
  const isFetch = request.method === 'GET';
  const { attributes } = span;
  const usage = (name: string): unknown => attributes[`${isFetch ? 'spanport' : 'gen_ai'}.usage.${name}`];
  // Some servers write empty texts for what they don't know.
  if (derived.id) expect(attributes['gen_ai.response.id']).toBe(derived.id);
  if (derived.model !== undefined) expect(attributes['gen_ai.response.model']).toBe(derived.model);
  if (derived.usage) {
    const details = (derived.usage['prompt_tokens_details'] ?? derived.usage['input_tokens_details'] ?? {}) as Record<
      string,
      number
    >;
    const spent = (derived.usage['completion_tokens_details'] ??
      derived.usage['output_tokens_details'] ??
      {}) as Record<string, number>;
    expect(usage('input_tokens')).toBe(derived.usage['prompt_tokens'] ?? derived.usage['input_tokens']);
    expect(usage('output_tokens')).toBe(outputTokensIn(derived.usage));
    if (details['cached_tokens'] !== undefined) expect(usage('cache_read.input_tokens')).toBe(details['cached_tokens']);
    if (spent['reasoning_tokens'] !== undefined)
      expect(usage('reasoning.output_tokens')).toBe(spent['reasoning_tokens']);
    if (derived.usage['cost'] !== undefined)
      expect(attributes).toMatchObject({
        'spanport.cost.total': derived.usage['cost'],
        'spanport.cost.origin': 'provider',
      });
  } else if (!JSON.stringify(response).includes('x_groq')) {
    expect(usage('input_tokens')).toBeUndefined();
  }
  if (derived.service_tier) expect(attributes['openai.response.service_tier']).toBe(derived.service_tier);
  if (derived.system_fingerprint)
    expect(attributes['openai.response.system_fingerprint']).toBe(derived.system_fingerprint);
  if (derived.dimensions !== undefined)
    expect(attributes['gen_ai.embeddings.dimension.count']).toBe(derived.dimensions);
  if (derived.error) expect(attributes['error.type']).toBeTruthy();

  const output = outputOf(span);
  derived.choices?.forEach((choice, index) => {
    const message = output[index];
    expect(textIn(message)).toBe(choice.text ?? '');
    if (choice.finish_reason)
      expect((attributes['gen_ai.response.finish_reasons'] as string[])[index]).toBe(choice.finish_reason);
    // The former function calls have no id, and the facts pass over them.
    const calls = (message?.parts ?? [])
      .filter((part) => part.type === 'tool_call')
      .filter(({ id }) => id !== undefined);
    expect(calls.map(({ id, name }) => ({ id, name }))).toEqual(
      (choice.tool_calls ?? []).map(({ id, name }) => ({ id, name })),
    );
  });
  if (derived.items && derived.status === 'completed') {
    expect(textIn(output[0])).toBe(derived.text ?? '');
    const asked = derived.items
      .filter(({ type }) => type === 'function_call')
      .map(({ call_id: id, name }) => ({ id, name }));
    const calls = (output[0]?.parts ?? []).filter((part) => part.type === 'tool_call');
    for (const call of asked) expect(calls.map(({ id, name }) => ({ id, name }))).toContainEqual(call);
  }
}

describe.runIf(cassettes.length > 0)('recorded exchanges', async () => {
  const fakes = new Map<ChunkCut, FakeOpenAI>();
  for (const chunks of ['event', 'whole', 5] as const) {
    if (cassettes.length > 0) fakes.set(chunks, await startFakeOpenAI({ recordings: files, chunks }));
  }
  const all: ReadableSpan[] = [];
  afterAll(async () => {
    for (const fake of fakes.values()) await fake.close();
  });

  const cases = doors.flatMap(({ door, cuts, open }) => cuts.map((cut) => ({ door, cut, open })));
  describe.each(cases)('through $door, cut by $cut', ({ cut, open }) => {
    let close = (): void => {};
    beforeAll(() => {
      vi.stubEnv(CAPTURE, 'SPAN_ONLY');
      close = open();
    });
    afterAll(() => {
      close();
      vi.unstubAllEnvs();
    });

    it.each(cassettes)('$name', async ({ name, interactions }) => {
      const fake = fakes.get(cut) as FakeOpenAI;
      const { endpoint } = fake.recorded(name);
      const azure = new AzureOpenAI({ apiKey: 'test', endpoint, apiVersion: '2024-02-01', maxRetries: 0 });
      for (const step of interactions.filter(isInference)) {
        const baseURL = endpoint + baseOf(step);
        const openai = instrumentOpenAI(new OpenAI({ apiKey: 'test', baseURL, maxRetries: 0 }));
        exporter.reset();
        await replay(step, openai, azure);
        const [span, ...more] = callSpans();
        expect(more).toEqual([]);
        expectFacts(span as ReadableSpan, step);
        all.push(...exporter.getFinishedSpans());
      }
    });
  });

  it('break no rule of the conventions', async () => {
    expect(await violationsIn(all)).toEqual([]);
  });
});
