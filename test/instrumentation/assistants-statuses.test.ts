import type { Attributes } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import type { Clock } from '../../src/instrumentation/openai/assistants/clock.ts';
import type { RunEnding, RunRecording } from '../../src/instrumentation/openai/assistants/recording.ts';
import { ObservedRun } from '../../src/instrumentation/openai/assistants/run.ts';
import { RunRequests, requestOf } from '../../src/instrumentation/openai/assistants/run-requests.ts';
import type { WireRun } from '../../src/instrumentation/openai/readers/assistants-wire.ts';
import { ASSISTANT_ID, only, openScene } from './assistants-scene.ts';

const observed = (span: { readonly events: readonly { readonly name: string; readonly attributes?: object }[] }) =>
  span.events
    .filter(({ name }) => name === 'spanport.run.status')
    .map(({ attributes = {} }) => wordsOf(attributes as Attributes));

const wordsOf = (attributes: Attributes) =>
  [attributes['spanport.run.status'], attributes['spanport.run.request'], attributes['error.type']]
    .filter((word) => word !== undefined)
    .join(' ');

const DURATION = 'spanport.run.request_duration';

it('adds an event to the span of a run for every status that a request read, with its request', async () => {
  const scene = await openScene();
  scene.server.reply({ rounds: [{ toolCalls: [{ name: 'find_order', id: 'call_1' }] }, 'It arrives on Tuesday.'] });
  const threadId = await scene.ask();
  const { runs, messages } = scene.client.beta.threads;
  const run = await runs.createAndPoll(threadId, { assistant_id: ASSISTANT_ID });
  expect(run.status).toBe('requires_action');
  const outputs = [{ tool_call_id: 'call_1', output: 'Tuesday' }];
  await runs.submitToolOutputsAndPoll(run.id, { thread_id: threadId, tool_outputs: outputs });
  await messages.list(threadId);
  const [span] = scene.runSpans();
  if (!span) throw new Error('no span');
  expect(observed(span)).toEqual([
    'queued create',
    'in_progress retrieve',
    'requires_action retrieve',
    'queued submit',
    'in_progress retrieve',
    'completed retrieve',
  ]);
  const millis = span.events.map(({ time: [seconds, nanos] }) => seconds * 1e3 + nanos / 1e6);
  const started = span.startTime[0] * 1e3 + span.startTime[1] / 1e6;
  expect(millis).toEqual([...millis].sort((a, b) => a - b));
  expect(millis[0]).toBeGreaterThanOrEqual(started - 1);
});

it('names the stream as the source where a stream reported the status', async () => {
  const scene = await openScene();
  const threadId = await scene.ask();
  const stream = await scene.client.beta.threads.runs.create(threadId, { assistant_id: ASSISTANT_ID, stream: true });
  for await (const _ of stream);
  const [span] = scene.runSpans();
  if (!span) throw new Error('no span');
  const statuses = observed(span);
  expect(statuses.at(0)).toBe('queued stream');
  expect(statuses.at(-1)).toBe('completed stream');
});

it('adds the duration of every request, also of those that read no status or failed', async () => {
  const scene = await openScene();
  scene.server.reply({ rounds: [{ toolCalls: [{ name: 'find_order', id: 'call_1' }] }, 'It arrives on Tuesday.'] });
  const threadId = await scene.ask();
  const { runs, messages } = scene.client.beta.threads;
  const run = await runs.createAndPoll(threadId, { assistant_id: ASSISTANT_ID });
  scene.server.fault({ status: 429 });
  await expect(runs.retrieve(run.id, { thread_id: threadId })).rejects.toThrow();
  await runs.steps.list(run.id, { thread_id: threadId });
  scene.server.fault({ stallMillis: 30 });
  await runs.submitToolOutputs(run.id, {
    thread_id: threadId,
    tool_outputs: [{ tool_call_id: 'call_1', output: 'Tuesday' }],
  });
  await runs.poll(run.id, { thread_id: threadId });
  await messages.list(threadId);
  const { events, startTime } = only(scene.runSpans());
  const started = startTime[0] * 1e3 + startTime[1] / 1e6;
  expect(events.map(({ name, attributes = {} }) => `${name}: ${wordsOf(attributes)}`)).toEqual([
    'spanport.run.status: queued create',
    'spanport.run.status: in_progress retrieve',
    'spanport.run.status: requires_action retrieve',
    'spanport.run.request: retrieve rate_limit_exceeded',
    'spanport.run.request: steps',
    'spanport.run.status: queued submit',
    'spanport.run.status: in_progress retrieve',
    'spanport.run.status: completed retrieve',
    'spanport.run.request: messages',
  ]);
  let before = started;
  for (const { attributes, time } of events) {
    const answered = time[0] * 1e3 + time[1] / 1e6;
    const seconds = Number(attributes?.[DURATION]);
    expect(seconds).toBeGreaterThan(0);
    // Each request was sent after the answer to the one before it.
    expect(answered - seconds * 1e3).toBeGreaterThanOrEqual(before - 1);
    before = answered;
  }
  expect(Number(events[5]?.attributes?.[DURATION])).toBeGreaterThan(0.02);
});

/** `requires_action 2`: what the run waits for, as each request that read the status saw it. */
const waits = (span: { readonly events: readonly { readonly attributes?: Attributes }[] }) =>
  span.events
    .filter(({ attributes }) => attributes?.['spanport.run.tool_call.count'] !== undefined)
    .map(({ attributes }) => `${attributes?.['spanport.run.status']} ${attributes?.['spanport.run.tool_call.count']}`);
const twoThenOne = {
  rounds: [
    {
      toolCalls: [
        { name: 'find_order', id: 'call_1' },
        { name: 'refund_policy', id: 'call_2' },
      ],
    },
    { toolCalls: [{ name: 'refund', id: 'call_3' }] },
    'It is refunded.',
  ],
};
const outputsOf = (...ids: string[]) => ids.map((tool_call_id) => ({ tool_call_id, output: 'done' }));

it('adds to each status that waits for the application how many tool calls it waits for, as a poll saw it', async () => {
  const scene = await openScene();
  scene.server.reply(twoThenOne);
  const thread_id = await scene.ask();
  const { runs } = scene.client.beta.threads;
  const { id } = await runs.createAndPoll(thread_id, { assistant_id: ASSISTANT_ID });
  await runs.retrieve(id, { thread_id });
  await runs.submitToolOutputsAndPoll(id, { thread_id, tool_outputs: outputsOf('call_1', 'call_2') });
  await runs.submitToolOutputsAndPoll(id, { thread_id, tool_outputs: outputsOf('call_3') });
  await scene.client.beta.threads.messages.list(thread_id);
  expect(waits(only(scene.runSpans()))).toEqual(['requires_action 2', 'requires_action 2', 'requires_action 1']);
});

it('adds to each status that waits for the application how many tool calls it waits for, as a stream reported it', async () => {
  const scene = await openScene();
  scene.server.reply(twoThenOne);
  const thread_id = await scene.ask();
  const { runs } = scene.client.beta.threads;
  const { id } = await runs.stream(thread_id, { assistant_id: ASSISTANT_ID }).finalRun();
  await runs.submitToolOutputsStream(id, { thread_id, tool_outputs: outputsOf('call_1', 'call_2') }).finalRun();
  await runs.submitToolOutputsStream(id, { thread_id, tool_outputs: outputsOf('call_3') }).finalRun();
  expect(waits(only(scene.runSpans()))).toEqual(['requires_action 2', 'requires_action 1']);
});

it('adds no number of tool calls where a compatible server lists none', () => {
  const { run, endings } = runOf();
  run.update({ id: 'run_1', thread_id: 'thread_1', status: 'requires_action' } as WireRun, requestOf('create'));
  run.end();
  expect(only(endings).events.map(({ attributes }) => Object.keys(attributes))).toEqual([
    ['spanport.run.status', 'spanport.run.request', DURATION],
  ]);
});

it('adds the duration of a request to create a run that was rejected', async () => {
  const scene = await openScene();
  const threadId = await scene.ask();
  scene.server.fault({ status: 400 });
  const { runs } = scene.client.beta.threads;
  await expect(runs.create(threadId, { assistant_id: ASSISTANT_ID })).rejects.toThrow();
  const [event, ...more] = only(scene.runSpans()).events;
  expect(more).toEqual([]);
  expect(event?.name).toBe('spanport.run.request');
  expect(event?.attributes).toMatchObject({
    'spanport.run.request': 'create',
    'error.type': 'invalid_request_error',
    [DURATION]: expect.any(Number),
  });
});

it('adds the time to the first status of each stream, to that status only', async () => {
  const scene = await openScene();
  scene.server.reply({ rounds: [{ toolCalls: [{ name: 'find_order', id: 'call_1' }] }, 'It arrives on Tuesday.'] });
  const threadId = await scene.ask();
  const { runs } = scene.client.beta.threads;
  const first = runs.stream(threadId, { assistant_id: ASSISTANT_ID });
  const { id } = await first.finalRun();
  const outputs = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'call_1', output: 'Tuesday' }] };
  await runs.submitToolOutputsStream(id, outputs).finalRun();
  const { events } = only(scene.runSpans());
  const timed = events.filter(({ attributes = {} }) => attributes[DURATION] !== undefined);
  const statuses = events.map(({ attributes }) => attributes?.['spanport.run.status']);
  const afterTools = statuses.indexOf('requires_action') + 1;
  expect(events[afterTools - 1]?.attributes?.[DURATION]).toBeUndefined();
  expect(timed).toEqual([events[0], events[afterTools]]);
});

it('leaves out what is answered after the end of the run, whose span may be read later', () => {
  const { run, endings } = runOf();
  run.update({ id: 'run_1', thread_id: 'thread_1', status: 'requires_action' } as WireRun, requestOf('create'));
  run.end();
  run.addRequest(requestOf('submit'), { thrown: new Error('timeout') });
  expect(only(endings).events.map(({ attributes }) => attributes['spanport.run.request'])).toEqual(['create']);
});

it('takes the time of an answer and the duration of its request from one reading of the clock', () => {
  const { run, endings } = runOf((at = performance.now()) => at);
  const request = requestOf('retrieve');
  const slow = {
    id: 'run_1',
    thread_id: 'thread_1',
    status: 'requires_action',
    // What is read of an answer takes time in a busy process.
    get required_action(): undefined {
      for (const until = performance.now() + 5; performance.now() < until; );
      return undefined;
    },
  };
  run.update(slow as unknown as WireRun, request);
  run.end();
  const { time, attributes } = only(only(endings).events);
  expect(time - Number(attributes[DURATION]) * 1e3).toBeCloseTo(request.sentAt ?? 0, 3);
});

function runOf(now: Clock = () => 1): { readonly run: ObservedRun; readonly endings: readonly RunEnding[] } {
  const endings: RunEnding[] = [];
  const recording: RunRecording = {
    callContext: undefined,
    maxTextLength: undefined,
    messagesWaitMillis: 0,
    fetchMessages: () => Promise.resolve([]),
    recordTool: () => {},
    offerCalls: () => [],
    end: (ending) => endings.push(ending),
  };
  const run = new ObservedRun({ scope: '', recording, facts: {}, settings: {}, inputs: [], now });
  return { run, endings };
}

it('keeps every change within the limit: answers without a status and repeated ones are dropped first', () => {
  const requests = new RunRequests((at = 0) => at);
  const at = (status: string, answeredAt: number) =>
    requests.add({ status, request: requestOf('retrieve'), answeredAt });
  at('queued', 0);
  for (let poll = 1; poll <= 1_000; poll += 1) {
    at('in_progress', poll * 1_000);
    requests.add({ request: requestOf('steps'), answeredAt: poll * 1_000 + 1 });
  }
  at('requires_action', 2_000_000);
  at('completed', 2_001_000);
  const events = requests.events();
  expect(events).toHaveLength(128);
  const inProgress = events.filter(({ attributes }) => attributes['spanport.run.status'] === 'in_progress');
  expect([events.at(0)?.time, inProgress.at(0)?.time, inProgress.at(-1)?.time]).toEqual([0, 1_000, 1_000_000]);
  expect(events.slice(-2).map(({ time }) => time)).toEqual([2_000_000, 2_001_000]);
});
