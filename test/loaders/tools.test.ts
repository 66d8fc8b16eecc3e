import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namesOf, openWorkshop, type Workshop } from './workshop.ts';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop('tools');
  workshop.write('started.mjs', `${imports}\n${started}\nawait main();`);
  workshop.write('started-in-function.mjs', `${imports}\n${started}\nmain();`);
});
afterAll(() => workshop?.close());

const ask = `new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })`;
const imports = `import OpenAI from 'openai';
import { instrumentOpenAI, start, withContext } from 'spanport';
import { AthinaSpanExporter } from 'spanport/athina';`;
const started = `async function main() {
  const handle = start();
  instrumentOpenAI(OpenAI);
  await withContext({ user: { id: 'u-1' } }, () => ${ask});
  if (typeof AthinaSpanExporter !== 'function') throw new Error('no exporter');
  await handle.shutdown();
}`;
const silent = { code: 0, stdout: '', stderr: '' };
const recorded = (ran: Awaited<ReturnType<Workshop['run']>>) => ({
  ...ran,
  spans: namesOf(ran),
  users: ran.spans.map(({ attributes }) => attributes['user.id']),
});
const one = { ...silent, spans: ['chat gpt-4o-mini'], users: ['u-1'] };

/** Runs a bundle where it was made, and where nothing is installed. */
async function runBundle(bundle: string): Promise<void> {
  expect(recorded(await workshop.run('node', [bundle]))).toEqual(one);
  const away = mkdtempSync(join(tmpdir(), 'spanport-bundle-'));
  try {
    cpSync(join(workshop.directory, 'out'), away, { recursive: true });
    const program = join(away, bundle.replace('out/', ''));
    expect(recorded(await workshop.run('node', [program]))).toEqual(one);
  } finally {
    rmSync(away, { recursive: true });
  }
}

describe('esbuild', () => {
  it.each([
    ['esm', 'started.mjs', 'out/esm.mjs'],
    ['cjs', 'started-in-function.mjs', 'out/cjs.cjs'],
  ])('makes a bundle in %s that records', async (format, entry, bundle) => {
    const args = [
      entry,
      '--bundle',
      '--platform=node',
      `--format=${format}`,
      `--outfile=${bundle}`,
      '--log-level=warning',
    ];
    const { code, stdout, stderr } = await workshop.run('npx', ['--no-install', 'esbuild', ...args]);
    expect({ code, stdout, stderr }).toEqual(silent);
    await runBundle(bundle);
  });

  it('makes a bundle whose spool writes in the calling thread, with one warning, where the worker is missing', async () => {
    const away = mkdtempSync(join(tmpdir(), 'spanport-bundle-'));
    try {
      cpSync(join(workshop.directory, 'out'), away, { recursive: true });
      // What the spool needs on Node 20, without the package itself.
      for (const name of ['libsql', '@libsql', '@neon-rs', 'detect-libc']) {
        cpSync(join(workshop.directory, '../node_modules', name), join(away, 'node_modules', name), {
          recursive: true,
        });
      }
      const spool = join(away, 'spool');
      const env = {
        SPANPORT_DESTINATIONS: 'athina',
        ATHINA_API_KEY: 'k',
        ATHINA_BASE_URL: 'http://127.0.0.1:9',
        SPANPORT_SPOOL_DIR: spool,
        OTEL_LOG_LEVEL: 'warn',
      };
      const { code, stderr } = await workshop.run('node', ['cjs.cjs'], { cwd: away, env });
      expect({ code, warnings: stderr.match(/the spool writes in the calling thread/g) }).toEqual({
        code: 0,
        warnings: ['the spool writes in the calling thread'],
      });
      const status = await workshop.run('npx', [
        '--no-install',
        'spanport',
        'spool',
        'status',
        '--json',
        '--dir',
        spool,
      ]);
      expect(JSON.parse(status.stdout)).toMatchObject({ destinations: [{ name: 'athina', records: 1 }] });
    } finally {
      rmSync(away, { recursive: true });
    }
  });
});

describe('webpack', () => {
  it.each([
    ['CommonJS', 'started-in-function.mjs', 'out/webpack.cjs', ''],
    ['ES modules', 'started.mjs', 'out/webpack.mjs', `module: true, chunkFormat: 'module',`],
  ])('makes a bundle of %s that records, without a warning', async (_, entry, bundle, more) => {
    workshop.write(
      'webpack.cjs',
      `const { webpack } = require('webpack');
      const config = {
        mode: 'production', target: 'node20', context: __dirname, entry: './${entry}', optimization: { minimize: false },
        experiments: { outputModule: ${more !== ''} },
        output: { ${more} path: __dirname + '/out', filename: '${bundle.replace('out/', '')}' },
      };
      webpack(config, (error, stats) => {
        const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
        for (const each of [error, ...errors, ...warnings]) if (each) console.error(each.message);
      });`,
    );
    const { code, stdout, stderr } = await workshop.run('node', ['webpack.cjs']);
    expect({ code, stdout, stderr }).toEqual(silent);
    await runBundle(bundle);
  });
});

describe('Jest with its defaults', () => {
  it('requires the package and records', async () => {
    workshop.write('jest/package.json', '{ "private": true }');
    workshop.write(
      'jest/app.test.js',
      `const OpenAI = require('openai');
      const { instrumentOpenAI, start } = require('spanport');
      const { startFakeOpenAI } = require('spanport/testing');
      test('an answer', async () => {
        const fake = await startFakeOpenAI();
        const handle = start();
        instrumentOpenAI(OpenAI);
        const openai = new OpenAI({ baseURL: fake.baseURL });
        const answer = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
        expect(answer.choices).toHaveLength(1);
        await handle.shutdown();
        await fake.close();
      });`,
    );
    const ran = await workshop.run('npx', ['--no-install', 'jest'], { cwd: 'jest' });
    expect({ code: ran.code, spans: namesOf(ran) }).toEqual({ code: 0, spans: ['chat gpt-4o-mini'] });
    expect(ran.stderr).not.toMatch(/spanport/i);
  });
});

describe('Vitest with its defaults', () => {
  it('imports the package and records', async () => {
    workshop.write('vitest/package.json', '{ "private": true, "type": "module" }');
    workshop.write(
      'vitest/app.test.ts',
      `import OpenAI from 'openai';
      import { instrumentOpenAI, start } from 'spanport';
      import { expect, test } from 'vitest';
      test('an answer', async () => {
        const handle = start();
        instrumentOpenAI(OpenAI);
        const answer = await ${ask};
        expect(answer.choices).toHaveLength(1);
        await handle.shutdown();
      });`,
    );
    const ran = await workshop.run('npx', ['--no-install', 'vitest', 'run'], { cwd: 'vitest' });
    expect({ code: ran.code, stderr: ran.stderr, spans: namesOf(ran) }).toEqual({
      code: 0,
      stderr: '',
      spans: ['chat gpt-4o-mini'],
    });
  });
});

describe('tsx', () => {
  const body = (open: string, close: string) =>
    `import OpenAI from 'openai';\n${open}const answer = await ${ask};\nif (answer.choices.length !== 1) throw new Error('no answer');${close}\n`;
  beforeAll(() => {
    workshop.write('ask.mts', body('', ''));
    workshop.write('ask.cts', body('async function main(): Promise<void> {\n', '\n}\nvoid main();'));
    workshop.write('first.mts', `import 'spanport/register';\n${body('', '')}`);
    workshop.write(
      'first.cts',
      `import 'spanport/register';\n${body('async function main(): Promise<void> {\n', '\n}\nvoid main();')}`,
    );
  });

  it.each([
    ['--import', 'ask.mts'],
    ['--import', 'ask.cts'],
    ['--require', 'ask.mts'],
    ['--require', 'ask.cts'],
  ])('%s spanport/register records %s', async (flag, file) => {
    const ran = await workshop.run('npx', ['--no-install', 'tsx', flag, 'spanport/register', file]);
    expect({ ...ran, spans: namesOf(ran) }).toEqual({ ...silent, spans: ['chat gpt-4o-mini'] });
  });

  it.each(['first.mts', 'first.cts'])('records with spanport/register as the first import of %s', async (file) => {
    const ran = await workshop.run('npx', ['--no-install', 'tsx', file]);
    expect({ ...ran, spans: namesOf(ran) }).toEqual({ ...silent, spans: ['chat gpt-4o-mini'] });
  });
});

describe('TypeScript 5', () => {
  const consumer = readFileSync(new URL('../package/apps/consumer.ts', import.meta.url), 'utf8');
  it.each([
    ['node10', 'consumer.ts', ['--module', 'commonjs', '--moduleResolution', 'node10']],
    ['nodenext', 'consumer.mts', ['--module', 'nodenext']],
    ['nodenext', 'consumer.cts', ['--module', 'nodenext']],
    ['bundler', 'consumer.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
  ])('resolves the types with %s from %s', async (_, file, options) => {
    workshop.write(file, consumer);
    const args = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--skipLibCheck', ...options, file];
    const { code, stdout } = await workshop.run('npx', ['--no-install', 'tsc', ...args]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });
});

describe('a provider of OpenTelemetry SDK 1.x, as Genkit brings it', () => {
  it('passes its spans on to every destination', async () => {
    workshop.write(
      'sdk1.mjs',
      `import { trace } from '@opentelemetry/api';
      import { NodeTracerProvider } from 'opentelemetry-sdk-1';
      new NodeTracerProvider().register();
      const { default: OpenAI } = await import('openai');
      await trace.getTracer('app').startActiveSpan('request', async (span) => {
        await ${ask};
        span.end();
      });`,
    );
    const env = {
      SPANPORT_DESTINATIONS: `file:${join(workshop.directory, 'spans.jsonl')},kore,otlp`,
      SPANPORT_KORE_OUTPUT: `file:${join(workshop.directory, 'kore.jsonl')}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: workshop.openai.baseURL.replace(/\/v1$/, ''),
    };
    const ran = await workshop.run('node', ['--import', 'spanport/register', 'sdk1.mjs'], { env });
    const [chat] = ran.spans;
    expect({ code: ran.code, spans: namesOf(ran) }).toEqual({ code: 0, spans: ['chat gpt-4o-mini'] });
    expect(chat?.scope?.name).toBe('spanport');
    expect(chat?.parentSpanId).toMatch(/^[0-9a-f]{16}$/);
    expect(readFileSync(join(workshop.directory, 'kore.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
    // The fake server refuses OTLP, which is reported: nothing is lost in silence.
    expect(ran.stderr).toMatch(/otlp/);
  });
});
