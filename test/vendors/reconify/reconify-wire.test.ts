import { describe, expect, it } from 'vitest';
import { fullInteraction, fullRun } from '../../../src/testing/sample-interactions.ts';
import { reconify } from '../../../src/vendors/reconify/index.ts';
import { capturedBody } from '../../support/vendor-cases.ts';

const keys = { appKey: 'app-key-of-ours', apiKey: 'api-key-of-ours' };
const options = reconify.resolveOptions(keys, {});
const client = { format: 'openai', type: 'chat', version: '3.1.0' };
const minimal = { reconify: client, request: { model: 'gpt-4o', messages: [] }, response: null };

/** A run as the README beside the codec shows it. */
const assistant = {
  reconify: { format: 'openai', type: 'assistant', version: '3.1.0', appKey: '<app>', apiKey: '<key>' },
  timestamps: { request: 1763000000000, response: 1763000001840 },
  session: null,
  sessionTimeout: null,
  user: { userId: 'u-17' },
  request: {
    id: 'msg_in_1',
    object: 'thread.message',
    created_at: 1762999999,
    assistant_id: 'asst_9',
    thread_id: 'thread_8Kq',
    run_id: null,
    role: 'user',
    content: [{ type: 'text', text: { value: 'Is the shop open on Sunday?', annotations: [] } }],
    attachments: [],
    metadata: {},
    model: 'gpt-4o-mini',
  },
  response: {
    id: 'msg_out_1',
    object: 'thread.message',
    created_at: 1763000001,
    assistant_id: 'asst_9',
    thread_id: 'thread_8Kq',
    run_id: 'run_5',
    role: 'assistant',
    content: [{ type: 'text', text: { value: 'No, we are closed on Sunday.', annotations: [] } }],
    attachments: [],
    metadata: {},
    usage: { prompt_tokens: 41, completion_tokens: 9, total_tokens: 50 },
  },
};

async function decodeOne(body: unknown) {
  const [interaction, ...others] = await reconify.decode(body);
  expect(others).toEqual([]);
  return interaction;
}

function payloadOf(interaction: typeof fullInteraction, given: Partial<typeof options> = {}) {
  return reconify.encode(interaction, { ...options, ...given })[0]?.payload;
}

describe('a request to Reconify', () => {
  it('carries both keys in its body, where the old clients put them', () => {
    const [record] = reconify.encode(fullRun, options);
    expect(JSON.stringify(record)).not.toContain('-of-ours');
    if (!record) throw new Error('no record was encoded');
    const request = reconify.request(record.payload, options);
    expect(request).toMatchObject({ method: 'POST', url: 'https://track.reconify.com/track' });
    const { reconify: client, ...rest } = JSON.parse(String(request.body));
    expect(client).toEqual({ format: 'openai', type: 'assistant', version: '3.1.0', ...keys });
    expect({ reconify: record.payload.reconify, ...rest }).toEqual(record.payload);
  });

  it('goes to the tracker of the environment, a whole URL', () => {
    const environment = { RECONIFY_APP_KEY: 'a', RECONIFY_API_KEY: 'b', RECONIFY_TRACKER: 'http://h:4318/x/track/' };
    expect(reconify.resolveOptions({}, environment)).toMatchObject({
      appKey: 'a',
      apiKey: 'b',
      tracker: 'http://h:4318/x/track',
    });
  });

  it.each([
    ['the first key', { RECONIFY_API_KEY: 'b' }, /RECONIFY_APP_KEY is not set/],
    ['the second key', { RECONIFY_APP_KEY: 'a' }, /RECONIFY_API_KEY is not set/],
  ])('is impossible without %s, which is said at start', (_, environment, message) => {
    expect(reconify.isConfigured(environment)).toBe(true);
    expect(() => reconify.resolveOptions({}, environment)).toThrow(message);
  });
});

describe('a record of Reconify', () => {
  it('names a session only where the application or the configuration has one', () => {
    const { sessionId: _, ...unnamed } = fullRun;
    expect(payloadOf(unnamed)).toMatchObject({ session: null, request: { thread_id: 'conv_1' } });
    expect(payloadOf(fullRun, { session: 'desk' })).toMatchObject({ session: 'session_1' });
    expect(payloadOf(unnamed, { session: 'desk', sessionTimeout: 20 })).toMatchObject({
      session: 'desk',
      sessionTimeout: 20,
    });
  });

  it('knows a user by what the application said of them', () => {
    expect(payloadOf({ ...fullRun, user: {} })?.user).toEqual({});
    expect(payloadOf({ ...fullRun, user: { id: 'u', fullName: 'Jane Q. Doe', isAuthenticated: false } })?.user).toEqual(
      {
        userId: 'u',
        firstName: 'Jane Q.',
        lastName: 'Doe',
        isAuthenticated: 0,
      },
    );
  });

  it.each([
    ['a failed call', { ...fullInteraction, outcome: { status: 'error', type: '500' } as const }],
    ['a cancelled run', { ...fullRun, outcome: { status: 'error', type: 'cancelled' } as const }],
  ])('is made of %s only when asked for', (_, failed) => {
    expect(reconify.encode(failed, options)).toEqual([]);
    expect(payloadOf(failed, { sendFailures: true })).toMatchObject({ response: null });
  });

  it('keeps the ids of messages whose text was dropped', () => {
    const { inputMessages: _, outputMessages: __, ...silent } = fullRun;
    expect(payloadOf(silent)).toMatchObject({
      request: { id: 'msg_1', content: [] },
      response: { id: 'msg_2', content: [], usage: { total_tokens: 50 } },
    });
  });

  it('has a prompt and a text for a former completion', () => {
    expect(payloadOf({ ...fullInteraction, operation: 'text_completion' })).toMatchObject({
      reconify: { type: 'completion' },
      request: { model: 'gpt-4o-mini', prompt: expect.any(String) },
      response: { object: 'text_completion', choices: [{ index: 0, finish_reason: 'stop', text: expect.any(String) }] },
    });
  });
});

describe('a tracked interaction of another client', () => {
  it('is read as a run, without its keys', async () => {
    const run = await decodeOne(assistant);
    expect(JSON.stringify(run)).not.toMatch(/<app>|<key>/);
    expect(run).toMatchObject({
      id: 'run::run_5',
      operation: 'invoke_agent',
      provider: 'openai',
      requestModel: 'gpt-4o-mini',
      conversationId: 'thread_8Kq',
      agent: { id: 'asst_9' },
      run: { id: 'run_5' },
      inputMessages: [{ role: 'user', id: 'msg_in_1', createdAt: 1762999999000 }],
      outputMessages: [{ role: 'assistant', id: 'msg_out_1', createdAt: 1763000001000 }],
      usage: { inputTokens: 41, outputTokens: 9 },
      startTime: 1763000000000,
      endTime: 1763000001840,
    });
  });

  it('is written for a run as the npm module wrote it, but for the keys', async () => {
    const { reconify: identity, ...body } = capturedBody('reconify-assistant-default-session') as typeof assistant;
    const { appKey: _, apiKey: __, ...client } = identity;
    const read = await reconify.decode({ reconify: identity, ...body });
    const written = read.flatMap((run) => reconify.encode(run, options)).map(({ payload }) => payload);
    expect(written).toEqual([{ reconify: client, ...body }]);
  });

  it('is read as a chat with its session and user', async () => {
    expect(await decodeOne(capturedBody('reconify-chat-session-user'))).toMatchObject({
      operation: 'chat',
      responseId: 'chatcmpl-cap1',
      parameters: { temperature: 0.3 },
      conversationId: 'MySessionId',
      sessionId: 'MySessionId',
      user: { id: '123', fullName: 'Francis Smith', isAuthenticated: true, gender: 'female' },
      usage: { inputTokens: 21, outputTokens: 9 },
      source: { 'reconify.version': '3.0.0', 'reconify.session_timeout_min': 15 },
      startTime: 1795229844921,
    });
  });

  it.each(['sessionTimeout', 'sessionTimeOut', 'sessionTimout', 'SESSIONTIMEOUT'])('may spell %s', async (name) => {
    expect(await decodeOne({ ...minimal, [name]: 15 })).toMatchObject({
      source: { 'reconify.session_timeout_min': 15 },
    });
  });

  it.each([
    [
      'seconds for milliseconds',
      { timestamps: { request: 1763000000, response: 1763000002 } },
      { endTime: 1763000002000 },
    ],
    ["'' for what is unset", { session: '', sessionTimeout: '', user: { email: '' } }, { outcome: { status: 'ok' } }],
    ['null for what is unset', { session: null, sessionTimeout: null, user: null }, { outcome: { status: 'ok' } }],
    ['a session and a thread', { ...assistant, session: 's' }, { conversationId: 's', sessionId: 's' }],
    ['texts', { request: 'Hello', response: 'Hi' }, { inputMessages: [{ role: 'user' }], outputMessages: [{}] }],
    ['another provider', { reconify: { ...client, format: 'gemini' } }, { provider: 'gcp.gemini' }],
    ['a picture', { reconify: { ...client, type: 'image' } }, { operation: 'image_generation' }],
  ])('is read with %s', async (_, fields, expected) => {
    expect(await decodeOne({ ...minimal, ...fields })).toMatchObject(expected);
  });

  it.each([
    ['reconify', { reconify: undefined }],
    ['request', { request: undefined }],
    ['timestamps', { timestamps: 'now' }],
  ])('is refused with the name of a bad field: %s', async (field, fields) => {
    await expect(reconify.decode({ ...minimal, ...fields })).rejects.toMatchObject({ issues: [{ path: [field] }] });
  });
});
