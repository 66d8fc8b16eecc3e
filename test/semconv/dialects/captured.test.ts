import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Interaction } from '../../../src/interaction/interaction.ts';
import { dialectOf } from '../../../src/semconv/dialects/index.ts';
import { interactionFrom, readSpan, toolExecutionFrom } from '../../../src/semconv/from-spans.ts';
import { captured, capturedNames, type Differences, differencesOf, spansOf } from '../../dialects/captured.ts';
import { ownInteractions } from '../../dialects/own.ts';

let own: Readonly<Record<string, readonly Interaction[]>>;
beforeAll(async () => {
  own = await ownInteractions();
});

/** Which dialect reads each sender. Its README says what the sender's spans lack. */
const dialectNames: Readonly<Record<string, string>> = {
  'ai-sdk-5': 'ai-sdk',
  'ai-sdk-6': 'ai-sdk',
  'ai-sdk-7': 'ai-sdk',
  'ai-sdk-7-legacy': 'ai-sdk',
  langfuse: 'langfuse',
  logfire: 'genai',
  openinference: 'openinference',
  'openinference-langchain': 'openinference',
  'otel-contrib': 'genai',
  'python-genai-openai': 'genai',
  'python-logfire': 'logfire',
  'python-logfire-1': 'logfire',
  'python-openai-v2': 'genai',
  'python-openinference': 'openinference',
  'python-traceloop': 'openllmetry',
  traceloop: 'openllmetry',
  'traceloop-0.14': 'openllmetry',
};

/** Scenarios of which a sender makes no span, or two. */
const counts: Readonly<Record<string, number>> = {
  'openinference error': 0,
  'traceloop error': 0,
  'traceloop-0.14 error': 0,
  'traceloop-0.14 responses': 0,
  'python-openai-v2 responses': 0,
  'ai-sdk-7 embeddings': 2,
};

function interactionsOf(name: string, scenario: string): readonly Interaction[] {
  const found = captured(name).scenarios[scenario];
  return found ? spansOf(found).flatMap((span) => interactionFrom(span) ?? []) : [];
}

describe.each(capturedNames)('spans of %s', (name) => {
  const scenarios = Object.keys(captured(name).scenarios).filter((scenario) => scenario !== 'object');

  it('are read by one dialect', () => {
    const spans = Object.values(captured(name).scenarios).flatMap(spansOf);
    const readers = new Set(spans.flatMap((span) => dialectOf(span)?.name ?? []));
    expect([...readers]).toEqual([dialectNames[name]]);
  });

  it.each(scenarios)('make an interaction of each call of %s', (scenario) => {
    const expected = counts[`${name} ${scenario}`] ?? own[scenario]?.length;
    expect(interactionsOf(name, scenario)).toHaveLength(expected ?? 0);
  });

  it('give the interaction that our own instrumentation gives, but for what the README lists', () => {
    const pairs = scenarios.flatMap((scenario) => {
      const theirs = interactionsOf(name, scenario);
      return (own[scenario] ?? []).flatMap((ours, index) => {
        const other = theirs[index];
        return other ? [[ours, other] as const] : [];
      });
    });
    expect(pairs.length).toBeGreaterThan(3);
    const { missing, different, more } = differencesOf(pairs);
    expect({ missing, different, more }).toEqual(listedIn(dialectNames[name] ?? '', name));
  });
});

/** The sender's row in the dialect's README: missing, different, more. */
function listedIn(dialect: string, sender: string): Differences {
  const path = new URL(`../../../src/semconv/dialects/${dialect}/README.md`, import.meta.url);
  const row = readFileSync(path, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| \`${sender}\` |`));
  const [missing = '', different = '', more = ''] = (row ?? '').split('|').slice(2);
  const fields = (cell: string): ReadonlySet<string> =>
    new Set([...cell.matchAll(/`([^`]+)`/g)].map(([, field]) => field ?? ''));
  return { missing: fields(missing), different: fields(different), more: fields(more) };
}

describe('a tool call', () => {
  it.each([
    ['ai-sdk-5', 'call_weather'],
    ['ai-sdk-6', 'call_weather'],
    ['ai-sdk-7', 'call_weather'],
    ['ai-sdk-7-legacy', 'call_weather'],
    ['openinference-langchain', undefined],
  ])('of %s is a tool execution', (name, id) => {
    const spans = spansOf(captured(name).scenarios['tools'] ?? { spans: [] });
    const tools = spans.flatMap((span) => toolExecutionFrom(span) ?? []);
    expect(tools).toHaveLength(1);
    expect(tools[0]).toMatchObject({ name: 'get_weather', type: 'function', ...(id && { id }) });
    if (id) expect(tools[0]).toMatchObject({ arguments: { city: 'Lisbon' }, result: { sky: 'clear' } });
  });
});

describe('the application’s own fields', () => {
  it.each(['ai-sdk-5', 'ai-sdk-6', 'ai-sdk-7-legacy'])('are read from metadata and runtime context of %s', (name) => {
    const [interaction] = interactionsOf(name, 'chat');
    expect(interaction).toMatchObject({ user: { id: 'ada' }, sessionId: 'session-1', custom: { plan: 'gold' } });
  });

  it('are read from the span around a call of AI SDK 7', () => {
    const spans = spansOf(captured('ai-sdk-7').scenarios['chat'] ?? { spans: [] });
    const outer = spans.map((span) => readSpan(span)).filter((reading) => reading?.role === 'outer');
    for (const reading of outer) {
      expect(reading?.facts).toMatchObject({ user: { id: 'ada' }, sessionId: 'session-1', custom: { plan: 'gold' } });
    }
    expect(outer).toHaveLength(2);
  });
});
