import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
  project.write('pass.mjs', 'export const load = (url, context, next) => next(url, context);');
});
afterAll(() => project.close());

const ask = `await new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });`;

interface Ran {
  readonly spans: readonly string[];
  readonly stdout: string;
}

/** Runs a program, and reads the spans that it wrote. */
async function run(file: string, program: string, flags: readonly string[] = []): Promise<Ran> {
  const path = join(project.directory, 'spans.jsonl');
  rmSync(path, { force: true });
  project.write(file, program);
  const { code, stdout, stderr } = await project.run(process.execPath, [...flags, file], {
    env: { SPANPORT_DESTINATIONS: `file:${path}` },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return {
    stdout,
    spans: existsSync(path) ? spansFromOtlpJson(readFileSync(path, 'utf8')).map(({ name }) => name) : [],
  };
}

const threads = `console.log(process.moduleLoadList.includes('NativeModule internal/modules/esm/hooks') ? 'a thread' : 'no thread');`;

/** In earlier releases of Node 22 to 25 a hook that runs in the main thread is not sound: see module-hook.ts. */
const hooks = /^(21|23)\.|^22\.(\d|1\d|2[01])\.|^22\.22\.[012]$|^24\.(\d|10)\.|^24\.11\.0$|^25\.0\./.test(
  process.versions.node,
)
  ? 'a thread\n'
  : 'no thread\n';

describe('ES modules', () => {
  it('are hooked by register without a thread', async () => {
    const program = `import OpenAI from 'openai';\n${ask}\n${threads}`;
    expect(await run('app.mjs', program, ['--import', 'spanport/register'])).toEqual({
      spans: ['chat gpt-4o-mini'],
      stdout: hooks,
    });
  });

  it('are hooked by start() in CommonJS without a thread', async () => {
    const program = `require('spanport').start();
      import('openai').then(async ({ OpenAI }) => { ${ask} ${threads} });`;
    expect(await run('app.cjs', program)).toEqual({ spans: ['chat gpt-4o-mini'], stdout: hooks });
  });

  it('are recorded in a worker thread', async () => {
    project.write('in-worker.mjs', `import OpenAI from 'openai';\n${ask}`);
    const program = `import { Worker } from 'node:worker_threads'; new Worker(new URL('in-worker.mjs', import.meta.url));`;
    const { spans } = await run('starts-worker.mjs', program, ['--import', 'spanport/register']);
    expect(spans).toEqual(['chat gpt-4o-mini']);
  });

  it('are unchanged for an application that reads them itself', async () => {
    const program = `import { readFile } from 'node:fs/promises';
      import { readFileSync } from 'node:fs';
      const file = new URL('node_modules/openai/index.mjs', import.meta.url);
      console.log((await readFile(file)).equals(readFileSync(file)), (await import('openai')).OpenAI.name, readFile.name, readFile.length);`;
    const plain = await run('reads.mjs', program);
    expect(plain.stdout).toMatch(/^true OpenAI readFile \d\n$/);
    expect(await run('reads.mjs', program, ['--import', 'spanport/register'])).toEqual(plain);
  });

  it('that are missing are reported as without register', async () => {
    const program = `import { readFile } from 'node:fs/promises';
      for (const load of [readFile, (file) => import(file)])
        await load(new URL('nowhere/index.mjs', import.meta.url)).catch(({ code, message }) => console.log(code, message));`;
    const plain = await run('misses.mjs', program);
    expect(plain.stdout.split('\n')).toHaveLength(3);
    expect(await run('misses.mjs', program, ['--import', 'spanport/register'])).toEqual(plain);
  });
});

describe('next to a loader of another tool', () => {
  const app = `import OpenAI from 'openai';\n${ask}`;
  const importing = `import('openai').then(async ({ OpenAI }) => { ${ask} });`;

  it('ES modules are recorded when its loader was registered before', async () => {
    project.write('other.mjs', `import { register } from 'node:module';\nregister('./pass.mjs', import.meta.url);`);
    const { spans } = await run('app.mjs', app, ['--import', './other.mjs', '--import', 'spanport/register']);
    expect(spans).toEqual(['chat gpt-4o-mini']);
  });

  it('ES modules are recorded when its loader is registered later', async () => {
    project.write('other.mjs', `import { register } from 'node:module';\nregister('./pass.mjs', import.meta.url);`);
    const { spans } = await run('app.mjs', app, ['--import', 'spanport/register', '--import', './other.mjs']);
    expect(spans).toEqual(['chat gpt-4o-mini']);
  });

  it('ES modules are recorded when its loader is registered in the turn in which openai is imported', async () => {
    const program = `const { register } = require('node:module');
      const { pathToFileURL } = require('node:url');
      require('spanport').start();
      register('./pass.mjs', pathToFileURL(__filename));
      ${importing}`;
    expect((await run('late.cjs', program)).spans).toEqual(['chat gpt-4o-mini']);
  });

  it('ES modules are recorded with --experimental-loader', async () => {
    const flags = ['--no-warnings', '--experimental-loader', './pass.mjs', '--import', 'spanport/register'];
    expect((await run('app.mjs', app, flags)).spans).toEqual(['chat gpt-4o-mini']);
  });

  it('CommonJS that such a loader reads is recorded', async () => {
    project.write(
      'reads-commonjs.mjs',
      `import { readFileSync } from 'node:fs';
      export async function load(url, context, next) {
        const loaded = await next(url, context);
        return loaded.format === 'commonjs' ? { ...loaded, source: readFileSync(new URL(url)) } : loaded;
      }`,
    );
    project.write(
      'other.mjs',
      `import { register } from 'node:module';\nregister('./reads-commonjs.mjs', import.meta.url);`,
    );
    project.write('uses.cjs', `const { OpenAI } = require('openai');\n(async () => { ${ask} })();`);
    const { spans } = await run('app.mjs', `import './uses.cjs';`, [
      '--import',
      'spanport/register',
      '--import',
      './other.mjs',
    ]);
    expect(spans).toEqual(['chat gpt-4o-mini']);
  });
});
