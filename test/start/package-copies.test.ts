import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

/** `same`: a second copy of this version. `other`: a copy whose shared state has another shape. */
let project: UserProject;
const repository = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(async () => {
  project = await createUserProject();
  for (const name of ['same', 'other']) {
    const folder = join(project.directory, 'node_modules', name);
    cpSync(join(repository, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(repository, 'package.json'), join(folder, 'package.json'));
  }
  const file = join(project.directory, 'node_modules/other/dist/cjs/chunks/tracing.js');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('"spanport.state.1"');
  writeFileSync(file, text.replaceAll('"spanport.state.1"', '"spanport.state.0"'));
});
afterAll(() => project.close());

async function run(program: string, flags: readonly string[] = [], env: Record<string, string> = {}) {
  const path = join(project.directory, 'spans.jsonl');
  rmSync(path, { force: true });
  project.write('app.cjs', program);
  const { code, stdout, stderr } = await project.run(process.execPath, [...flags, 'app.cjs'], {
    env: { SPANPORT_DESTINATIONS: `file:${path}`, ...env },
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const spans = existsSync(path) ? spansFromOtlpJson(readFileSync(path, 'utf8')).map(({ name }) => name) : [];
  return { spans, stderr };
}

const ask = `new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })`;

describe('two copies of Spanport in one process', () => {
  it.each([
    ['one starts and the other instruments', `require('spanport').start(); require('same').instrumentOpenAI(OpenAI);`],
    ['the other instruments first', `require('same').instrumentOpenAI(OpenAI); require('spanport').start();`],
    ['both start', `require('spanport').start(); require('same').start();`],
    [
      'one instruments, and both have an instrumentation',
      `require('spanport').start(); new (require('same').OpenAIInstrumentation)();`,
    ],
  ])('make one record for a call: %s', async (_, opening) => {
    const { spans } = await run(`const OpenAI = require('openai');\n${opening}\n${ask};`);
    expect(spans).toEqual(['chat gpt-4o-mini']);
  });

  it.each([
    ['of the same build', `const { AthinaSpanExporter } = require('same/athina');`],
    ['of the build for bundlers', `const { AthinaSpanExporter } = await import('./node_modules/same/dist/athina.js');`],
  ])('pass content from the instrumentation of one to an exporter of the other: %s', async (_, loading) => {
    const program = `const OpenAI = require('openai');
      const { BasicTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
      const { OpenAIInstrumentation } = require('spanport');
      const instrumentation = new OpenAIInstrumentation();
      (async () => {
        ${loading}
        const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new AthinaSpanExporter())] });
        instrumentation.setTracerProvider(provider);
        await ${ask};
        await provider.shutdown();
      })();`;
    const { received } = project.sinks.athina;
    const before = received.length;
    await run(program);
    expect(received.slice(before).map(({ body }) => body)).toMatchObject([
      { prompt: [{ role: 'user', content: 'Hi' }] },
    ]);
  });

  it('make one record for a call under register, with a copy that only adds what the application knows', async () => {
    const program = `const OpenAI = require('openai');
      const { withContext, traceTool } = require('same');
      withContext({ user: { id: 'u' } }, async () => {
        await ${ask};
        await traceTool('look_up', async () => 1)();
      });`;
    const { spans, stderr } = await run(program, ['--import', 'spanport/register']);
    expect(spans.sort()).toEqual(['chat gpt-4o-mini', 'execute_tool look_up']);
    expect(stderr).toBe('');
  });

  it('make one record for a call where they share no state, and the second one warns', async () => {
    const program = `const OpenAI = require('openai');
      require('spanport').start();
      require('other').start();
      ${ask};`;
    const { spans, stderr } = await run(program, [], { OTEL_LOG_LEVEL: 'warn' });
    expect(spans).toEqual(['chat gpt-4o-mini']);
    expect(stderr.match(/another version of spanport has patched this openai/g)).toHaveLength(1);
  });
});
