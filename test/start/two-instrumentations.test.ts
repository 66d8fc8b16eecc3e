import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

/**
 * Another instrumentation on our provider, as far as it matters here: it makes a GenAI span around or inside the call,
 * with what the model answered.
 */
const other = `
import { context, trace } from '@opentelemetry/api';
const tracer = trace.getTracer('another-instrumentation');
export async function around(work, more = {}) {
  const span = tracer.startSpan('chat gpt-4o-mini', {
    kind: 2,
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o-mini' },
  });
  const answer = await context.with(trace.setSpan(context.active(), span), work);
  span.setAttributes({
    'gen_ai.response.id': answer.id, 'gen_ai.response.model': answer.model,
    'gen_ai.usage.input_tokens': answer.usage.prompt_tokens, 'gen_ai.usage.output_tokens': answer.usage.completion_tokens, ...more,
  });
  span.end();
  return answer;
}`;
const ask = `new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })`;

let project: UserProject;
beforeAll(async () => {
  project = await createUserProject();
  project.write('other.mjs', other);
});
afterAll(() => project.close());

async function recordsOf(program: string): Promise<number> {
  project.write('app.mjs', `import OpenAI from 'openai';\nimport { around } from './other.mjs';\n${program}`);
  const before = project.sinks.athina.received.length;
  const ran = await project.run(process.execPath, ['--import', 'spanport/register', 'app.mjs'], {
    env: { SPANPORT_DESTINATIONS: 'athina' },
  });
  expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
  return project.sinks.athina.received.length - before;
}

describe('a call that another instrumentation records on our provider as well', () => {
  it('has one record', async () => {
    expect(await recordsOf(`await around(() => ${ask});`)).toBe(1);
  });

  it('has a record of its own for each of two calls', async () => {
    expect(await recordsOf(`await around(() => ${ask}); await around(() => ${ask});`)).toBe(2);
  });

  it('is not taken for the same one where its answer has another id', async () => {
    expect(await recordsOf(`await around(() => ${ask}, { 'gen_ai.response.id': 'chatcmpl-other' });`)).toBe(2);
  });
});
