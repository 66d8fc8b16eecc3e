import { expect, it } from 'vitest';
import { RunStatuses } from '../../src/instrumentation/openai/assistants/run-statuses.ts';
import { ASSISTANT_ID, openScene } from './assistants-scene.ts';

const observed = (span: { readonly events: readonly { readonly name: string; readonly attributes?: object }[] }) =>
  span.events
    .filter(({ name }) => name === 'spanport.run.status')
    .map(({ attributes = {} }) => Object.values(attributes as Record<string, string>).join(' '));

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

it('keeps every change within the limit: repeated statuses are dropped first', () => {
  const statuses = new RunStatuses();
  const at = (status: string, time: number) => statuses.add({ status, source: 'retrieve', time });
  at('queued', 0);
  for (let poll = 1; poll <= 1_000; poll += 1) at('in_progress', poll * 1_000);
  at('requires_action', 2_000_000);
  at('completed', 2_001_000);
  const events = statuses.events();
  expect(events).toHaveLength(128);
  const inProgress = events.filter(({ attributes }) => attributes['spanport.run.status'] === 'in_progress');
  expect([events.at(0)?.time, inProgress.at(0)?.time, inProgress.at(-1)?.time]).toEqual([0, 1_000, 1_000_000]);
  expect(events.slice(-2).map(({ time }) => time)).toEqual([2_000_000, 2_001_000]);
});
