import { trace } from '@opentelemetry/api';
import OpenAI from 'openai';
import { expect, it, onTestFinished } from 'vitest';
import { changesFor } from '../../src/exporter/destinations/span-view.ts';
import { LazyEndedSpan } from '../../src/exporter/ended-span.ts';
import { withContext } from '../../src/instrumentation/context.ts';
import { endAllRuns } from '../../src/instrumentation/openai/assistants/index.ts';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { asIs } from '../../src/interaction/mask.ts';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { spanToJson } from '../../src/otlp/write-json.ts';
import { interactionFrom } from '../../src/semconv/from-spans.ts';
import { contentOf, factsOf } from '../../src/semconv/span-content.ts';
import { millisFrom, type ReadableSpanLike, spanDataFrom, type UnreadSpan } from '../../src/semconv/span-data.ts';
import { OwnTracerProvider } from '../../src/start/provider.ts';
import { messages, model, openScene, type Scene, weather } from './scene.ts';

/** A scene whose spans our own provider makes: nothing else sets attributes on them, and their facts are attached. */
async function openOwnScene(): Promise<Scene & { read(): readonly ReadableSpanLike[] }> {
  const scene = await openScene();
  const own = new OwnTracerProvider({ onForeignSpan: () => {}, onForeignTracer: () => {} }, {});
  trace.disable();
  trace.setGlobalTracerProvider(own);
  const ended: UnreadSpan[] = [];
  onTestFinished(scene.recorder.onSpanEnded((span) => ended.push(span)));
  return { ...scene, read: () => ended.flatMap((span) => span.read() ?? []) };
}

/** The same span, by the attributes that came over the wire. */
function arrived(span: ReadableSpanLike): unknown {
  const ended = new LazyEndedSpan(span, asIs, () => []);
  const [data] = spansFromOtlpJson(spanToJson(span, changesFor(ended, 'full', {})));
  return data && interactionFrom(data);
}

it('the facts attached to a span equal its attributes', async () => {
  const { client, server, recorder, read } = await openOwnScene();
  const fields = {
    conversationId: 'visit-1',
    sessionId: null as unknown as string,
    user: { id: 'u-17', email: undefined as unknown as string },
    tags: ['a'],
    attributes: { tier: 'gold', odd: { no: 'attribute' } as unknown as string },
    promptTemplate: 'Say {{what}}',
    promptVariables: { what: 'hello' },
  };
  await withContext(fields, () =>
    client.chat.completions.create({ model, messages, temperature: 0, tools: [weather] }),
  );
  for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
  server.fault({ status: 429 });
  await client.chat.completions.create({ model, messages, service_tier: 'flex' }).catch(() => {});
  await client.responses.create({ model, input: 'Hi', reasoning: { effort: 'low' }, instructions: 'Be short.' });
  const background = await client.responses.create({ model, input: 'Hi', background: true });
  await client.responses.retrieve(background.id);
  await client.embeddings.create({ model, input: ['a', 'b'], dimensions: 8, encoding_format: 'float' });
  await client.images.generate({ model: 'dall-e-3', prompt: 'a cat' });
  await client.moderations.create({ model, input: 'hello' });
  const assistant = await client.beta.assistants.create({ model, name: 'Baker', instructions: 'Bake well.' });
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'A cake?' }] });
  await client.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id }, { pollIntervalMs: 5 });
  endAllRuns(recorder);

  const ended = read();
  expect(ended.length).toBeGreaterThan(9);
  for (const span of ended) {
    expect(factsOf(span)).toBeDefined();
    const here = interactionFrom(spanDataFrom(span, contentOf(span), factsOf(span)));
    expect(JSON.parse(JSON.stringify(here ?? null))).toStrictEqual(JSON.parse(JSON.stringify(arrived(span) ?? null)));
  }
});

it('what the application makes of an answer changes nothing in its span', async () => {
  const { client, read } = await openOwnScene();
  const completion = await client.chat.completions.create({ model, messages });
  const [choice] = completion.choices;
  const words = choice?.message.content;
  if (choice) choice.message.content = 'changed';
  completion.choices.length = 0;
  expect(words).toEqual(expect.any(String));
  const [span] = read();
  expect(JSON.stringify(span && contentOf(span))).toContain(JSON.stringify(words));
});

it('a span has the times of its call, however late it is looked at', async () => {
  const { client, read } = await openOwnScene();
  const before = Date.now();
  await client.chat.completions.create({ model, messages });
  const after = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const [span] = read();
  expect(span && millisFrom(span.startTime)).toBeGreaterThan(before - 2);
  expect(span && millisFrom(span.endTime)).toBeLessThan(after + 2);
});

it('an attribute that the application sets on the active span is exported as well', async () => {
  const { server, read } = await openOwnScene();
  const client = new OpenAI({
    apiKey: 'k',
    baseURL: server.baseURL,
    fetch: (...args) => {
      trace.getActiveSpan()?.setAttribute('spanport.custom.region', 'eu');
      return fetch(...args);
    },
  });
  instrumentOpenAI(client);
  await withContext({ conversationId: 'visit-1' }, () => client.chat.completions.create({ model, messages }));
  const [span] = read();
  expect(span && interactionFrom(spanDataFrom(span, contentOf(span), factsOf(span)))).toMatchObject({
    conversationId: 'visit-1',
    custom: { region: 'eu' },
  });
});
