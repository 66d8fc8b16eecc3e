import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

const chunk = (content: string) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }] })}\n\n`;
const events = `${chunk('Grüße ')}${chunk('🦊')}data: [DONE]\n\n`;
const question = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hi' }] };

const exchange = (body: object | null, response: string, method = 'POST', path = '/v1/chat/completions') => ({
  request: { method, path, body },
  response: {
    status: 200,
    headers: {
      'content-type': response.startsWith('data:') ? 'text/event-stream' : 'application/json',
      'x-request-id': 'req_1',
    },
    body: response,
  },
});
const run = (status: string) =>
  exchange(null, JSON.stringify({ id: 'run_1', thread_id: 't', status }), 'GET', '/v1/threads/t/runs/run_1');

describe('recorded exchanges on the fake server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'spanport-recordings-'));
  let fake: FakeOpenAI;
  beforeAll(async () => {
    const interactions = [
      exchange({ ...question, stream: true }, events),
      exchange({ ...question, messages: [] }, '{"id":"other"}'),
      exchange(question, '{"id":"plain"}'),
      run('queued'),
      run('completed'),
    ];
    writeFileSync(join(directory, 'a.json'), JSON.stringify({ name: 'test[a]', tags: ['chat'], interactions }));
    fake = await startFakeOpenAI({ recordings: directory });
  });
  afterAll(async () => {
    await fake.close();
    rmSync(directory, { recursive: true });
  });

  const clientOf = (chunks?: 'event' | 'whole' | number) =>
    new OpenAI({ baseURL: fake.recorded('test[a]', chunks).baseURL, apiKey: 'any', maxRetries: 0 });

  it.each(['event', 'whole', 5, 1] as const)('plays an event stream cut by %s', async (chunks) => {
    const stream = await clientOf(chunks).chat.completions.create({ ...question, stream: true });
    let text = '';
    for await (const part of stream) text += part.choices[0]?.delta.content;
    expect(text).toBe('Grüße 🦊');
  });

  it('chooses by stream flag, then by body, then by order', async () => {
    const client = clientOf();
    const ids = [];
    for (let call = 0; call < 3; call += 1) ids.push((await client.chat.completions.create(question)).id);
    expect(ids).toEqual(['plain', 'other', 'plain']);
  });

  it('repeats the last answer, so that polling ends', async () => {
    const { runs } = clientOf().beta.threads;
    const seen = [];
    for (let look = 0; look < 3; look += 1) seen.push((await runs.retrieve('run_1', { thread_id: 't' })).status);
    expect(seen).toEqual(['queued', 'completed', 'completed']);
  });

  it('says what it has, and that it has nothing', async () => {
    expect(fake.recordings).toEqual(['test[a]']);
    expect(fake.recorded('test[a]')).toMatchObject({ tags: ['chat'], steps: [{ method: 'POST' }, {}, {}, {}, {}] });
    expect(() => fake.recorded('none')).toThrow('No recorded exchange of the name none');
    await expect(clientOf().models.list()).rejects.toThrow('Nothing recorded for GET /v1/models');
  });
});
