import { describe, expect, it } from 'vitest';
import { fullInteraction, fullRun } from '../../../src/testing/sample-interactions.ts';
import { type AthinaInference, athina } from '../../../src/vendors/athina/index.ts';
import type { AthinaPayload } from '../../../src/vendors/athina/payload.ts';
import { capturedBody } from '../../support/vendor-cases.ts';

const KEY = 'key-of-athina';
const options = athina.resolveOptions({ apiKey: KEY }, {});
const minimal = { language_model_id: 'gpt-4o', prompt: 'Hello', response: 'Hi' };

async function decodeOne(body: unknown) {
  const [interaction, ...others] = await athina.decode(body);
  expect(others).toEqual([]);
  return interaction;
}

function bodyOf(interaction: typeof fullInteraction, given: Partial<typeof options> = {}): AthinaInference {
  const payload = athina.encode(interaction, { ...options, ...given })[0]?.payload;
  if (payload?.kind !== 'inference') throw new Error('no inference was encoded');
  return payload.body;
}

describe('a request to Athina', () => {
  const calls: readonly [string, AthinaPayload, string, string][] = [
    ['an inference', { kind: 'inference', body: minimal }, 'POST', '/api/v1/log/inference'],
    [
      'feedback',
      { kind: 'feedback', body: { external_reference_id: 'msg_1', user_feedback: 1 } },
      'PATCH',
      '/api/v1/prompt_run/user-feedback',
    ],
    [
      'an update',
      { kind: 'update', promptRunId: 'run 1', body: { cost: 1 } },
      'PATCH',
      '/api/v1/log/inference/run%201',
    ],
    [
      'an update by the own id',
      { kind: 'update_by_external_id', externalReferenceId: 'a/b', body: { cost: 1 } },
      'PATCH',
      '/api/v1/log/inference/update-by-external-reference-id/a%2Fb',
    ],
  ];

  it.each(calls)('carries %s to its place, the key in its header', (_, payload, method, path) => {
    const request = athina.request(payload, options);
    expect(request).toMatchObject({ method, url: `https://log.athina.ai${path}` });
    expect(request.headers).toEqual({ 'athina-api-key': KEY, 'content-type': 'application/json' });
    expect(JSON.parse(String(request.body))).toEqual(payload.body);
  });

  it.each([
    ['http://h:4318/athina', 'http://h:4318/athina/api/v2/log/inference'],
    ['http://h:4318/athina/', 'http://h:4318/athina/api/v2/log/inference'],
    ['https://log.example.org', 'https://log.example.org/api/v2/log/inference'],
  ])('keeps the path of the base %s', (baseUrl, url) => {
    const resolved = athina.resolveOptions({ apiVersion: 'v2' }, { ATHINA_API_KEY: KEY, ATHINA_BASE_URL: baseUrl });
    expect(athina.request({ kind: 'inference', body: minimal }, resolved).url).toBe(url);
  });
});

describe('a setting of Athina', () => {
  it.each([
    ['a missing key', {}, {}, /ATHINA_API_KEY is not set/],
    ['a URL that is none', {}, { ATHINA_API_KEY: KEY, ATHINA_BASE_URL: 'log.athina.ai' }, /ATHINA_BASE_URL is 'log/],
    ['an unknown version', { apiVersion: 'v3' as 'v2' }, { ATHINA_API_KEY: KEY }, /apiVersion is 'v3'.*v1 or v2\.$/],
    ['no room at all', { maxRecordBytes: 0 }, { ATHINA_API_KEY: KEY }, /maxRecordBytes is '0'/],
  ])('is refused at start: %s', (_, given, environment, message) => {
    expect(() => athina.resolveOptions(given, environment)).toThrow(message);
  });
});

describe('an answer in a record', () => {
  it('is the whole completion when asked for', () => {
    expect(bodyOf(fullInteraction, { responseFormat: 'openai' }).response).toMatchObject({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1763000001,
      model: 'gpt-4o-mini-2024-07-18',
      choices: [{ index: 0, finish_reason: 'stop' }],
      usage: { prompt_tokens: 41, completion_tokens: 9, total_tokens: 50 },
    });
  });

  it('is labelled by the dated model when asked for', () => {
    expect(bodyOf(fullInteraction, { languageModel: 'response' })).toMatchObject({
      language_model_id: 'gpt-4o-mini-2024-07-18',
      custom_attributes: { 'gen_ai.request.model': 'gpt-4o-mini' },
    });
  });

  it('keeps a record per message of a run whose text was dropped', () => {
    const { outputMessages: _, ...unseen } = fullRun;
    const run = { ...unseen, messageIds: { out: ['msg_1', 'msg_2'] } };
    const bodies = athina.encode(run, options).map(({ payload }) => payload.body);
    expect(bodies).toMatchObject([
      { external_reference_id: 'msg_1', response: '' },
      { external_reference_id: 'msg_2', response: '', prompt_tokens: 41 },
    ]);
    expect(bodies[0]).not.toHaveProperty('prompt_tokens');
  });

  it.each(['expired', 'cancelled'])('says that a run has %s', (status) => {
    const { outputMessages: _, messageIds: __, ...unseen } = fullRun;
    const body = bodyOf({ ...unseen, run: { id: 'run_1', status }, outcome: { status: 'error', type: status } });
    expect(body).toMatchObject({ response: '', error: status, status_code: expect.any(Number) });
  });

  it('is cut to the size of a record, and says so', () => {
    const long = 'word '.repeat(1 << 20);
    const said = { role: 'assistant', parts: [{ type: 'text' as const, content: long }] };
    const body = bodyOf({ ...fullInteraction, outputMessages: [said] });
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(1 << 20);
    expect(body.response).toMatch(/\[cut by spanport: 5242880 characters]$/);
  });

  it.each(['embeddings', 'fetch_response', 'moderation'])('is not expected of %s', (operation) => {
    expect(athina.encode({ ...fullInteraction, operation }, options)).toEqual([]);
  });
});

describe('feedback to Athina', () => {
  const feedback = { rating: 'negative', time: 1763000002000 } as const;
  const reasons = [{ label: 'wrong', details: 'it was Monday' }, { label: 'late' }];

  it('names the answer as its record did', () => {
    const [record] = athina.encode(fullInteraction, options);
    expect(record?.answerId).toBe('chatcmpl-1');
    expect(athina.encodeFeedback?.({ ...feedback, responseId: 'chatcmpl-1', comment: 'no', reasons }, options)).toEqual(
      [
        {
          id: 'feedback:chatcmpl-1:1763000002000',
          orderKey: 'chatcmpl-1',
          payload: {
            kind: 'feedback',
            body: {
              external_reference_id: 'chatcmpl-1',
              user_feedback: -1,
              user_feedback_comment: 'no\nwrong: it was Monday\nlate',
            },
          },
        },
      ],
    );
  });

  it('is nothing for a conversation of which no answer is known', () => {
    expect(athina.encodeFeedback?.({ ...feedback, conversationId: 'c', spanId: 's' }, options)).toEqual([]);
  });
});

describe('a record of another client', () => {
  it("is read from LiteLLM without LiteLLM's state", async () => {
    expect(await decodeOne(capturedBody('athina-litellm-chat-metadata'))).toMatchObject({
      operation: 'chat',
      provider: 'openai',
      requestModel: 'gpt-4o-mini',
      responseModel: 'gpt-4o-mini-2024-07-18',
      responseId: 'chatcmpl-cap1',
      parameters: { temperature: 0.1 },
      inputMessages: [
        {
          role: 'user',
          parts: [{ type: 'text', content: 'When are you open?' }],
          metadata: { 'athina.user_query': 'When?' },
        },
      ],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Open 9 to 5 on weekdays.' }] }],
      usage: { inputTokens: 21, outputTokens: 9 },
      cost: { total: 8.55e-6, origin: 'client' },
      conversationId: 's-lite',
      user: { id: 'u1' },
      tags: ['a', 'b'],
      custom: { n: 1 },
      source: { 'athina.user_feedback': 1 },
      startTime: Date.parse('2026-11-21T03:00:49.389Z'),
      endTime: Date.parse('2026-11-21T03:00:51.392Z'),
    });
  });

  it('is read from athina-logger with every field', async () => {
    expect(await decodeOne(capturedBody('athina-log-full'))).toMatchObject({
      systemInstructions: [{ type: 'text', content: 'You are a clerk.' }],
      outputMessages: [
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'call_1', name: 'hours', arguments: { day: 'mon' } }],
          finish_reason: 'tool_call',
        },
      ],
      toolDefinitions: [{ type: 'function', name: 'hours', parameters: { type: 'object' } }],
      parameters: { temperature: 0.2, maxTokens: 64, stopSequences: ['END'], topP: 0.9 },
      usage: { inputTokens: 31, outputTokens: 12 },
      context: { docs: ['hours page'] },
      customerId: '77',
      externalReferenceId: 'msg_42',
      expectedResponse: '9-17',
      custom: { shop: 'north', tries: 2 },
      source: { 'athina.custom_eval_metrics.tone': 0.9 },
      startTime: 1763000000000 - 812,
      endTime: 1763000000000,
    });
  });

  it.each([
    ['ids that are numbers', { session_id: 7, customer_id: 77 }, { conversationId: '7', customerId: '77' }],
    ['null for what is unknown', { prompt_tokens: null, cost: null, tools: null }, { outcome: { status: 'ok' } }],
    [
      "names that only Athina's page has",
      { completion: 9, tool_call: [{ name: 'f', arguments: '{}' }] },
      { usage: { outputTokens: 9 } },
    ],
    ['both names of the output tokens', { completion: 9, completion_tokens: 8 }, { usage: { outputTokens: 8 } }],
    [
      'a failure',
      { status_code: 429, error: 'slow down' },
      { outcome: { status: 'error', type: '429', httpStatus: 429 } },
    ],
    ['a prompt that is an object', { prompt: { text: 'x' } }, { inputMessages: [{ role: 'user' }] }],
    ['former functions', { functions: [{ name: 'f' }] }, { toolDefinitions: [{ type: 'function', name: 'f' }] }],
    ['a thread', { session_id: 'thread_1', external_reference_id: 'msg_1' }, { operation: 'invoke_agent' }],
  ])('is read with %s', async (_, fields, expected) => {
    expect(await decodeOne({ ...minimal, ...fields })).toMatchObject(expected);
  });

  it.each([
    ['language_model_id', { language_model_id: undefined }],
    ['prompt', { prompt: 7 }],
    ['response', { response: null }],
    ['cost', { cost: 'much' }],
  ])('is refused with the name of a bad field: %s', async (field, fields) => {
    await expect(athina.decode({ ...minimal, ...fields })).rejects.toMatchObject({ issues: [{ path: [field] }] });
  });

  it('has the same ids each time it comes', async () => {
    expect(await decodeOne(minimal)).toEqual(await decodeOne({ ...minimal }));
  });

  it.each(['update', 'update_by_external_id'])('holds no interaction as %s', async (kind) => {
    const payload = { kind, promptRunId: 'p', externalReferenceId: 'e', body: { cost: 1 } };
    expect(await athina.decode(payload)).toEqual([]);
  });
});
