import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { endAllRuns } from '../../src/instrumentation/openai/assistants/index.ts';
import { ASSISTANT_ID, openScene } from './assistants-scene.ts';

const checker = process.env['SPANPORT_CHECK_SPANS'] ?? '';
if (!existsSync(checker)) console.info('skipped: the conventions of runs (SPANPORT_CHECK_SPANS names no checker)');

/** What the independent checker has against the spans. */
function violations(spans: readonly ReadableSpan[], ...options: readonly string[]): unknown {
  const body = JsonTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array();
  try {
    execFileSync(process.execPath, [checker, ...options, '-'], { input: body, encoding: 'utf8' });
    return undefined;
  } catch (error) {
    return (error as { stdout?: string }).stdout;
  }
}

/** Every kind of span that runs give, in every kind of ending. */
async function everything({ client, server, ask, recorder }: Awaited<ReturnType<typeof openScene>>): Promise<void> {
  const { assistants, threads } = client.beta;
  const { runs, messages } = threads;
  const own = await assistants.create({
    model: 'gpt-4o',
    name: 'Own',
    description: 'Of this test',
    instructions: 'Be kind.',
  });
  await assistants.create({ model: 'gpt-4o' });
  const hours = {
    type: 'function' as const,
    function: { name: 'hours', description: 'Hours', parameters: { type: 'object' } },
  };
  const assistant = { assistant_id: ASSISTANT_ID, tools: [hours, { type: 'code_interpreter' as const }] };

  server.reply({
    rounds: [
      {
        toolCalls: [
          { name: 'hours', arguments: { day: 'Sunday' } },
          { name: 'hours', arguments: 'not JSON' },
        ],
      },
      {
        builtIns: [
          { type: 'code_interpreter', code: '1', logs: '2' },
          { type: 'file_search', queries: ['q'] },
        ],
        text: 'Closed.',
      },
    ],
  });
  const run = await runs.stream(await ask(), assistant).finalRun();
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
  const outputs = calls.map(({ id }) => ({ tool_call_id: id, output: 'closed' }));
  await runs.submitToolOutputsStream(run.id, { thread_id: run.thread_id, tool_outputs: outputs }).done();

  for (const status of ['completed', 'incomplete', 'failed', 'cancelled', 'expired', 'in_progress'] as const) {
    server.reply(status === 'completed' ? 'Hi' : { end: { status } });
    const id = await ask();
    const made = await runs.create(id, { ...assistant, assistant_id: own.id });
    for (let polls = 0; polls < 3; polls += 1) await runs.retrieve(made.id, { thread_id: id });
    await messages.list(id);
  }
  server.fault({ status: 400, match: 'POST /threads/:id/runs' });
  await runs.create(await ask(), assistant).catch(() => {});
  const left = await runs.create(await ask(), { ...assistant, stream: true });
  for await (const { event } of left) if (event === 'thread.message.delta') break;
  endAllRuns(recorder);
}

it.skipIf(!existsSync(checker)).each([
  ['with content on spans', true, '--expect-content'],
  ['without content', false, '--expect-no-content'],
])('keeps to the conventions %s', async (_, contentOnSpans, option) => {
  const scene = await openScene({ capture: { contentOnSpans } });
  await everything(scene);
  expect(scene.runSpans()).toHaveLength(9);
  expect(violations(scene.spans(), option, '--min-genai', '15')).toBeUndefined();
});
