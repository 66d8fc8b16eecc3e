import { describe, expect, it } from 'vitest';
import { reconify } from '../../../src/vendors/reconify/index.ts';
import { capturedBody } from '../../support/vendor-cases.ts';
import { harnessOf, keysOf } from '../routes-harness.ts';

const track = (body: unknown) => ({ method: 'POST', path: '/track', body });
const run = capturedBody('reconify-assistant-default-session');
const chat = capturedBody('reconify-chat-session-user');
const client = { format: 'openai', appKey: 'app-key-1', apiKey: 'api-key-1', version: '3.0.0' };

describe("Reconify's routes", () => {
  it('store a run with its two messages', async () => {
    const harness = await harnessOf(reconify);
    expect(await harness.send(track(run))).toEqual({ status: 200, body: { status: 'ok' } });
    expect(harness.store.all).toEqual([
      expect.objectContaining({
        operation: 'invoke_agent',
        conversationId: 'thread_1',
        agent: { id: 'asst_1' },
        run: { id: 'run_1' },
        usage: { inputTokens: 557, outputTokens: 22 },
        startTime: 1725321819000,
        endTime: 1725321821000,
      }),
    ]);
  });

  it('store a chat call with its session and its user, and none of the keys', async () => {
    const harness = await harnessOf(reconify);
    await harness.send(track(chat));
    expect(harness.store.all[0]).toMatchObject({
      operation: 'chat',
      conversationId: 'MySessionId',
      user: { id: '123', firstName: 'Francis', isAuthenticated: true },
      responseId: 'chatcmpl-cap1',
    });
    expect(JSON.stringify(harness.store.writes)).not.toMatch(/app-key-1|api-key-1/);
  });

  it('store an interaction once that two handlers of the old client sent', async () => {
    const harness = await harnessOf(reconify);
    await harness.send(track(run));
    await harness.send(track(run));
    expect(harness.store.all).toHaveLength(1);
  });

  it('store a run without an answer, and a record without times at the time of receipt', async () => {
    const harness = await harnessOf(reconify);
    const { timestamps: _, ...record } = { ...(run as { timestamps: unknown }), response: null };
    await harness.send(track(record));
    expect(harness.store.all[0]).toMatchObject({ startTime: harness.now, endTime: harness.now });
    expect(harness.store.all[0]).not.toHaveProperty('outputMessages');
  });

  const names = ['5f-1763000000-0.png', '5f-1763000000-1.png'];
  const image = {
    reconify: { ...client, type: 'image' },
    request: { model: 'dall-e-2', prompt: 'a shop', n: 2, response_format: 'b64_json' },
    response: { created: 1763000000, data: names },
    timestamps: { request: 1763000000000, response: 1763000004000 },
  };
  const upload = (name: string, data: unknown, type = 'image-upload') => ({
    method: 'POST',
    path: '/upload',
    body: {
      reconify: { ...client, type },
      upload: { filename: name, type: 'response-image', data, format: 'b64_json' },
    },
  });
  const blob = (content: string) => ({ type: 'blob', modality: 'image', mime_type: 'image/png', content });

  it('put uploaded pictures into the call that they belong to', async () => {
    const harness = await harnessOf(reconify);
    await harness.send(track(image));
    expect(harness.store.all[0]?.outputMessages?.[0]?.parts).toEqual(
      names.map((uri) => ({ type: 'uri', modality: 'image', uri })),
    );
    const answers = await Promise.all([
      harness.send(upload('5f-1763000000-0.png', 'Zmlyc3Q=')),
      // The PyPI client sends the whole item of the answer.
      harness.send(upload('5f-1763000000-1.png', { b64_json: 'c2Vjb25k', url: null }, 'image_upload')),
    ]);
    expect(answers.map(({ body }) => body)).toEqual([{ status: 'ok' }, { status: 'ok' }]);
    expect(harness.store.all).toHaveLength(1);
    expect(harness.store.all[0]?.outputMessages?.[0]?.parts).toEqual([blob('Zmlyc3Q='), blob('c2Vjb25k')]);
    expect(JSON.stringify(harness.store.writes)).not.toMatch(/app-key-1|api-key-1/);
  });

  it('put pictures into their call that came before it', async () => {
    const harness = await harnessOf(reconify);
    await harness.send(upload('5f-1763000000-1.png', 'c2Vjb25k'));
    expect(JSON.stringify(harness.store.writes)).not.toMatch(/app-key-1|api-key-1/);
    await harness.send(track(image));
    expect(harness.store.all[0]?.outputMessages?.[0]?.parts).toEqual([
      { type: 'uri', modality: 'image', uri: '5f-1763000000-0.png' },
      blob('c2Vjb25k'),
    ]);
  });

  it('keep the pictures of a call that is tracked again, and none of them twice', async () => {
    const harness = await harnessOf(reconify);
    await harness.send(upload('5f-1763000000-0.png', 'Zmlyc3Q='));
    await harness.send(track(image));
    await harness.send(upload('5f-1763000000-1.png', 'c2Vjb25k'));
    await harness.send(track(image));
    expect(harness.store.all.map(({ outputMessages }) => outputMessages?.[0]?.parts)).toEqual([
      [blob('Zmlyc3Q='), blob('c2Vjb25k')],
    ]);
    // The pictures are in the call alone, so that they are deleted with it.
    const documents = [...harness.store.keptDocuments.values()];
    const [call] = harness.store.all;
    expect(documents.map(({ body, externalId }) => [body, externalId])).toEqual([
      [{ call: call?.id }, call?.traceId],
      [{ call: call?.id }, call?.traceId],
    ]);
  });

  it('keep the addresses of pictures that were not uploaded', async () => {
    const harness = await harnessOf(reconify);
    await harness.send(
      track({ ...image, response: { created: 1763000000, data: [{ url: 'https://example.invalid/a.png' }] } }),
    );
    expect(harness.store.all[0]?.outputMessages?.[0]?.parts).toEqual([
      { type: 'uri', modality: 'image', uri: 'https://example.invalid/a.png' },
    ]);
  });

  it.each([
    ['/track', {}, 'reconify'],
    ['/track', { reconify: { format: 'openai', version: '1' }, request: {} }, 'reconify.type'],
    ['/track', { reconify: { ...client, type: 'chat' } }, 'request'],
    ['/track', 'text', undefined],
    ['/upload', { reconify: client, upload: { data: 'eA==' } }, 'upload.filename'],
    ['/upload', undefined, undefined],
  ])('refuse POST %s of %j with 400 and the name of the field', async (path, body, field) => {
    const harness = await harnessOf(reconify);
    const answer = await harness.send({ method: 'POST', path, body });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      status: 'error',
      message: expect.stringContaining(field ?? 'The body'),
      ...(field !== undefined && { field }),
    });
    expect(harness.store.writes).toEqual([]);
  });

  it('accept the configured pair of keys alone', async () => {
    const right = await harnessOf(reconify, keysOf('api-key-1', 'app-key-1'));
    expect((await right.send(track(chat))).status).toBe(200);
    for (const keys of [keysOf('api-key-2', 'app-key-1'), keysOf('api-key-1', 'app-key-2')]) {
      const answer = await (await harnessOf(reconify, keys)).send(track(chat));
      expect(answer).toEqual({ status: 401, body: { status: 'error', message: expect.stringContaining('apiKey') } });
      expect(JSON.stringify(answer)).not.toMatch(/app-key-1|api-key-1/);
    }
  });
});
