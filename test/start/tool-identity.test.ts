import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Handle, instrumentOpenAI, start, traceTool, withContext } from '../../src/index.ts';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { converse, type Interface, idSchemes, interfaces, repeatingModel } from '../support/repeating-model.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

/** What the application says of a conversation around its calls. */
type Around = 'nothing' | 'a conversation' | 'a user' | 'a span' | 'a span for all';
const arounds: readonly Around[] = ['nothing', 'a conversation', 'a user', 'a span', 'a span for all'];

interface Person {
  /** Stands in everything that only this person may see. */
  readonly tag: string;
  readonly api: Interface;
  readonly texts: readonly string[];
  readonly isTraced: boolean;
}

let file: string;
let inkeep: Sink;
let handle: Handle;

beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'spanport-')), 'spans.jsonl');
  inkeep = await startSink();
  handle = start({
    destinations: [
      { name: `file:${file}`, content: 'full' } as never,
      { name: 'inkeep', apiKey: 'k', url: inkeep.url } as never,
    ],
  });
});
afterAll(async () => {
  await handle.shutdown();
  await inkeep.close();
});
beforeEach(async () => {
  await handle.forceFlush();
  writeFileSync(file, '');
  inkeep.received.length = 0;
});

async function spans(): Promise<readonly SpanData[]> {
  await handle.forceFlush();
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => spansFromOtlpJson(line));
}

function wrapped(person: Person, around: Around): <T>(fn: () => Promise<T>) => Promise<T> {
  const { tag } = person;
  const mark = { attributes: { tag } };
  const tracer = handle.tracerProvider?.getTracer('app');
  const span = around === 'a span' ? tracer?.startSpan(`request ${tag}`) : undefined;
  return (fn) => {
    const within = () =>
      withContext(
        {
          ...mark,
          ...(around === 'a conversation' && { conversationId: `c-${tag}` }),
          ...(around === 'a user' && { user: { id: `u-${tag}` } }),
        },
        fn,
      );
    return span ? context.with(trace.setSpan(context.active(), span), within) : within();
  };
}

/** Runs conversations at once, in the order of the schedule: each number is the person whose next request it is. */
async function run(
  people: readonly Person[],
  schedule: readonly number[],
  around: Around,
  baseURL: string,
): Promise<void> {
  const client = instrumentOpenAI(new OpenAI({ apiKey: 'unused', baseURL, maxRetries: 0 }));
  const talks = people.map((person) => {
    const result = `result ${person.tag}`;
    const tool = person.isTraced ? traceTool('get_weather', (_: { city: string }) => result) : undefined;
    const talk = converse(client, { ...person, result, ...(tool && { tool }) });
    return { talk, within: wrapped(person, around) };
  });
  const all = async (): Promise<void> => {
    for (const index of [...schedule, ...people.flatMap((_, each) => Array<number>(12).fill(each))]) {
      const each = talks[index % people.length];
      await each?.within(() => each.talk.next());
    }
  };
  const span = around === 'a span for all' ? handle.tracerProvider?.getTracer('app').startSpan('batch') : undefined;
  if (!span) return all();
  await context.with(trace.setSpan(context.active(), span), all);
  span.end();
}

function tagsIn(value: unknown): readonly string[] {
  return [...new Set(JSON.stringify(value).match(/TAG-\d/g) ?? [])];
}

/** Each group of spans that belongs together, by what they show. */
function crossings(all: readonly SpanData[], around: Around): readonly unknown[] {
  const byId = new Map(all.map((span) => [span.spanId, span]));
  const groups: SpanData[][] = all.map((span) => {
    const linked = (span.links ?? []).flatMap((link) => byId.get(link.spanId) ?? []);
    const parent = byId.get(span.parentSpanId ?? '');
    return [span, ...linked, ...(parent ? [parent] : [])];
  });
  if (around !== 'a span for all') {
    const byTrace = new Map<string, SpanData[]>();
    for (const span of all) byTrace.set(span.traceId, [...(byTrace.get(span.traceId) ?? []), span]);
    groups.push(...byTrace.values());
  }
  return groups
    .filter((group) => tagsIn(group).length > 1)
    .map((group) => group.map(({ name, attributes }) => ({ name, attributes })));
}

function sentToInkeep(): readonly unknown[] {
  return inkeep.received.map(({ body }) => JSON.parse(body) as unknown);
}

const tools = async () => (await spans()).filter(({ name }) => name === 'execute_tool get_weather');

describe.each(Object.entries(idSchemes))('a server whose ids repeat: %s', (_, idOf) => {
  describe.each(interfaces)('%s', (api) => {
    let responses = 0;
    const model = () => repeatingModel(idOf, () => `resp_${responses++}`);
    const people = (texts: (tag: string) => readonly string[], isTraced = false): Person[] =>
      ['TAG-1', 'TAG-2'].map((tag) => ({ tag, api, texts: texts(tag), isTraced }));

    it.each(arounds)('gives each user the result of the own tool, with %s around', async (around) => {
      const { baseURL } = await model();
      const both = people((tag) => [`${tag}: Paris?`, `${tag}: and Rome?`]);
      await run(both, [0, 1, 0, 1, 1, 0], around, baseURL);
      const all = await spans();
      expect(crossings(all, around)).toEqual([]);
      const results = (await tools()).map(({ attributes }) => attributes['gen_ai.tool.call.result']);
      expect(results.sort()).toEqual(['"result TAG-1"', '"result TAG-1"', '"result TAG-2"', '"result TAG-2"']);
      for (const body of sentToInkeep()) expect(tagsIn(body)).toHaveLength(1);
    });

    it('links nothing where two users have the same history and nothing tells them apart', async () => {
      const { baseURL } = await model();
      await run(
        people(() => ['Paris?']),
        [0, 1, 0, 1],
        'nothing',
        baseURL,
      );
      expect(crossings(await spans(), 'nothing')).toEqual([]);
      // Where the server keeps the history, its id is what tells them apart.
      expect(await tools()).toHaveLength(api === 'responses by id' ? 2 : 0);
    });

    it('tells equal histories apart by the users that the application names', async () => {
      const { baseURL } = await model();
      await run(
        people(() => ['Paris?']),
        [0, 1, 1, 0],
        'a user',
        baseURL,
      );
      expect(crossings(await spans(), 'a user')).toEqual([]);
      expect(await tools()).toHaveLength(2);
    });

    it.each([false, true])('keeps equal parallel calls apart; traced: %s', async (isTraced) => {
      const { baseURL } = await model();
      await run(
        people((tag) => [`${tag}: Paris, Paris?`], isTraced),
        [0, 1, 0, 1],
        'a span',
        baseURL,
      );
      expect(crossings(await spans(), 'a span')).toEqual([]);
      const ids = (await tools()).map(({ attributes }) => attributes['gen_ai.tool.call.id']);
      expect(ids.sort()).toEqual([idOf(0), idOf(0), idOf(1), idOf(1)]);
    });
  });
});

describe('a server whose ids repeat', () => {
  const weather = { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };
  const open = async () => {
    const { baseURL } = await repeatingModel(idSchemes.call_0);
    return instrumentOpenAI(new OpenAI({ apiKey: 'unused', baseURL, maxRetries: 0 }));
  };

  it('gives each of two runners the calls of its own conversation', async () => {
    const client = await open();
    const ask = (tag: string): Promise<unknown> => {
      const tool = async (_: { city: string }) => `result ${tag}`;
      const definition = {
        ...weather,
        description: 'Weather',
        function: tool,
        parse: JSON.parse as (text: string) => { city: string },
      };
      return client.chat.completions
        .runTools({
          model: 'm',
          messages: [{ role: 'user', content: `${tag}: Paris?` }],
          tools: [{ type: 'function', function: definition }],
        })
        .done();
    };
    await Promise.all([ask('TAG-1'), ask('TAG-2')]);
    const all = await spans();
    expect(crossings(all, 'nothing')).toEqual([]);
    const run = all.filter(({ name }) => name === 'execute_tool get_weather');
    expect(run.map(({ attributes }) => attributes['gen_ai.tool.call.id'])).toEqual(['call_0', 'call_0']);
    expect(run.filter(({ attributes }) => 'spanport.inferred' in attributes)).toEqual([]);
  });

  /** One round, whose history the application rewrites before it sends the result. */
  const rewritten = async (client: OpenAI, tag: string): Promise<void> => {
    const user = { role: 'user' as const, content: `${tag}: Paris?` };
    const tools = [{ type: 'function' as const, function: weather }];
    const at = (time: string) => ({ role: 'system' as const, content: `It is ${time}.` });
    const asked = await client.chat.completions.create({ model: 'm', messages: [at('noon'), user], tools });
    const message = asked.choices[0]?.message as OpenAI.ChatCompletionMessage;
    const answer = { role: 'tool' as const, tool_call_id: 'call_0', content: `result ${tag}` };
    await client.chat.completions.create({ model: 'm', messages: [at('one'), user, message, answer], tools });
  };

  it('finds a call by the conversation where its history was rewritten', async () => {
    const client = await open();
    const ask = (tag: string) => withContext({ conversationId: `c-${tag}` }, () => rewritten(client, tag));
    await Promise.all([ask('TAG-1'), ask('TAG-2')]);
    expect(crossings(await spans(), 'a conversation')).toEqual([]);
    expect(await tools()).toHaveLength(2);
  });

  it('does not guess where a history was rewritten and no trace or conversation is named', async () => {
    await rewritten(await open(), 'TAG-1');
    expect(await tools()).toEqual([]);
  });

  it('infers nothing again where a request is repeated', async () => {
    const client = await open();
    const user = { role: 'user' as const, content: 'TAG-1: Paris?' };
    const offered = [{ type: 'function' as const, function: weather }];
    const asked = await client.chat.completions.create({ model: 'm', messages: [user], tools: offered });
    const message = asked.choices[0]?.message as OpenAI.ChatCompletionMessage;
    const answer = { role: 'tool' as const, tool_call_id: 'call_0', content: 'sunny' };
    const whole = { model: 'm', messages: [user, message, answer], tools: offered };
    await client.chat.completions.create(whole);
    await client.chat.completions.create(whole);
    const more = { role: 'user' as const, content: 'Thanks' };
    await client.chat.completions.create({
      ...whole,
      messages: [...whole.messages, { role: 'assistant', content: 'done' }, more],
    });
    expect(await tools()).toHaveLength(1);
  });
});

const person = fc.record({
  api: fc.constantFrom(...interfaces),
  isTagged: fc.boolean(),
  texts: fc.array(fc.constantFrom('Paris?', 'Rome?', 'Paris, Paris?', 'Hello'), { minLength: 1, maxLength: 3 }),
  isTraced: fc.boolean(),
});

it('no text of one conversation reaches the spans or payloads of another, however they interleave', async () => {
  const { baseURL } = await repeatingModel(idSchemes.call_0);
  await fc.assert(
    fc
      .asyncProperty(
        fc.array(person, { minLength: 2, maxLength: 3 }),
        fc.array(fc.nat(2), { maxLength: 12 }),
        fc.constantFrom(...arounds),
        async (drawn, schedule, around) => {
          const people = drawn.map(({ isTagged, texts, ...rest }, index) => ({
            ...rest,
            tag: `TAG-${index}`,
            texts: isTagged ? texts.map((text) => `TAG-${index} ${text}`) : texts,
          }));
          await run(people, schedule, around, baseURL);
          expect(crossings(await spans(), around)).toEqual([]);
          for (const body of sentToInkeep()) expect(tagsIn(body).length).toBeLessThanOrEqual(1);
        },
      )
      .beforeEach(async () => {
        await handle.forceFlush();
        writeFileSync(file, '');
        inkeep.received.length = 0;
      }),
    { numRuns: 60 },
  );
});
