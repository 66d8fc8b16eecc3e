import { beforeAll, describe, expect, it } from 'vitest';
import type { Interaction } from '../../../src/interaction/interaction.ts';
import { dialectOf } from '../../../src/semconv/dialects/index.ts';
import { interactionFrom, readSpan, toolExecutionFrom } from '../../../src/semconv/from-spans.ts';
import {
  captured,
  capturedNames,
  dialectNames,
  differencesOf,
  listedIn,
  pairsOf,
  spanlessScenarios,
  spansOf,
} from '../../dialects/captured.ts';
import { ownInteractions } from '../../dialects/own.ts';

let own: Readonly<Record<string, readonly Interaction[]>>;
beforeAll(async () => {
  own = await ownInteractions();
});

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
    const expected = spanlessScenarios[`${name} ${scenario}`] ?? own[scenario]?.length;
    expect(interactionsOf(name, scenario)).toHaveLength(expected ?? 0);
  });

  it('give the interaction that our own instrumentation gives, but for what the README lists', () => {
    const pairs = pairsOf(own, captured(name));
    expect(pairs.length).toBeGreaterThan(3);
    const { missing, different, more } = differencesOf(pairs);
    expect({ missing, different, more }).toEqual(listedIn(name));
  });
});

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
