import { AzureOpenAI } from 'openai';
import { expect, it } from 'vitest';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { contentOf } from '../../src/semconv/span-content.ts';
import { ASSISTANT_ID, only, openScene, SpanKind, SpanStatusCode } from './assistants-scene.ts';

it('gives an assistant that is made a span of its own', async () => {
  const { client, spans } = await openScene();
  const made = await client.beta.assistants.create({
    model: 'gpt-4o',
    name: 'Baker',
    description: 'Bakes',
    instructions: 'Bake well.',
  });
  const span = only(spans());
  expect([span.name, span.kind]).toEqual(['create_agent Baker', SpanKind.CLIENT]);
  expect(span.attributes).toMatchObject({
    'gen_ai.agent.id': made.id,
    'gen_ai.agent.name': 'Baker',
    'gen_ai.agent.description': 'Bakes',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.provider.name': 'openai',
  });
  expect(contentOf(span)?.systemInstructions).toEqual([{ type: 'text', content: 'Bake well.' }]);
});

it('tells why an assistant was not made', async () => {
  const { server, client, spans } = await openScene();
  server.fault({ status: 400, error: { code: 'unsupported_model' } });
  await expect(client.beta.assistants.create({ model: 'none', name: 'Baker' })).rejects.toThrow();
  expect(only(spans()).status.code).toBe(SpanStatusCode.ERROR);
  expect(only(spans()).attributes['error.type']).toBe('unsupported_model');
});

it.each([
  [
    'created',
    (name: string, { client }: Awaited<ReturnType<typeof openScene>>) =>
      client.beta.assistants.create({ model: 'gpt-4o', name }),
  ],
  [
    'listed',
    async (_: string, { client }: Awaited<ReturnType<typeof openScene>>) =>
      (await client.beta.assistants.list()).data[0],
  ],
  [
    'updated',
    (name: string, { client }: Awaited<ReturnType<typeof openScene>>) =>
      client.beta.assistants.update(ASSISTANT_ID, { name }),
  ],
])('knows the name of an assistant that was %s', async (way, make) => {
  const scene = await openScene();
  const made = await make('Baker', scene);
  await scene.client.beta.threads.runs.stream(await scene.ask(), { assistant_id: made?.id ?? '' }).done();
  expect(only(scene.runSpans()).name).toBe(`invoke_agent ${way === 'listed' ? 'Desk' : 'Baker'}`);
});

it('tells runs on Azure alike', async () => {
  const { server, runSpans } = await openScene();
  const azure = instrumentOpenAI(
    new AzureOpenAI({ apiKey: 'unused', endpoint: server.endpoint, apiVersion: '2025-04-01-preview' }),
  );
  const { threads, assistants } = azure.beta;
  await assistants.retrieve(ASSISTANT_ID);
  const thread = await threads.create({ messages: [{ role: 'user', content: 'Open?' }] });
  await threads.runs.createAndPoll(thread.id, { assistant_id: ASSISTANT_ID });
  await threads.messages.list(thread.id);
  expect(only(runSpans()).name).toBe('invoke_agent Desk');
  expect(only(runSpans()).attributes['gen_ai.provider.name']).toBe('azure.ai.openai');
});
