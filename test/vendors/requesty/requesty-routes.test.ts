import { describe, expect, it } from 'vitest';
import { requesty } from '../../../src/vendors/requesty/index.ts';
import { capturedBody } from '../../support/vendor-cases.ts';
import { harnessOf, keysOf } from '../routes-harness.ts';

const put = (body: unknown, headers: Record<string, string> = {}) => ({
  method: 'PUT',
  path: '/insight',
  headers,
  body,
});
const captured = capturedBody('requesty-insight-messages');

describe("Requesty's routes", () => {
  it('store what the client sent', async () => {
    const harness = await harnessOf(requesty);
    expect(await harness.send(put(captured))).toEqual({ status: 200, body: { success: true } });
    expect(harness.store.all).toEqual([
      expect.objectContaining({
        operation: 'chat',
        requestModel: 'gpt-4o-mini',
        responseModel: 'gpt-4o-mini-2024-07-18',
        responseId: 'chatcmpl-r1',
        inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'When are you open?' }] }],
        outputMessages: [
          { role: 'assistant', parts: [{ type: 'text', content: 'Nine to five.' }], finish_reason: 'stop' },
        ],
        usage: { inputTokens: 21, outputTokens: 9, cacheReadInputTokens: 4 },
        parameters: { temperature: 0.7, maxTokens: 150 },
        user: { id: 'u-1' },
        endTime: 1763000000000,
        outcome: { status: 'ok' },
      }),
    ]);
  });

  it('store a template with its variables', async () => {
    const harness = await harnessOf(requesty);
    await harness.send({ ...put(capturedBody('requesty-insight-template-inputs')), method: 'POST' });
    expect(harness.store.all[0]).toMatchObject({
      promptTemplate: 'Answer {q} in {lang}',
      promptVariables: { q: 'hours', lang: 'no' },
    });
  });

  it('store a repeated PUT once, and another response as its own', async () => {
    const harness = await harnessOf(requesty);
    await harness.send(put(captured));
    harness.now += 5_000;
    await harness.send(put(captured));
    expect(harness.store.all).toHaveLength(1);
    await harness.send(put({ ...(captured as object), response: { id: 'chatcmpl-r2', choices: [] } }));
    expect(harness.store.all).toHaveLength(2);
  });

  it('take the time of receipt for a record without one', async () => {
    const harness = await harnessOf(requesty);
    const response = { choices: [{ message: { content: 'Nine.' } }] };
    await harness.send(put({ response, messages: 'When?', meta: { latency_ms: 250 } }));
    expect(harness.store.all[0]).toMatchObject({ startTime: harness.now - 250, endTime: harness.now });
  });

  it.each([
    ['no response', { messages: 'hi' }, 'response'],
    ['a response that is a text', { response: 'hi', messages: 'hi' }, 'response'],
    ['neither messages nor template', { response: {} }, 'messages'],
    ['an invalid message', { response: {}, messages: [7] }, 'messages.0'],
    ['a list for a body', [], undefined],
    ['no body', undefined, undefined],
  ])('refuse %s with 422 and the name of the field', async (_, body, field) => {
    const harness = await harnessOf(requesty);
    const answer = await harness.send(put(body));
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      success: false,
      error: expect.stringMatching(`^${field ?? 'The body'} is (missing|invalid: \\w.*)\\.$`),
      ...(field !== undefined && { field }),
    });
    expect(harness.store.writes).toEqual([]);
  });

  it('accept the configured key alone', async () => {
    const harness = await harnessOf(requesty, keysOf('k-1'));
    expect((await harness.send(put(captured, { authorization: 'Bearer k-1' }))).status).toBe(200);
    for (const authorization of ['Bearer k-2', 'k-1', 'Bearer ', 'Basic k-1']) {
      const answer = await harness.send(put(captured, { authorization }));
      expect(answer).toEqual({ status: 401, body: { success: false, error: expect.stringContaining('API key') } });
    }
    expect((await harness.send(put(captured))).status).toBe(401);
  });

  it('answer an unknown path and another method in the same error format', async () => {
    const harness = await harnessOf(requesty);
    expect(await harness.send({ method: 'PUT', path: '/other', body: {} })).toMatchObject({
      status: 404,
      body: { success: false },
    });
    expect(await harness.send({ method: 'GET', path: '/insight' })).toMatchObject({
      status: 405,
      body: { success: false },
    });
  });
});
