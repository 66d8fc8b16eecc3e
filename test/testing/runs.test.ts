import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOpenAI, type ModelReply, startFakeOpenAI } from '../../src/testing.ts';

type Run = OpenAI.Beta.Threads.Run;

const preset = {
  id: 'asst_clerk',
  name: 'Clerk',
  instructions: 'Be brief.',
  model: 'gpt-4o',
  tools: [
    {
      type: 'function',
      function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    },
  ],
};
const clerk = { assistant_id: preset.id };

/** The outputs that a run waits for, all alike. */
const outputs = (run: Run, output: string) => ({
  thread_id: run.thread_id,
  tool_outputs: (run.required_action?.submit_tool_outputs.tool_calls ?? []).map((call) => ({
    tool_call_id: call.id,
    output,
  })),
});

describe('assistant runs of the fake server', () => {
  let fake: FakeOpenAI;
  let threads: OpenAI['beta']['threads'];
  beforeAll(async () => {
    fake = await startFakeOpenAI({ assistants: [preset] });
    threads = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any', maxRetries: 0 }).beta.threads;
  });
  beforeEach(() => fake.reset());
  afterAll(() => fake.close());

  const threadWith = async (content: string): Promise<string> =>
    (await threads.create({ messages: [{ role: 'user', content }] })).id;

  it('moves on by one state per retrieve', async () => {
    const thread_id = await threadWith('What are the store hours?');
    const run = await threads.runs.create(thread_id, clerk);
    const seen = [run.status];
    for (let look = 0; look < 3; look += 1) seen.push((await threads.runs.retrieve(run.id, { thread_id })).status);
    expect(seen).toEqual(['queued', 'in_progress', 'completed', 'completed']);
  });

  it('ends with usage, times in whole seconds, one message and one step', async () => {
    const thread_id = await threadWith('What are the store hours?');
    const run = await threads.runs.createAndPoll(thread_id, clerk);
    expect(run).toMatchObject({
      status: 'completed',
      model: 'gpt-4o',
      instructions: 'Be brief.',
      last_error: null,
      expires_at: null,
    });
    expect(run.usage?.total_tokens).toBeGreaterThan(0);
    for (const time of [run.created_at, run.started_at, run.completed_at]) expect(Number.isInteger(time)).toBe(true);
    const messages = await threads.messages.list(thread_id, { limit: 1, run_id: run.id });
    expect(messages.data[0]).toMatchObject({
      role: 'assistant',
      run_id: run.id,
      assistant_id: preset.id,
      status: 'completed',
    });
    const steps = await threads.runs.steps.list(run.id, { thread_id });
    expect(steps.data.map((step) => [step.type, step.status])).toEqual([['message_creation', 'completed']]);
  });

  it('waits for the outputs of parallel calls, then answers from them', async () => {
    const thread_id = await threadWith('The weather in Rome and Madrid?');
    const waiting = await threads.runs.createAndPoll(thread_id, clerk);
    const calls = waiting.required_action?.submit_tool_outputs.tool_calls;
    expect(calls?.map((call) => call.function.arguments)).toEqual(['{"city":"Rome"}', '{"city":"Madrid"}']);
    const run = await threads.runs.submitToolOutputsAndPoll(waiting.id, outputs(waiting, 'warm'));
    expect(run.status).toBe('completed');
    const steps = await threads.runs.steps.list(run.id, { thread_id, order: 'asc' });
    expect(steps.data[0]?.step_details).toMatchObject({
      type: 'tool_calls',
      tool_calls: [{ function: { name: 'get_weather', output: 'warm' } }, { function: { output: 'warm' } }],
    });
  });

  it('streams the whole event set, over the outputs', async () => {
    const names: string[] = [];
    const noteNames = ({ event }: { event: string }) => {
      if (event !== names.at(-1)) names.push(event);
    };
    const first = threads.createAndRunStream({
      ...clerk,
      thread: { messages: [{ role: 'user', content: 'Weather in Oslo?' }] },
    });
    const waiting = await first.on('event', noteNames).finalRun();
    const second = threads.runs.submitToolOutputsStream(waiting.id, outputs(waiting, 'rain'));
    const run = await second.on('event', noteNames).finalRun();
    expect(run.status).toBe('completed');
    expect(names.map((name) => name.replace(/^thread\./, ''))).toEqual([
      ...['created', 'run.created', 'run.queued', 'run.in_progress'],
      ...['run.step.created', 'run.step.in_progress', 'run.step.delta', 'run.requires_action'],
      ...['run.step.completed', 'run.queued', 'run.in_progress', 'run.step.created', 'run.step.in_progress'],
      ...[
        'message.created',
        'message.in_progress',
        'message.delta',
        'message.completed',
        'run.step.completed',
        'run.completed',
      ],
    ]);
    const [message] = await second.finalMessages();
    expect(message?.content[0]).toMatchObject({ text: { value: 'Here is what I found. get_weather: rain.' } });
  });

  it('plays a plan: built-in tools, several tool rounds, then the message', async () => {
    const call = { toolCalls: [{ name: 'get_weather', arguments: { city: 'Bern' } }] };
    const searching: ModelReply = {
      builtIns: [
        { type: 'code_interpreter', code: 'print(1)', logs: '1' },
        {
          type: 'file_search',
          queries: ['hours'],
          results: [{ fileId: 'file-1', fileName: 'a.txt', score: 0.9, text: 'nine' }],
        },
      ],
    };
    fake.reply({ rounds: [searching, call, call, 'Done.'] });
    const thread_id = await threadWith('go');
    let run = await threads.runs.createAndPoll(thread_id, clerk);
    for (let round = 0; round < 2; round += 1) {
      expect(run.status).toBe('requires_action');
      run = await threads.runs.submitToolOutputsAndPoll(run.id, outputs(run, 'ok'));
    }
    expect(run.status).toBe('completed');
    const include = ['step_details.tool_calls[*].file_search.results[*].content' as const];
    const steps = await threads.runs.steps.list(run.id, { thread_id, order: 'asc', include });
    const tools = steps.data.flatMap(({ step_details: details }) =>
      details.type === 'tool_calls' ? details.tool_calls : [],
    );
    expect(tools.map(({ type }) => type)).toEqual(['code_interpreter', 'file_search', 'function', 'function']);
    expect(tools[1]).toMatchObject({ file_search: { results: [{ content: [{ text: 'nine' }] }] } });
  });

  const endings: [Run['status'], ModelReply['end'], object][] = [
    [
      'failed',
      { status: 'failed', code: 'rate_limit_exceeded', message: 'Quota' },
      { last_error: { code: 'rate_limit_exceeded' } },
    ],
    ['incomplete', { status: 'incomplete' }, { incomplete_details: { reason: 'max_completion_tokens' } }],
    ['expired', { status: 'expired' }, { completed_at: null }],
    ['cancelled', { status: 'cancelled' }, { completed_at: null }],
  ];
  it.each(endings)('ends as %s, polled and streamed', async (status, end, facts) => {
    const reply: ModelReply = { text: 'half', ...(end && { end }) };
    fake.reply(reply).reply(reply);
    expect(await threads.runs.createAndPoll(await threadWith('go'), clerk)).toMatchObject({ status, ...facts });
    expect(await threads.runs.stream(await threadWith('go'), clerk).finalRun()).toMatchObject({ status, ...facts });
  });

  it('expires while it waits for outputs', async () => {
    fake.reply({ toolCalls: [{ name: 'get_weather' }], end: { status: 'expired' } });
    const waiting = await threads.runs.createAndPoll(await threadWith('go'), clerk);
    await expect(threads.runs.submitToolOutputs(waiting.id, outputs(waiting, ''))).rejects.toThrow('expired');
  });

  it('refuses outputs for other calls, a second run and messages while one is active', async () => {
    const thread_id = await threadWith('The weather in Rome?');
    const waiting = await threads.runs.createAndPoll(thread_id, clerk);
    const wrong = { thread_id, tool_outputs: [{ tool_call_id: 'call_other', output: '' }] };
    await expect(threads.runs.submitToolOutputs(waiting.id, wrong)).rejects.toThrow(
      'Expected tool outputs for call_ids',
    );
    await expect(threads.runs.create(thread_id, clerk)).rejects.toThrow('already has an active run');
    await expect(threads.messages.create(thread_id, { role: 'user', content: 'x' })).rejects.toThrow('while a run');
    await expect(threads.runs.create(thread_id, { assistant_id: 'asst_nobody' })).rejects.toThrow(
      "No assistant found with id 'asst_nobody'",
    );
  });

  it('is cancelled while it never ends', async () => {
    fake.reply({ end: { status: 'in_progress' } });
    const thread_id = await threadWith('go');
    const { id } = await threads.runs.create(thread_id, clerk);
    for (let look = 0; look < 3; look += 1) await threads.runs.retrieve(id, { thread_id });
    expect((await threads.runs.cancel(id, { thread_id })).status).toBe('cancelling');
    expect((await threads.runs.poll(id, { thread_id })).status).toBe('cancelled');
  });
});

describe('a run that is streamed', () => {
  let fake: FakeOpenAI;
  let threads: OpenAI['beta']['threads'];
  beforeAll(async () => {
    fake = await startFakeOpenAI({ assistants: [preset], paceMillis: 3 });
    threads = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any' }).beta.threads;
  });
  afterAll(() => fake.close());
  const threadWith = async (content: string) => (await threads.create({ messages: [{ role: 'user', content }] })).id;

  it('keeps its events for the stream, whoever else looks', async () => {
    const thread_id = await threadWith('Tell me a story');
    const stream = threads.runs.stream(thread_id, clerk);
    const looks: Promise<Run>[] = [];
    stream.on('textDelta', () => looks.push(threads.runs.retrieve(stream.currentRun()?.id ?? '', { thread_id })));
    const [message] = await stream.finalMessages();
    expect(message?.content[0]).toMatchObject({ text: { value: expect.stringContaining('all I know.') } });
    expect((await Promise.all(looks)).map(({ status }) => status)).toContain('in_progress');
  });

  it('is cancelled in the middle: the message stays incomplete', async () => {
    const thread_id = await threadWith('Tell me a story');
    const stream = threads.runs.stream(thread_id, clerk);
    stream.once('textDelta', () => void threads.runs.cancel(stream.currentRun()?.id ?? '', { thread_id }));
    expect((await stream.finalRun()).status).toBe('cancelled');
    const { data } = await threads.messages.list(thread_id, { limit: 1 });
    expect(data[0]).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'run_cancelled' } });
  });

  it('goes on by retrieves when its stream is left', async () => {
    const thread_id = await threadWith('Tell me a story');
    let id = '';
    for await (const { event, data } of await threads.runs.create(thread_id, { ...clerk, stream: true })) {
      if (event === 'thread.run.created') id = data.id;
      if (event === 'thread.message.delta') break;
    }
    expect((await threads.runs.poll(id, { thread_id })).status).toBe('completed');
  });
});

describe('runs that move on by time', () => {
  it('takes one state each so many ms, whoever looks', async () => {
    let now = 1_700_000_000_000;
    const fake = await startFakeOpenAI({ assistants: [preset], advance: 1000, now: () => now });
    const { threads } = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any' }).beta;
    const { id: thread_id } = await threads.create({ messages: [{ role: 'user', content: 'Hello' }] });
    const { id } = await threads.runs.create(thread_id, clerk);
    const status = async () => (await threads.runs.retrieve(id, { thread_id })).status;
    expect([await status(), await status()]).toEqual(['queued', 'queued']);
    now += 1000;
    expect(await status()).toBe('in_progress');
    now += 5000;
    expect((await threads.messages.list(thread_id)).data).toHaveLength(2);
    expect(await status()).toBe('completed');
    await fake.close();
  });
});
