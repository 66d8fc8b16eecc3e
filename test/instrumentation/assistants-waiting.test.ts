import { afterEach, expect, it, vi } from 'vitest';
import { diag } from '../../src/diagnostics/diag.ts';
import { endWaitingRuns, outputUnseenCount } from '../../src/instrumentation/openai/assistants/index.ts';
import { ObservedRun } from '../../src/instrumentation/openai/assistants/run.ts';
import { ASSISTANT_ID, interactionOf, only, openScene } from './assistants-scene.ts';

const assistant = { assistant_id: ASSISTANT_ID };

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The clock stands still, but for the timers of the waiting run; requests go on. */
const stopClock = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });

async function completed(options: Parameters<typeof openScene>[0] = {}) {
  const scene = await openScene(options);
  const id = await scene.ask();
  const run = await scene.client.beta.threads.runs.create(id, assistant);
  stopClock();
  let { status } = run;
  while (status !== 'completed')
    ({ status } = await scene.client.beta.threads.runs.retrieve(run.id, { thread_id: id }));
  return { ...scene, id, run };
}

it('waits for the messages of a completed run, and ends at the time the run was seen completed', async () => {
  const { client, id, runSpans, recorded } = await completed();
  expect(runSpans()).toHaveLength(0);
  const seenAt = Date.now();
  const until = performance.now() + 30;
  while (performance.now() < until);
  await client.beta.threads.messages.list(id);
  expect(recorded().outputMessages).toHaveLength(1);
  expect(recorded().endTime).toBeLessThanOrEqual(seenAt + 5);
});

it('waits one second and not longer', async () => {
  const { runSpans, recorded } = await completed();
  await vi.advanceTimersByTimeAsync(990);
  expect(runSpans()).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(20);
  expect(runSpans()).toHaveLength(1);
  expect(recorded()).toMatchObject({ finishReasons: ['stop'], run: { status: 'completed' } });
  expect(recorded().outputMessages).toBeUndefined();
});

it('does not wait when nobody wants to read', async () => {
  const { runSpans } = await completed({ content: false });
  expect(runSpans()).toHaveLength(1);
});

it('keeps the ids of messages where their text is not wanted', async () => {
  const { recorded } = await completed({ content: false });
  expect(recorded().inputMessages).toBeUndefined();
  expect(recorded().messageIds).toEqual({ in: [expect.stringMatching(/^msg_/)] });
});

it('stops waiting on a flush', async () => {
  const { runSpans, recorder } = await completed();
  endWaitingRuns(recorder);
  expect(runSpans()).toHaveLength(1);
});

it('stops waiting when the next run begins on the thread', async () => {
  const { client, id, runSpans } = await completed();
  await client.beta.threads.runs.create(id, assistant);
  expect(runSpans()).toHaveLength(1);
});

it('goes on waiting while messages of another run are listed', async () => {
  const { client, id, run, runSpans } = await completed();
  await client.beta.threads.messages.list(id, { run_id: 'run_other' });
  expect(runSpans()).toHaveLength(0);
  await client.beta.threads.messages.list(id, { run_id: run.id, limit: 1 });
  expect(runSpans()).toHaveLength(1);
});

it('takes a message that is retrieved for the answer', async () => {
  const { client, id, run, recorded } = await completed();
  const steps = await client.beta.threads.runs.steps.list(run.id, { thread_id: id });
  const details = steps.data[0]?.step_details;
  const messageId = details?.type === 'message_creation' ? details.message_creation.message_id : '';
  await client.beta.threads.messages.retrieve(messageId, { thread_id: id });
  expect(recorded().messageIds?.out).toEqual([messageId]);
});

it('counts a run that was recorded without its answer', async () => {
  const { recorder } = await completed();
  await vi.advanceTimersByTimeAsync(1_010);
  expect(outputUnseenCount(recorder)).toBe(1);
});

it('waits as long as the option says', async () => {
  const { runSpans } = await completed({ capture: { runMessagesWaitMillis: 50 } });
  await vi.advanceTimersByTimeAsync(40);
  expect(runSpans()).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(20);
  expect(runSpans()).toHaveLength(1);
});

it('fetches the messages that the application did not read, if that is asked for', async () => {
  const { runSpans, recorded } = await completed({ capture: { fetchRunMessages: true, runMessagesWaitMillis: 10 } });
  await vi.advanceTimersByTimeAsync(10);
  vi.useRealTimers();
  await vi.waitUntil(() => runSpans().length > 0, 60_000);
  expect(recorded().outputMessages).toHaveLength(1);
});

it('ends without messages that cannot be fetched, and throws nothing', async () => {
  const { server, runSpans, recorded } = await completed({
    capture: { fetchRunMessages: true, runMessagesWaitMillis: 10 },
  });
  server.fault({ status: 500, match: /messages/ });
  await vi.advanceTimersByTimeAsync(10);
  vi.useRealTimers();
  await vi.waitUntil(() => runSpans().length > 0, 60_000);
  expect(recorded().outputMessages).toBeUndefined();
});

it('ends what is still open when the process ends, as unknown', async () => {
  const { client, ask, runSpans, recorder } = await openScene();
  const run = await client.beta.threads.runs.create(await ask(), assistant);
  endWaitingRuns(recorder);
  expect(runSpans()).toHaveLength(0);
  process.emit('beforeExit', 0);
  expect(interactionOf(only(runSpans()))).toMatchObject({
    run: { id: run.id, status: 'unknown' },
    outcome: { status: 'ok' },
  });
});

it('ends the other runs when one cannot be ended, and throws nothing', async () => {
  const { client, ask, runSpans } = await openScene();
  await client.beta.threads.runs.create(await ask(), assistant);
  const second = await client.beta.threads.runs.create(await ask(), assistant);
  const report = vi.spyOn(diag, 'error').mockReturnValue();
  vi.spyOn(ObservedRun.prototype, 'end').mockImplementationOnce(() => {
    throw new Error('broken');
  });
  process.emit('beforeExit', 0);
  expect(interactionOf(only(runSpans())).run?.id).toBe(second.id);
  expect(report).toHaveBeenCalledTimes(1);
});
