import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
  const modules = join(project.directory, 'node_modules');
  const openai = fileURLToPath(new URL('../../node_modules/openai', import.meta.url));
  cpSync(openai, join(modules, 'ai-client'), { recursive: true });
  project.write(
    'package.json',
    JSON.stringify({ private: true, type: 'module', dependencies: { 'ai-client': 'npm:openai@6' } }),
  );
});
afterAll(() => project.close());

const ask = `const answer = await new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
if (!answer.choices[0].message.content) throw new Error('no answer');`;
const inFunction = `(async () => {${ask}})();`;

async function spansOf(file: string, program: string, flags: readonly string[] = []): Promise<string[]> {
  const path = join(project.directory, 'spans.jsonl');
  rmSync(path, { force: true });
  project.write(file, program);
  const ran = await project.run(process.execPath, [...flags, file], { env: { SPANPORT_DESTINATIONS: `file:${path}` } });
  expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
  return existsSync(path) ? spansFromOtlpJson(readFileSync(path, 'utf8')).map(({ name }) => name) : [];
}

describe('spanport/register as the first import', () => {
  it.each([
    ['openai', `import 'spanport/register';\nimport OpenAI from 'openai';\n${ask}`],
    ['openai under an alias', `import 'spanport/register';\nimport OpenAI from 'ai-client';\n${ask}`],
    ['openai/client', `import 'spanport/register';\nimport { OpenAI } from 'openai/client';\n${ask}`],
    [
      'openai, imported later',
      `import 'spanport/register';\nconst { default: OpenAI } = await import('openai');\n${ask}`,
    ],
  ])('records %s in an ES module', async (_, program) => {
    expect(await spansOf('first.mjs', program)).toEqual(['chat gpt-4o-mini']);
  });

  it.each([
    ['openai', `require('spanport/register');\nconst OpenAI = require('openai');\n${inFunction}`],
    ['openai, required before', `const OpenAI = require('openai');\nrequire('spanport/register');\n${inFunction}`],
    ['openai under an alias', `require('spanport/register');\nconst OpenAI = require('ai-client');\n${inFunction}`],
    ['openai/client', `require('spanport/register');\nconst { OpenAI } = require('openai/client');\n${inFunction}`],
  ])('records %s in CommonJS', async (_, program) => {
    expect(await spansOf('first.cjs', program)).toEqual(['chat gpt-4o-mini']);
  });

  it('loads no openai for an application that a preload of its own traces', async () => {
    project.write('tracing.mjs', `import 'spanport/register';`);
    project.write('watch.mjs', `import { register } from 'node:module';\nregister('./seen.mjs', import.meta.url);`);
    project.write(
      'seen.mjs',
      `import { writeSync } from 'node:fs';
      export function load(url, context, next) {
        if (url.includes('node_modules/openai/')) writeSync(2, url);
        return next(url, context);
      }`,
    );
    expect(await spansOf('none.mjs', '', ['--import', './watch.mjs', '--import', './tracing.mjs'])).toEqual([]);
  });
});

describe('--import spanport/register', () => {
  it.each([
    ['ai-client', `import OpenAI from 'ai-client';\n${ask}`],
    ['openai/index', `import OpenAI from 'openai/index';\n${ask}`],
    ['openai/client', `import { OpenAI } from 'openai/client';\n${ask}`],
    ['openai/azure', `import 'openai/azure';\nimport OpenAI from 'openai';\n${ask}`],
  ])('records what an ES module imports as %s', async (_, program) => {
    expect(await spansOf('app.mjs', program, ['--import', 'spanport/register'])).toEqual(['chat gpt-4o-mini']);
  });

  it.each([
    ['ai-client', `const OpenAI = require('ai-client');\n${inFunction}`],
    ['openai/index', `const OpenAI = require('openai/index');\n${inFunction}`],
    ['openai/client', `const { OpenAI } = require('openai/client');\n${inFunction}`],
  ])('records what CommonJS requires as %s', async (_, program) => {
    expect(await spansOf('app.cjs', program, ['--import', 'spanport/register'])).toEqual(['chat gpt-4o-mini']);
  });
});
