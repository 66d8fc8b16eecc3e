import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

const example = (path: string): string => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
});

afterAll(() => project.close());

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
        response: ran.stdout.trim(),
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

  it('no-key.mjs: brings the fake server along', async () => {
    const ran = await project.run('node', [example('no-key.mjs'), example('chat-to-jaeger/app.mjs')], {
      env: { OPENAI_BASE_URL: 'http://127.0.0.1:9', OPENAI_API_KEY: '' },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('celsius 17');
  });
});
