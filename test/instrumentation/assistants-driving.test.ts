import type OpenAI from 'openai';
import type { AssistantStream } from 'openai/lib/AssistantStream';
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/testing.ts';
import { ASSISTANT_ID, interactionOf, only, openScene, SpanKind, SpanStatusCode } from './assistants-scene.ts';

type Drive = (client: OpenAI, threadId: string) => Promise<unknown>;

const assistant = { assistant_id: ASSISTANT_ID };
const thread = { messages: [{ role: 'user' as const, content: 'Is the shop open on Sunday?' }] };

async function loop(client: OpenAI, run: { id: string; thread_id: string; status: string }): Promise<unknown> {
  let status = run.status;
  while (status === 'queued' || status === 'in_progress')
    ({ status } = await client.beta.threads.runs.retrieve(run.id, { thread_id: run.thread_id }));
  return client.beta.threads.messages.list(run.thread_id);
}
const read = async (stream: AssistantStream): Promise<unknown> => stream.done();
async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Every way that the SDK's documentation shows to drive a run. */
const styles: readonly (readonly [string, Drive])[] = [
  [
    'runs.createAndPoll',
    async ({ beta }, id) => {
      await beta.threads.runs.createAndPoll(id, assistant);
      await beta.threads.messages.list(id);
    },
  ],
  [
    'runs.create and a loop of retrieve',
    async (client, id) => loop(client, await client.beta.threads.runs.create(id, assistant)),
  ],
  [
    'runs.create and poll',
    async ({ beta }, id) => {
      const run = await beta.threads.runs.create(id, assistant);
      await beta.threads.runs.poll(run.id, { thread_id: id });
      await beta.threads.messages.list(id, { run_id: run.id, limit: 1 });
    },
  ],
  ['runs.stream', ({ beta }, id) => read(beta.threads.runs.stream(id, assistant))],
  ['runs.createAndStream', ({ beta }, id) => read(beta.threads.runs.createAndStream(id, assistant))],
  [
    'runs.create as a stream',
    async ({ beta }, id) => drain(await beta.threads.runs.create(id, { ...assistant, stream: true })),
  ],
  [
    'createAndRunPoll',
    async ({ beta }) => {
      const run = await beta.threads.createAndRunPoll({ ...assistant, thread });
      await beta.threads.messages.list(run.thread_id);
    },
  ],
  [
    'createAndRun and a loop of retrieve',
    async (client) => loop(client, await client.beta.threads.createAndRun({ ...assistant, thread })),
  ],
  ['createAndRunStream', ({ beta }) => read(beta.threads.createAndRunStream({ ...assistant, thread }))],
  [
    'createAndRun as a stream',
    async ({ beta }) => drain(await beta.threads.createAndRun({ ...assistant, thread, stream: true })),
  ],
];

interface Expected {
  readonly finishReasons: readonly string[];
  readonly errorType?: string;
}

const endings: readonly (readonly [string, Reply, Expected])[] = [
  ['completed', 'Closed.', { finishReasons: ['stop'] }],
  ['incomplete', { text: 'Clo', end: { status: 'incomplete' } }, { finishReasons: ['length'] }],
  [
    'failed',
    { end: { status: 'failed', code: 'rate_limit_exceeded', message: 'Too fast.' } },
    { finishReasons: ['error'], errorType: 'rate_limit_exceeded' },
  ],
  ['cancelled', { end: { status: 'cancelled' } }, { finishReasons: ['error'], errorType: 'run_cancelled' }],
  ['expired', { end: { status: 'expired' } }, { finishReasons: ['error'], errorType: 'run_expired' }],
];

describe.each(styles)('a run driven by %s', (_, drive) => {
  it.each(endings)('gives one span when it is %s', async (status, reply, { finishReasons, errorType }) => {
    const { server, client, ask, runSpans } = await openScene();
    server.reply(reply);
    await drive(client, await ask()).catch(() => {});

    const span = only(runSpans());
    expect(span.name).toBe('invoke_agent Desk');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.status.code).toBe(errorType ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    expect(span.attributes['error.type']).toBe(errorType);
    const run = interactionOf(span);
    expect(run).toMatchObject({
      operation: 'invoke_agent',
      provider: 'openai',
      serverAddress: '127.0.0.1',
      requestModel: 'gpt-4o-mini',
      agent: { id: ASSISTANT_ID, name: 'Desk' },
      run: { status, createdAt: expect.any(Number) },
      systemInstructions: [{ type: 'text', content: 'You run the shop desk.' }],
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Is the shop open on Sunday?' }] }],
      finishReasons,
    });
    expect(run.conversationId).toMatch(/^thread_/);
    expect(run.id).toBe(`run:127.0.0.1:${run.run?.id}`);
    expect(run.endTime).toBeGreaterThan(run.startTime);
    expect(run.outputMessages?.map(({ parts }) => parts)).toEqual(
      status === 'completed' || status === 'incomplete'
        ? [[{ type: 'text', content: expect.stringMatching(/^Clo/) }]]
        : undefined,
    );
    expect(run.outputMessages?.map((message) => message.finish_reason)).toEqual(run.outputMessages && finishReasons);
    expect(run.messageIds?.out).toEqual(run.outputMessages?.map(({ id }) => id));
    if (!errorType) expect(run.usage?.inputTokens).toBeGreaterThan(0);
  });
});

it('tells the settings that count: the run shows what request and assistant make together', async () => {
  const { client, ask, recorded } = await openScene();
  const id = await ask();
  await client.beta.threads.runs.createAndPoll(id, {
    ...assistant,
    model: 'gpt-4.1',
    temperature: 0.2,
    max_completion_tokens: 64,
    instructions: 'Be short.',
    response_format: { type: 'json_object' },
    tools: [
      { type: 'code_interpreter' },
      { type: 'function', function: { name: 'hours', description: 'Opening hours' } },
    ],
  });
  await client.beta.threads.messages.list(id);
  expect(recorded()).toMatchObject({
    requestModel: 'gpt-4.1',
    parameters: { temperature: 0.2, topP: 1, maxTokens: 64, outputType: 'json' },
    systemInstructions: [{ type: 'text', content: 'Be short.' }],
    toolDefinitions: [
      { type: 'code_interpreter', name: 'code_interpreter' },
      { type: 'function', name: 'hours', description: 'Opening hours' },
    ],
  });
});

it('ends with the error of a create that is refused, and keeps the question for the next run', async () => {
  const { server, client, ask, runSpans } = await openScene();
  const id = await ask();
  server.fault({ status: 429, match: 'POST /threads/:id/runs', error: { code: 'rate_limit_exceeded' } });
  await expect(client.beta.threads.runs.create(id, assistant)).rejects.toThrow();
  const refused = only(runSpans());
  expect(refused.status.code).toBe(SpanStatusCode.ERROR);
  expect(refused.attributes['error.type']).toBe('rate_limit_exceeded');

  await client.beta.threads.runs.stream(id, assistant).done();
  expect(runSpans()).toHaveLength(2);
  expect(runSpans().map((span) => interactionOf(span).inputMessages?.length)).toEqual([1, 1]);
});

it('names no assistant that it never saw', async () => {
  const { server, client, ask, runSpans } = await openScene();
  const id = await ask();
  const other = new (client.constructor as typeof OpenAI)({ apiKey: 'unused', baseURL: `${server.baseURL}/` });
  await other.beta.threads.runs.stream(id, assistant).done();
  expect(only(runSpans()).name).toBe('invoke_agent');
  expect(only(runSpans()).attributes['gen_ai.agent.id']).toBe(ASSISTANT_ID);
});

describe('a stream that is not read to its end', () => {
  it('ends the span when the reader breaks, without an error, with what it received until then', async () => {
    const { server, client, ask, recorded } = await openScene();
    server.reply({ text: 'Closed on Sunday.', pieces: ['Closed ', 'on ', 'Sunday.'] });
    const stream = await client.beta.threads.runs.create(await ask(), { ...assistant, stream: true });
    for await (const { event } of stream) if (event === 'thread.message.delta') break;
    expect(recorded()).toMatchObject({
      outcome: { status: 'ok' },
      run: { status: 'in_progress' },
      finishReasons: ['error'],
      outputMessages: [{ parts: [{ type: 'text', content: 'Closed ' }], finish_reason: 'error' }],
    });
  });

  it('ends the span with an error when the server dies', async () => {
    const { server, client, ask, recorded } = await openScene();
    const id = await ask();
    server.fault({ match: 'POST /threads/:id/runs', resetAfterChunks: 4 });
    await expect(client.beta.threads.runs.stream(id, assistant).done()).rejects.toThrow();
    expect(recorded()).toMatchObject({ outcome: { status: 'error' }, finishReasons: ['error'] });
  });

  it('ends the span once, whatever is asked of the run later', async () => {
    const { client, ask, runSpans } = await openScene();
    const id = await ask();
    const stream = await client.beta.threads.runs.create(id, { ...assistant, stream: true });
    let runId = '';
    for await (const { event, data } of stream) {
      if (event === 'thread.run.created') runId = data.id;
      if (event === 'thread.run.in_progress') break;
    }
    await client.beta.threads.runs.retrieve(runId, { thread_id: id });
    await client.beta.threads.runs.poll(runId, { thread_id: id });
    expect(runSpans()).toHaveLength(1);
  });
});
