import { context, trace } from '@opentelemetry/api';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { expect, it } from 'vitest';
import { traceTool } from '../../src/instrumentation/trace-tool.ts';
import { ASSISTANT_ID, only, openScene, toolOf, tracer } from './assistants-scene.ts';

const tools = [{ type: 'function' as const, function: { name: 'hours' } }];
const callsOf = (run: Run) => run.required_action?.submit_tool_outputs.tool_calls ?? [];
const plan = { rounds: [{ toolCalls: [{ id: 'call_1', name: 'hours', arguments: { day: 'Sunday' } }] }, 'Closed.'] };

async function asked() {
  const scene = await openScene();
  scene.server.reply(plan);
  const { runs } = scene.client.beta.threads;
  const run = await runs.createAndPoll(await scene.ask(), { assistant_id: ASSISTANT_ID, tools });
  const answer = async (output: string): Promise<void> => {
    const tool_outputs = callsOf(run).map(({ id }) => ({ tool_call_id: id, output }));
    await runs.submitToolOutputsStream(run.id, { thread_id: run.thread_id, tool_outputs }).done();
    await runs.steps.list(run.id, { thread_id: run.thread_id });
  };
  return { ...scene, run, answer };
}

const hours = async ({ day }: { day: string }): Promise<string> => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return `${day}: closed`;
};

it.each([
  ['by its name and arguments', undefined],
  ['by its id', { callId: 'call_1' }],
])('gives a call of a run the one span of traceTool, found %s', async (_, options) => {
  const { toolSpans, runSpans, recorded, answer } = await asked();
  await answer(await traceTool('hours', hours, options)({ day: 'Sunday' }));
  const tool = only(toolSpans());
  expect(tool.parentSpanContext?.spanId).toBe(only(runSpans()).spanContext().spanId);
  expect(tool.attributes).toMatchObject({ 'gen_ai.tool.call.id': 'call_1', 'gen_ai.agent.name': 'Desk' });
  const execution = { name: 'hours', id: 'call_1', arguments: { day: 'Sunday' }, result: 'Sunday: closed' };
  expect(toolOf(tool)).toMatchObject({ name: 'hours', id: 'call_1' });
  expect(recorded().toolExecutions).toMatchObject([execution]);
  const { startTime = 0, endTime = 0 } = recorded().toolExecutions?.[0] ?? {};
  expect(endTime - startTime).toBeGreaterThan(5);
});

it('tells a tool that threw as an error, in the run too', async () => {
  const { toolSpans, recorded, answer } = await asked();
  const broken = traceTool('hours', async () => Promise.reject(new TypeError('no')), { callId: 'call_1' });
  await expect(broken()).rejects.toThrow();
  await answer('it failed');
  expect(only(toolSpans()).attributes['error.type']).toBe('TypeError');
  expect(recorded().toolExecutions).toMatchObject([{ name: 'hours', errorType: 'TypeError', result: 'it failed' }]);
});

it('gives a tool that runs under another span a link to it', async () => {
  const { toolSpans, runSpans, answer } = await asked();
  const worker = tracer.startSpan('worker');
  const output = await context.with(trace.setSpan(context.active(), worker), () =>
    traceTool('hours', hours, { callId: 'call_1' })({ day: 'Sunday' }),
  );
  await answer(output);
  expect(only(toolSpans()).parentSpanContext?.spanId).toBe(only(runSpans()).spanContext().spanId);
  expect(only(toolSpans()).links.map((link) => link.context.spanId)).toEqual([worker.spanContext().spanId]);
});
