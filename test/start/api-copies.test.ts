import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

/**
 * Copies of the API in one process. `modules/`: what the application has installed. `pinned-1.9` and `pinned-1.10`:
 * libraries that bring a copy of their own.
 */
let project: UserProject;
const installed = fileURLToPath(new URL('../../node_modules', import.meta.url));

beforeAll(async () => {
  project = await createUserProject();
  library('pinned-1.9', join(installed, '@opentelemetry/api'));
  library('pinned-1.10', join(installed, 'opentelemetry-api-1.10'));
});
afterAll(() => project.close());

function library(name: string, api: string): void {
  const scope = join(project.directory, 'node_modules', name, 'node_modules', '@opentelemetry');
  mkdirSync(scope, { recursive: true });
  cpSync(api, join(scope, 'api'), { recursive: true });
  project.write(
    `node_modules/${name}/package.json`,
    JSON.stringify({ name, exports: { import: './index.mjs', require: './index.cjs' } }),
  );
  project.write(`node_modules/${name}/index.mjs`, `export * from '@opentelemetry/api';`);
  project.write(`node_modules/${name}/index.cjs`, `module.exports = require('@opentelemetry/api');`);
}

async function run(program: string, flag: '--import' | '--require' | undefined, extension = 'mjs') {
  const file = join(project.directory, 'spans.jsonl');
  rmSync(file, { force: true });
  project.write(`app.${extension}`, program);
  const flags = flag ? [flag, 'spanport/register'] : [];
  const ran = await project.run(process.execPath, [...flags, `app.${extension}`], {
    env: { SPANPORT_DESTINATIONS: `file:${file}` },
  });
  const spans = existsSync(file) ? spansFromOtlpJson(readFileSync(file, 'utf8')) : [];
  return { ...ran, spans: spans.map(({ name }) => name).sort() };
}

const libraries = ['pinned-1.9', 'pinned-1.10'];

describe.each(['--import', '--require'] as const)('%s spanport/register', (flag) => {
  it('makes the spans of every copy of the API, imported or required', async () => {
    const program = `
      import { createRequire } from 'node:module';
      import { trace } from '@opentelemetry/api';
      const require = createRequire(import.meta.url);
      trace.getTracer('app').startSpan('application').end();
      for (const name of ${JSON.stringify(libraries)}) {
        require(name).trace.getTracer(name).startSpan(name + ' required').end();
        (await import(name)).trace.getTracer(name).startSpan(name + ' imported').end();
      }`;
    expect(await run(program, flag)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
      spans: [
        'application',
        'pinned-1.10 imported',
        'pinned-1.10 required',
        'pinned-1.9 imported',
        'pinned-1.9 required',
      ],
    });
  });

  it.each(['@opentelemetry/api', ...libraries])(
    'leaves the slot to a provider that %s registers',
    async (registering) => {
      const program = `
      import { createRequire } from 'node:module';
      const { trace, context, diag, DiagLogLevel } = await import(${JSON.stringify(registering)});
      const complaints = [];
      diag.setLogger({ error: (text) => complaints.push(text), warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);
      const early = trace.getTracer('early');
      early.startSpan('before').end();
      const names = [];
      const tracer = { startSpan: (name) => (names.push(name), trace.wrapSpanContext({ traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1', traceFlags: 1 })) };
      const registered = trace.setGlobalTracerProvider({ getTracer: () => tracer });
      const manager = { active: () => 'theirs', with: (c, fn, self, ...args) => fn.call(self, ...args), bind: (c, t) => t, enable() { return this; }, disable() { return this; } };
      const contexts = context.setGlobalContextManager(manager);
      early.startSpan('kept').end();
      trace.getTracer('late').startSpan('late').end();
      console.log(JSON.stringify({ registered, contexts, active: context.active(), names, complaints }));`;
      const { code, stdout, stderr, spans } = await run(program, flag);
      expect({ code, stderr, spans }).toEqual({ code: 0, stderr: '', spans: ['before'] });
      expect(JSON.parse(stdout)).toEqual({
        registered: true,
        contexts: true,
        active: 'theirs',
        names: ['kept', 'late'],
        complaints: [],
      });
    },
  );
});

describe('start()', () => {
  it.each(libraries)('takes over the tracers that %s handed out before, and gives them back', async (name) => {
    const program = `
      const { trace } = require(${JSON.stringify(name)});
      const kept = trace.getTracer('kept');
      kept.startSpan('before start').end();
      const early = trace.getTracer('early');
      const { start } = require('spanport');
      const handle = start();
      early.startSpan('while started').end();
      trace.getTracer('new').startSpan('new').end();
      handle.shutdown().then(() => {
        trace.getTracer('new').startSpan('after').end();
        console.log(globalThis[Symbol.for('opentelemetry.js.api.1')]?.trace === undefined);
      });`;
    expect(await run(program, undefined, 'cjs')).toEqual({
      code: 0,
      stdout: 'true\n',
      stderr: '',
      spans: ['new', 'while started'],
    });
  });
});
