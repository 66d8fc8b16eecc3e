import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { activeRecorders } from '../../src/instrumentation/active-recorders.ts';
import { endAllRuns } from '../../src/instrumentation/openai/assistants/index.ts';
import { ASSISTANT_ID, openScene } from './assistants-scene.ts';

async function toolRun({ client, server, ask }: Awaited<ReturnType<typeof openScene>>): Promise<string> {
  const { runs, messages } = client.beta.threads;
  const tools = [{ type: 'function' as const, function: { name: 'hours' } }];
  server.reply({ rounds: [{ toolCalls: [{ id: 'call_1', name: 'hours' }] }, 'Closed.'] });
  const id = await ask();
  const run = await runs.create(id, { assistant_id: ASSISTANT_ID, tools });
  await runs.poll(run.id, { thread_id: id });
  const outputs = { thread_id: id, tool_outputs: [{ tool_call_id: 'call_1', output: 'closed' }] };
  await runs.submitToolOutputsStream(run.id, outputs).done();
  await runs.steps.list(run.id, { thread_id: id });
  return (await messages.list(id)).data[0]?.run_id ?? '';
}

it('makes no span of any part of a run that the sampler left out', async () => {
  const exporter = new InMemorySpanExporter();
  const scene = await openScene();
  scene.recorder.setTracerProvider(
    new NodeTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  expect(await toolRun(scene)).toMatch(/^run_/);
  endAllRuns(scene.recorder);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

it('leaves a run alone that was begun while the instrumentation was disabled', async () => {
  const scene = await openScene();
  activeRecorders.disable(scene.recorder);
  expect(await toolRun(scene)).toMatch(/^run_/);
  endAllRuns(scene.recorder);
  expect(scene.spans()).toEqual([]);
});

it('ends a run that was begun before the instrumentation was disabled', async () => {
  const scene = await openScene();
  const run = await scene.client.beta.threads.runs.create(await scene.ask(), { assistant_id: ASSISTANT_ID });
  activeRecorders.disable(scene.recorder);
  await scene.client.beta.threads.runs.poll(run.id, { thread_id: run.thread_id });
  endAllRuns(scene.recorder);
  expect(scene.runSpans()).toHaveLength(1);
});
