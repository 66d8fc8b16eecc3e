import { context, trace } from '@opentelemetry/api';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { expect, it } from 'vitest';
import { traceTool } from '../../src/instrumentation/trace-tool.ts';
import type { RunPlan } from '../../src/testing.ts';
import { ASSISTANT_ID, interactionOf, only, openScene, SpanKind, toolOf, tracer } from './assistants-scene.ts';

const assistant = { assistant_id: ASSISTANT_ID };
const hours = { type: 'function' as const, function: { name: 'opening_hours' } };
const stock = { type: 'function' as const, function: { name: 'in_stock' } };
const tools = [hours, stock];

/** Two rounds of tools, the first with two calls at once, then the answer. */
const twoRounds: RunPlan = {
  rounds: [
    {
      toolCalls: [
        { id: 'call_1', name: 'opening_hours', arguments: { day: 'Sunday' } },
        { id: 'call_2', name: 'in_stock', arguments: { item: 'tea' } },
      ],
    },
    { toolCalls: [{ id: 'call_3', name: 'in_stock', arguments: { item: 'cups' } }] },
    'Closed, and no cups.',
  ],
};

const answer = (run: Run) => ({
  thread_id: run.thread_id,
  tool_outputs: (run.required_action?.submit_tool_outputs.tool_calls ?? []).map(({ id }) => ({
    tool_call_id: id,
    output: `{"of":"${id}"}`,
  })),
});

const expectTwoRounds = ({ runSpans, toolSpans, recorded }: Awaited<ReturnType<typeof openScene>>): void => {
  const run = only(runSpans());
  expect(toolSpans().map(({ name }) => name)).toEqual([
    'execute_tool opening_hours',
    'execute_tool in_stock',
    'execute_tool in_stock',
  ]);
  for (const span of toolSpans()) {
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(span.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
    expect(span.spanContext().traceId).toBe(run.spanContext().traceId);
    expect(span.attributes).toMatchObject({
      'gen_ai.tool.type': 'function',
      'spanport.inferred': true,
      'gen_ai.agent.name': 'Desk',
      'gen_ai.conversation.id': interactionOf(run).conversationId,
    });
  }
  expect(recorded()).toMatchObject({
    outcome: { status: 'ok' },
    finishReasons: ['stop'],
    run: { status: 'completed' },
  });
  expect(recorded().toolExecutions).toMatchObject([
    { id: 'call_1', name: 'opening_hours', type: 'function', arguments: { day: 'Sunday' }, result: { of: 'call_1' } },
    { id: 'call_2', name: 'in_stock', type: 'function', arguments: { item: 'tea' }, result: { of: 'call_2' } },
    { id: 'call_3', name: 'in_stock', type: 'function', arguments: { item: 'cups' }, result: { of: 'call_3' } },
  ]);
};

it('stays open over several rounds of tools with submitToolOutputsAndPoll', async () => {
  const scene = await openScene();
  const { runs, messages } = scene.client.beta.threads;
  scene.server.reply(twoRounds);
  const id = await scene.ask();
  let run = await runs.createAndPoll(id, { ...assistant, tools });
  while (run.status === 'requires_action') run = await runs.submitToolOutputsAndPoll(run.id, answer(run));
  await messages.list(id);
  expectTwoRounds(scene);
});

it('stays open over several rounds of tools with submitToolOutputs and a loop of its own', async () => {
  const scene = await openScene();
  const { runs, messages } = scene.client.beta.threads;
  scene.server.reply(twoRounds);
  const id = await scene.ask();
  let run = await runs.create(id, { ...assistant, tools });
  while (run.status !== 'completed') {
    if (run.status === 'requires_action') run = await runs.submitToolOutputs(run.id, answer(run));
    run = await runs.retrieve(run.id, { thread_id: id });
  }
  await messages.list(id);
  expectTwoRounds(scene);
});

it('stays open over several rounds of tools with submitToolOutputsStream', async () => {
  const scene = await openScene();
  const { runs } = scene.client.beta.threads;
  scene.server.reply(twoRounds);
  let run = await runs.stream(await scene.ask(), { ...assistant, tools }).finalRun();
  while (run.status === 'requires_action') run = await runs.submitToolOutputsStream(run.id, answer(run)).finalRun();
  expectTwoRounds(scene);
});

it('stays open when a stream is left because the run waits for tools', async () => {
  const scene = await openScene();
  const { runs } = scene.client.beta.threads;
  scene.server.reply(twoRounds);
  let events = await runs.create(await scene.ask(), { ...assistant, tools, stream: true });
  for (let rounds = 0; rounds < 3; rounds += 1) {
    for await (const { event, data } of events) {
      if (event !== 'thread.run.requires_action') continue;
      events = await runs.submitToolOutputs(data.id, { ...answer(data), stream: true });
      break;
    }
  }
  expectTwoRounds(scene);
});

it('measures a call from the moment the run asked to the moment it was answered', async () => {
  const { server, client, ask, toolSpans, recorded } = await openScene();
  server.reply({ rounds: [{ toolCalls: [{ name: 'opening_hours' }] }, 'Closed.'] });
  const run = await client.beta.threads.runs.createAndPoll(await ask(), { ...assistant, tools });
  await new Promise((resolve) => setTimeout(resolve, 30));
  await client.beta.threads.runs.submitToolOutputsStream(run.id, answer(run)).done();
  const { startTime = 0, endTime = 0 } = toolOf(only(toolSpans()));
  expect(endTime - startTime).toBeGreaterThan(25);
  expect(startTime).toBeGreaterThanOrEqual(recorded().startTime);
  expect(endTime).toBeLessThanOrEqual(recorded().endTime);
});

it('gives one span to a call, however often its output is sent', async () => {
  const { server, client, ask, toolSpans } = await openScene();
  server.reply({ rounds: [{ toolCalls: [{ name: 'opening_hours' }] }, 'Closed.'] });
  const { runs } = client.beta.threads;
  const run = await runs.createAndPoll(await ask(), { ...assistant, tools });
  server.fault({ status: 500, match: /submit_tool_outputs/ });
  await expect(runs.submitToolOutputs(run.id, answer(run))).rejects.toThrow();
  await runs.submitToolOutputsAndPoll(run.id, answer(run));
  await runs.steps.list(run.id, { thread_id: run.thread_id });
  expect(toolSpans()).toHaveLength(1);
});

it('links a tool to the span that its output was sent under, unless that is where the run began', async () => {
  const { server, client, ask, toolSpans, runSpans } = await openScene();
  const { runs } = client.beta.threads;
  server.reply({
    rounds: [{ toolCalls: [{ name: 'opening_hours' }] }, { toolCalls: [{ name: 'in_stock' }] }, 'Closed.'],
  });
  const first = tracer.startSpan('first request');
  const second = tracer.startSpan('second request');
  const within = <T>(span: typeof first, work: () => T): T => context.with(trace.setSpan(context.active(), span), work);
  const id = await ask();
  const asked = await within(first, () => runs.createAndPoll(id, { ...assistant, tools }));
  const again = await within(first, () => runs.submitToolOutputsAndPoll(asked.id, answer(asked)));
  await within(second, () => runs.submitToolOutputsStream(again.id, answer(again)).done());
  expect(only(runSpans()).parentSpanContext?.spanId).toBe(first.spanContext().spanId);
  expect(toolSpans().map(({ links }) => links.map((link) => link.context.spanId))).toEqual([
    [],
    [second.spanContext().spanId],
  ]);
});

const builtIns = {
  rounds: [
    {
      builtIns: [
        { type: 'code_interpreter', code: 'print(6*7)', logs: '42' },
        {
          type: 'file_search',
          queries: ['hours'],
          results: [{ fileId: 'file_1', fileName: 'hours.md', score: 0.9, text: 'Sunday: closed' }],
        },
      ],
      text: 'Closed.',
    },
  ],
} satisfies RunPlan;

const builtInTools = [
  {
    name: 'code_interpreter',
    type: 'extension',
    id: expect.stringMatching(/^call_/),
    arguments: { input: 'print(6*7)' },
    result: { outputs: [{ type: 'logs', logs: '42' }] },
  },
  {
    name: 'file_search',
    type: 'datastore',
    result: { results: [expect.objectContaining({ file_id: 'file_1' })] },
  },
];

it('tells the tools of the server as a stream shows them', async () => {
  const { server, client, ask, recorded, toolSpans } = await openScene();
  server.reply(builtIns);
  await client.beta.threads.runs.stream(await ask(), assistant).done();
  expect(recorded().toolExecutions).toMatchObject(builtInTools);
  expect(toolSpans().map(({ name }) => name)).toEqual(['execute_tool code_interpreter', 'execute_tool file_search']);
});

it.each([
  ['before the messages', true],
  ['after the messages, when the run has ended', false],
])('tells the tools of the server from steps that are listed %s', async (_, stepsFirst) => {
  const { server, client, ask, recorded, toolSpans, runSpans } = await openScene();
  const { runs, messages } = client.beta.threads;
  server.reply(builtIns);
  const id = await ask();
  const run = await runs.createAndPoll(id, assistant);
  if (!stepsFirst) await messages.list(id);
  await runs.steps.list(run.id, { thread_id: id });
  await runs.steps.list(run.id, { thread_id: id, order: 'asc' });
  if (stepsFirst) await messages.list(id);

  if (stepsFirst) expect(recorded().toolExecutions).toMatchObject(builtInTools);
  expect(toolSpans()).toHaveLength(2);
  const parent = interactionOf(only(runSpans()));
  for (const span of toolSpans()) {
    expect(span.parentSpanContext?.spanId).toBe(parent.spanId);
    const { startTime = 0, endTime = 0 } = toolOf(span);
    expect(startTime).toBeGreaterThanOrEqual(parent.startTime - 0.001);
    expect(endTime).toBeLessThanOrEqual(parent.endTime + 0.001);
  }
});

it('tells a step that failed as an error', async () => {
  const { server, client, ask, toolSpans } = await openScene();
  server.reply({
    sse: [
      {
        event: 'thread.run.created',
        data: {
          id: 'run_1',
          object: 'thread.run',
          status: 'queued',
          thread_id: 'thread_1',
          assistant_id: ASSISTANT_ID,
        },
      },
      {
        event: 'thread.run.step.failed',
        data: {
          id: 'step_1',
          object: 'thread.run.step',
          status: 'failed',
          last_error: { code: 'server_error', message: 'boom' },
          step_details: {
            type: 'tool_calls',
            tool_calls: [{ id: 'call_1', type: 'code_interpreter', code_interpreter: { input: '1/0', outputs: [] } }],
          },
        },
      },
      {
        event: 'thread.run.failed',
        data: {
          id: 'run_1',
          object: 'thread.run',
          status: 'failed',
          thread_id: 'thread_1',
          assistant_id: ASSISTANT_ID,
        },
      },
    ],
  });
  await client.beta.threads.runs
    .stream(await ask(), assistant)
    .done()
    .catch(() => {});
  expect(toolOf(only(toolSpans()))).toMatchObject({ name: 'code_interpreter', errorType: 'server_error' });
});

it.each(['polled', 'streamed'])('keeps rounds apart whose calls a server names anew in each: %s', async (how) => {
  const scene = await openScene();
  const { runs } = scene.client.beta.threads;
  const again = { toolCalls: [{ id: 'call_0', name: 'in_stock', arguments: { item: 'tea' } }] };
  scene.server.reply({ rounds: [again, again, 'Plenty.'] });
  const id = await scene.ask();
  const outputs = (run: Run, output: string) => ({
    thread_id: run.thread_id,
    tool_outputs: [{ tool_call_id: 'call_0', output }],
  });
  if (how === 'polled') {
    let run = await runs.createAndPoll(id, { ...assistant, tools });
    for (const output of ['one', 'two']) run = await runs.submitToolOutputsAndPoll(run.id, outputs(run, output));
  } else {
    let run = await runs.stream(id, { ...assistant, tools }).finalRun();
    for (const output of ['one', 'two'])
      run = await runs.submitToolOutputsStream(run.id, outputs(run, output)).finalRun();
  }
  await scene.client.beta.threads.messages.list(id);
  expect(scene.toolSpans()).toHaveLength(2);
  expect(scene.recorded().toolExecutions?.map(({ result }) => result)).toEqual(['one', 'two']);
});

it('claims equal calls of one round oldest first', async () => {
  const scene = await openScene();
  const { runs } = scene.client.beta.threads;
  const call = { name: 'in_stock', arguments: { item: 'tea' } };
  scene.server.reply({
    rounds: [
      {
        toolCalls: [
          { id: 'a', ...call },
          { id: 'b', ...call },
        ],
      },
      'Plenty.',
    ],
  });
  const id = await scene.ask();
  const run = await runs.createAndPoll(id, { ...assistant, tools });
  const inStock = traceTool('in_stock', (_: { item: string }, count: number) => count);
  const counts = [inStock({ item: 'tea' }, 1), inStock({ item: 'tea' }, 2)];
  const tool_outputs = ['a', 'b'].map((tool_call_id, at) => ({ tool_call_id, output: String(counts[at]) }));
  await runs.submitToolOutputsAndPoll(run.id, { thread_id: id, tool_outputs });
  await scene.client.beta.threads.messages.list(id);
  const claimed = scene.toolSpans().map((span) => [span.attributes['gen_ai.tool.call.id'], toolOf(span)?.result]);
  expect(claimed).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});
