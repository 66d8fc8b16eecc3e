import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../collector/server.mjs';
import { namesOf, openWorkshop, type Workshop } from './workshop.ts';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop('frameworks');
  workshop.write('package.json', '{ "private": true }');
  workshop.write('ask.mjs', `import OpenAI from 'openai';\n${ask}`);
  workshop.write('ask.cjs', `const OpenAI = require('openai');\n(async () => {${ask}})();`);
  workshop.write('first.mjs', `import 'spanport/register';\nimport OpenAI from 'openai';\n${ask}`);
  workshop.write(
    'started.mjs',
    `import OpenAI from 'openai';\nimport { instrumentOpenAI, start } from 'spanport';\nconst handle = start();\ninstrumentOpenAI(OpenAI);\n${ask}\nawait handle.shutdown();`,
  );
});
afterAll(() => workshop?.close());

const call = `new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })`;
const ask = `const answer = await ${call};\nif (answer.choices.length !== 1) throw new Error('no answer');`;
const recorded = { code: 0, stdout: '', stderr: '', spans: ['chat gpt-4o-mini'] };
const outcomeOf = async (command: string, args: readonly string[]) => {
  const ran = await workshop.run(command, args);
  return { ...ran, spans: namesOf(ran) };
};

describe('AI SDK 7 as documented, whose tracer pins a copy of the API', () => {
  it('gives spans under register', async () => {
    workshop.write(
      'ai.mjs',
      `import { createOpenAI } from '@ai-sdk/openai';
      import { OpenTelemetry } from '@ai-sdk/otel';
      import { generateText, registerTelemetry } from 'ai';
      registerTelemetry(new OpenTelemetry());
      const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
      await generateText({ model: openai.chat('gpt-4o-mini'), prompt: 'Hi' });`,
    );
    const { code, stderr, spans } = await outcomeOf('node', ['--import', 'spanport/register', 'ai.mjs']);
    expect({ code, stderr, spans }).toEqual({
      code: 0,
      stderr: '',
      spans: ['chat gpt-4o-mini', 'invoke_agent gpt-4o-mini', 'step 1'],
    });
  });
});

describe('Sentry 10, which pins a copy of the API and registers a provider', () => {
  it.each([
    ['mjs', `import * as Sentry from '@sentry/node';`, `const { default: OpenAI } = await import('openai');\n${ask}`],
    ['cjs', `const Sentry = require('@sentry/node');`, `const OpenAI = require('openai');\n(async () => {${ask}})();`],
  ])('leaves one record for a call in a %s application', async (extension, load, rest) => {
    const init = `Sentry.init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1 });`;
    workshop.write(`sentry.${extension}`, `${load}\n${init}\n${rest}`);
    expect(await outcomeOf('node', ['--import', 'spanport/register', `sentry.${extension}`])).toEqual(recorded);
  });
});

/** Runtimes come as npm packages with the program inside, for this platform alone. */
function runtime(path: string): string | undefined {
  const program = join(workshop.directory, '../node_modules', path);
  return existsSync(program) ? program : undefined;
}

const runtimeCases = (register: readonly string[]): [title: string, args: string[]][] => [
  ['spanport/register preloaded, ES module', [...register, 'ask.mjs']],
  ['spanport/register preloaded, CommonJS', [...register, 'ask.cjs']],
  ['spanport/register as the first import', ['first.mjs']],
  ['start()', ['started.mjs']],
];

describe('Bun', () => {
  it.for(runtimeCases(['--preload', 'spanport/register']))('records with %s', async ([, args], context) => {
    const bun = runtime('@oven/bun-linux-x64/bin/bun');
    if (!bun) context.skip('The npm package with Bun is for Linux on x64.');
    else expect(await outcomeOf(bun, args)).toEqual(recorded);
  });
});

describe('Deno', () => {
  it.for(runtimeCases(['--import', 'npm:spanport/register']))('records with %s', async ([, args], context) => {
    const deno = runtime('@deno/linux-x64-glibc/deno');
    if (!deno) context.skip('The npm package with Deno is for Linux on x64.');
    else expect(await outcomeOf(deno, ['run', '-A', '--node-modules-dir=manual', ...args])).toEqual(recorded);
  });
});

/** Serves a production build, asks one route and ends the server as an operator does. */
const serve = `
import { spawn } from 'node:child_process';
const [route, port] = process.argv.slice(2);
const next = spawn(process.execPath, ['../../node_modules/next/dist/bin/next', 'start', '-p', port], { stdio: ['ignore', 'ignore', 'inherit'] });
const url = 'http://127.0.0.1:' + port + route;
for (let tries = 0; ; tries += 1) {
  try {
    const { choices, answer } = await (await fetch(url)).json();
    if (choices !== 1 && !answer) throw new Error('no answer');
    break;
  } catch (error) {
    if (tries === 1_200) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
await new Promise((resolve) => setTimeout(resolve, 1_500));
next.kill('SIGTERM');
await new Promise((resolve) => next.once('exit', resolve));
`;

describe('a production build of Next.js 16', () => {
  const route = (imports: string, client: string) => `import OpenAI from 'openai';
${imports}
export const dynamic = 'force-dynamic';
export async function GET() {
  const openai = ${client};
  const answer = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
  return Response.json({ choices: answer.choices.length });
}`;

  function application(folder: string, settings: string, instrumentation: string): void {
    workshop.write(`${folder}/package.json`, '{ "private": true }');
    workshop.write(
      `${folder}/next.config.mjs`,
      `import { join } from 'node:path';
      const root = join(import.meta.dirname, '../..');
      export default { outputFileTracingRoot: root, turbopack: { root }, ${settings} };`,
    );
    workshop.write(`${folder}/serve.mjs`, serve);
    workshop.write(
      `${folder}/app/layout.js`,
      'export default function Layout({ children }) { return <html><body>{children}</body></html>; }',
    );
    workshop.write(`${folder}/app/plain/route.js`, route('', 'new OpenAI()'));
    workshop.write(
      `${folder}/app/wrapped/route.js`,
      route(`import { instrumentOpenAI } from 'spanport';`, 'instrumentOpenAI(new OpenAI())'),
    );
    workshop.write(
      `${folder}/instrumentation.js`,
      `export async function register() { if (process.env.NEXT_RUNTIME === 'nodejs') { ${instrumentation} } }`,
    );
  }

  async function build(folder: string): Promise<void> {
    const env = { NEXT_TELEMETRY_DISABLED: '1', CI: '1' };
    const built = await workshop.run('node', ['../../node_modules/next/dist/bin/next', 'build'], { cwd: folder, env });
    expect({ code: built.code, said: built.stderr.match(/spanport/gi) }).toEqual({ code: 0, said: null });
  }

  async function ask(folder: string, path: string): Promise<{ chats: number; stderr: string }> {
    const [port] = await freePorts(1);
    const ran = await workshop.run('node', ['serve.mjs', path, String(port)], {
      cwd: folder,
      env: { NEXT_TELEMETRY_DISABLED: '1' },
    });
    return { chats: namesOf(ran).filter((name) => name === 'chat gpt-4o-mini').length, stderr: ran.stderr };
  }

  describe('in its default setup', () => {
    beforeAll(async () => {
      application('bundled', '', `const { start } = await import('spanport'); start();`);
      await build('bundled');
    });

    it('records a client that went through instrumentOpenAI in another bundle than start()', async () => {
      expect(await ask('bundled', '/wrapped')).toEqual({ chats: 1, stderr: '' });
    });

    it('says once what to do about a client that did not', async () => {
      const { chats, stderr } = await ask('bundled', '/plain');
      expect(chats).toBe(0);
      expect(stderr.match(/serverExternalPackages: \['spanport', 'openai'\]/g)).toHaveLength(1);
    });
  });

  it('records every client with serverExternalPackages, by importing spanport/register: examples/nextjs', async () => {
    const example = fileURLToPath(new URL('../../examples/nextjs/', import.meta.url));
    for (const path of readdirSync(example, { recursive: true, encoding: 'utf8' })) {
      if (path.endsWith('js')) workshop.write(`external/${path}`, readFileSync(join(example, path), 'utf8'));
    }
    renameSync(
      join(workshop.directory, 'external/next.config.mjs'),
      join(workshop.directory, 'external/own.config.mjs'),
    );
    workshop.write('external/package.json', '{ "private": true }');
    workshop.write('external/serve.mjs', serve);
    workshop.write(
      'external/next.config.mjs',
      `import { join } from 'node:path';
      import own from './own.config.mjs';
      const root = join(import.meta.dirname, '../..');
      export default { ...own, outputFileTracingRoot: root, turbopack: { root } };`,
    );
    await build('external');
    expect(await ask('external', '/api/chat')).toEqual({ chats: 1, stderr: '' });
  });
});
