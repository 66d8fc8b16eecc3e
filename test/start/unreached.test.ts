import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

let project: UserProject;
beforeAll(async () => {
  project = await createUserProject();
});
afterAll(() => project.close());

/** A bundled application: an HTTP instrumentation sees its requests, and no hook sees its client. */
async function run(spans: string, more = '', env: Record<string, string> = {}): Promise<string> {
  project.write(
    'app.mjs',
    `import { trace } from '@opentelemetry/api';
    const tracer = trace.getTracer('http');
    const span = (name, attributes) => tracer.startSpan(name, { attributes }).end();
    ${spans}
    ${more}
    await new Promise((resolve) => setTimeout(resolve, 1_500));`,
  );
  const ran = await project.run(process.execPath, ['--import', 'spanport/register', 'app.mjs'], {
    env: { SPANPORT_DESTINATIONS: 'file:spans.jsonl', ...env },
  });
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 0, stdout: '' });
  return ran.stderr;
}

const request = `for (let i = 0; i < 3; i += 1) span('POST', { 'url.full': 'https://api.openai.com/v1/chat/completions' });`;

describe('a call that is not recorded', () => {
  it('is reported once, with what to do', async () => {
    const stderr = await run(request);
    expect(stderr).toMatch(/^spanport: a request to a model was made by a client that is not instrumented.*\n$/);
    expect(stderr).toContain('instrumentOpenAI()');
  });

  it('is reported with the setting of Next.js under Next.js', async () => {
    const stderr = await run(`span('fetch POST http://127.0.0.1:1/v1/responses', {});`, '', { NEXT_RUNTIME: 'nodejs' });
    expect(stderr).toContain(`serverExternalPackages: ['spanport', 'openai']`);
  });
});

describe('a request by fetch, as in a bundle', () => {
  const ask = (path: string) =>
    `await (await fetch('${project.openai.endpoint}${path}', { method: 'POST', body: '{"model":"m","messages":[],"input":"x"}' })).text();`;

  it('is reported once, also when the process ends at once', async () => {
    project.write('ends.mjs', `${ask('/v1/chat/completions')}\n${ask('/v1/responses')}`);
    const ran = await project.run(process.execPath, ['--import', 'spanport/register', 'ends.mjs'], {
      env: { SPANPORT_DESTINATIONS: 'file:spans.jsonl' },
    });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/^spanport: a request to a model was made by a client that is not instrumented.*\n$/);
  });

  it('is also reported by the http module, as openai 4 makes it', async () => {
    const request = `import { request } from 'node:http';
      const sent = request('${project.openai.endpoint}/v1/chat/completions', { method: 'POST' }, (answer) => answer.resume());
      sent.end('{"model":"m","messages":[]}');`;
    expect(await run('', request)).toMatch(/^spanport: a request to a model was made by a client.*\n$/);
  });

  it.each([
    ['for other requests', '/v1/models', ''],
    ['when openai is instrumented', '/v1/chat/completions', `await import('openai');`],
    [
      'when another tracer records the call',
      '/v1/chat/completions',
      `span('chat m', { 'gen_ai.operation.name': 'chat' });`,
    ],
    [
      'while the application has a provider of its own',
      '/v1/chat/completions',
      `const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node'); new NodeTracerProvider().register();`,
    ],
  ])('is not reported %s', async (_, path, before) => {
    expect(await run(before, ask(path))).toBe('');
  });
});

describe('nothing is reported', () => {
  it.each([
    ['when openai is instrumented', request, `await import('openai');`],
    ['when another tracer records the call', request, `span('chat m', { 'gen_ai.operation.name': 'chat' });`],
    ['for other requests', `span('POST', { 'url.full': 'https://example.com/v1/orders' });`, ''],
  ])('%s', async (_, spans, more) => {
    expect(await run(spans, more)).toBe('');
  });
});
