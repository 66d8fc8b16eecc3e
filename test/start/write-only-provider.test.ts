import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

/** As Sentry 10 has it: a provider whose spans have the API's methods, and no attribute that can be read. */
const provider = `
import { trace } from '@opentelemetry/api';
export const written = [];
class WriteOnlySpan {
  #id = String(written.length + 1).padStart(16, '0');
  #entry;
  constructor(name, attributes = {}) { written.push((this.#entry = { name, attributes: { ...attributes }, ended: false })); }
  spanContext() { return { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: this.#id, traceFlags: 1 }; }
  isRecording() { return !this.#entry.ended; }
  setAttribute(name, value) { this.#entry.attributes[name] = value; return this; }
  setAttributes(values) { Object.assign(this.#entry.attributes, values); return this; }
  setStatus() { return this; }
  updateName(name) { this.#entry.name = name; return this; }
  addEvent() { return this; }
  addLink() { return this; }
  addLinks() { return this; }
  recordException() {}
  end() { this.#entry.ended = true; }
}
trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: (name, { attributes } = {}) => new WriteOnlySpan(name, attributes) }) });
`;

let project: UserProject;
beforeAll(async () => {
  project = await createUserProject();
  project.write('provider.mjs', provider);
});
afterAll(() => project.close());

it('delivers calls whose spans the application’s provider makes in a form that cannot be read', async () => {
  const file = join(project.directory, 'spans.jsonl');
  rmSync(file, { force: true });
  project.write(
    'app.mjs',
    `import OpenAI from 'openai';
    import { written } from './provider.mjs';
    const openai = new OpenAI({ maxRetries: 0 });
    const ask = (model) => openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'planted' }] });
    await ask('gpt-4o-mini');
    await new OpenAI({ baseURL: 'http://127.0.0.1:9', maxRetries: 0 }).embeddings.create({ model: 'm', input: 'x' }).catch(() => {});
    console.log(JSON.stringify(written.map(({ name, ended, attributes }) => [name, ended, attributes['gen_ai.response.model'] !== undefined])));`,
  );
  const before = project.sinks.athina.received.length;
  const { code, stdout, stderr } = await project.run(process.execPath, ['--import', 'spanport/register', 'app.mjs'], {
    env: { SPANPORT_DESTINATIONS: `athina,file:${file}` },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual([
    ['chat gpt-4o-mini', true, true],
    ['embeddings m', true, false],
  ]);
  const [chat, failed] = spansFromOtlpJson(readFileSync(file, 'utf8'));
  expect(chat).toMatchObject({
    name: 'chat gpt-4o-mini',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '0000000000000001',
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o-mini' },
  });
  expect(failed).toMatchObject({ name: 'embeddings m', status: { code: 2 } });
  expect(project.sinks.athina.received).toHaveLength(before + 1);
  expect(JSON.stringify(project.sinks.athina.received.at(-1))).toContain('planted');
});
