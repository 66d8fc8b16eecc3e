import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

const example = (path: string): string => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
});

afterAll(() => project.close());

const textOf = (body: unknown): string => JSON.stringify(body);

/** A backend that takes OTLP/JSON or protobuf. */
async function startBackend(): Promise<{ url: string; requests: { path: string; bytes: Buffer }[]; close(): void }> {
  const requests: { path: string; bytes: Buffer }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      requests.push({ path: request.url ?? '', bytes });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, close: () => void server.close() };
}

describe('examples, run as their READMEs say and without a key', () => {
  it('chat-to-jaeger: a conversation with a tool is one trace of three spans', async () => {
    const ran = await project.run('node', ['--import', 'spanport/register', example('chat-to-jaeger/app.mjs')], {
      env: { SPANPORT_DESTINATIONS: 'file:chat.jsonl' },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('celsius 17');
    const spans = spansFromOtlpJson(readFileSync(`${project.directory}/chat.jsonl`, 'utf8')).toSorted(
      (a, b) => a.startTime[1] - b.startTime[1],
    );
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans.map(({ attributes }) => attributes['gen_ai.operation.name']).toSorted()).toEqual([
      'chat',
      'chat',
      'execute_tool',
    ]);
  });

  it('assistant-to-athina: the run’s message arrives as one inference, grouped by its thread', async () => {
    const ran = await project.run('node', [example('assistant-to-athina/app.mjs')]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const bodies = project.sinks.athina.received.map(({ body }) => body);
    expect(bodies).toEqual([
      expect.objectContaining({
        language_model_id: 'gpt-4o-mini',
        user_query: 'Where is my order 1042?',
        session_id: expect.stringMatching(/^thread_/),
        customer_user_id: 'u-17',
        environment: 'staging',
        response: ran.stdout.split('\n')[0],
      }),
    ]);
  });

  it.each([['polling.mjs'], ['streaming.mjs']])(
    'reconify-handler/%s: the run is logged once, message in and message out',
    async (file) => {
      const before = project.sinks.reconify.received.length;
      const ran = await project.run('node', [example(`reconify-handler/${file}`)]);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      const sent = project.sinks.reconify.received.slice(before);
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject({
        status: 200,
        body: {
          reconify: { format: 'openai', type: 'assistant' },
          request: {
            object: 'thread.message',
            role: 'user',
            content: [{ text: { value: 'What are the store hours?' } }],
          },
          response: { object: 'thread.message', role: 'assistant', usage: { total_tokens: expect.any(Number) } },
        },
      });
    },
  );

  it('python-to-kore: each call in a Collector file is one record', async () => {
    const spans = example('python-to-kore/spans.jsonl');
    const ran = await project.run('npx', ['spanport', 'export', spans, '--to', 'kore'], {
      env: { SPANPORT_KORE_OUTPUT: 'file:kore.jsonl' },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const records = readFileSync(`${project.directory}/kore.jsonl`, 'utf8').trim().split('\n');
    expect(records).toHaveLength(3);
    expect(records[0]).toContain('What is the capital of Portugal?');
    expect(records[0]).toContain('Lisbon.');
  });

  it('worker-queue: jobs that run at once keep their own contexts', async () => {
    const ran = await project.run('node', [example('worker-queue/app.mjs')], {
      env: { SPANPORT_DESTINATIONS: 'file:jobs.jsonl' },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const attributes = spansFromOtlpJson(readFileSync(`${project.directory}/jobs.jsonl`, 'utf8')).map(
      (span) => span.attributes,
    );
    const pick = (name: string): unknown[] => attributes.map((each) => each[name]).toSorted();
    expect(pick('gen_ai.conversation.id')).toEqual(['ticket-1', 'ticket-2']);
    expect(pick('spanport.task.id')).toEqual(['job-ticket-1', 'job-ticket-2']);
    expect(pick('user.id')).toEqual(['u-17', 'u-18']);
  });

  it('serverless-handler: the call is sent before the handler returns', async () => {
    const before = project.sinks.athina.received.length;
    const ran = await project.run('node', [example('serverless-handler/app.mjs')], {
      env: { SPANPORT_DESTINATIONS: 'athina' },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(project.sinks.athina.received.slice(before).map(({ body }) => body)).toEqual([
      expect.objectContaining({ customer_user_id: 'u-17', user_query: 'Is the shop open on Sunday?' }),
    ]);
  });

  it('background-response: the queued request and its answer are one record', async () => {
    const before = project.sinks.athina.received.length;
    const ran = await project.run('node', [example('background-response/app.mjs')], {
      env: { SPANPORT_DESTINATIONS: 'athina', POLL_MILLIS: '5' },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(project.sinks.athina.received.slice(before).map(({ body }) => body)).toEqual([
      expect.objectContaining({
        session_id: 'report-1',
        user_query: 'Write a report on the shop on Sundays.',
        response: ran.stdout.split('\n')[0],
        total_tokens: expect.any(Number),
      }),
    ]);
  });

  it('feedback-to-inkeep: the verdict names the answer that Inkeep has', async () => {
    const before = project.sinks.inkeep.received.length;
    const ran = await project.run('node', [example('feedback-to-inkeep/app.mjs')], {
      env: { INKEEPANALYTICS_API_INTEGRATION_KEY: 'key', INKEEP_ANALYTICS_URL: project.sinks.inkeep.url },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const received = project.sinks.inkeep.received.slice(before);
    expect(received.map(({ path, status }) => [path, status])).toEqual([
      ['/conversations', 200],
      ['/feedback', 200],
    ]);
    const [conversation, feedback] = received.map(({ body }) => body as Record<string, unknown>);
    expect(feedback).toMatchObject({ type: 'positive' });
    expect(textOf(conversation)).toContain(textOf(feedback?.['messageId']));
  });

  it('from-athina-calls: what the application knows is in the fields of the hand-written call', async () => {
    const before = project.sinks.athina.received.length;
    const ran = await project.run('node', [example('from-athina-calls/app.mjs')]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(project.sinks.athina.received.slice(before).map(({ body }) => body)).toEqual([
      expect.objectContaining({
        session_id: 'visit-1',
        customer_user_id: 'u-17',
        customer_id: 'acme',
        environment: 'production',
        prompt_slug: 'shop-desk',
        context: { hours: 'Monday to Saturday, 9 to 18' },
        response: ran.stdout.split('\n')[0],
      }),
    ]);
  });

  it.each([
    ['from-traceloop', '/v1/traces', 'TRACELOOP_BASE_URL', { TRACELOOP_API_KEY: 'key' }, 'execute_tool opening_hours'],
    [
      'from-langfuse',
      '/api/public/otel/v1/traces',
      'LANGFUSE_BASE_URL',
      { LANGFUSE_PUBLIC_KEY: 'public', LANGFUSE_SECRET_KEY: 'secret' },
      'chat gpt-4o-mini',
    ],
  ])('%s: the backend gets the spans with their texts and the session', async (name, path, variable, keys, span) => {
    const backend = await startBackend();
    const ran = await project.run('node', [example(`${name}/app.mjs`)], { env: { ...keys, [variable]: backend.url } });
    backend.close();
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(backend.requests.map((request) => request.path))).toEqual(new Set([path]));
    const sent = Buffer.concat(backend.requests.map(({ bytes }) => bytes)).toString('latin1');
    for (const text of [span, 'Is the shop open on Sunday?', 'visit-1', 'u-17']) expect(sent).toContain(text);
  });

  it('no-key.mjs: brings the fake server along', async () => {
    const ran = await project.run('node', [example('no-key.mjs'), example('chat-to-jaeger/app.mjs')], {
      env: { OPENAI_BASE_URL: 'http://127.0.0.1:9', OPENAI_API_KEY: '' },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('celsius 17');
  });
});

describe('examples, as text', () => {
  const folders = readdirSync(example('.'), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  const filesOf = (folder: string): string[] =>
    readdirSync(example(folder), { recursive: true, encoding: 'utf8' }).filter((path) => /\.m?js$/.test(path));
  const read = (path: string): string => readFileSync(example(path), 'utf8');

  it.each(folders)('%s is in the list, and says where to look', (folder) => {
    expect(read('README.md')).toContain(`](${folder})`);
    expect(read(`${folder}/README.md`)).toMatch(/Where to look|shows the records/);
  });

  it.each(folders.filter((folder) => filesOf(folder).length > 0))(
    '%s imports only what its install line installs',
    (folder) => {
      const [, line = ''] = /npm install (\S*spanport\S*[^`\n]*)/.exec(read(`${folder}/README.md`)) ?? [];
      const installed = line
        .split(' ')
        .map((name) => name.replace(/(?<=.)@[\d.]+$/, '').replace(/.*spanport-[\d.]+\.tgz$/, 'spanport'));
      const imported = filesOf(folder)
        .flatMap((file) =>
          [...read(`${folder}/${file}`).matchAll(/(?:from|import\() ?'([^'.][^']*)'/g)].map(([, name = '']) => name),
        )
        .filter((name) => !name.startsWith('node:'))
        .map((name) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        );
      expect(installed).toContain('spanport');
      expect([...new Set(imported)].filter((name) => !installed.includes(name))).toEqual([]);
    },
  );
});
