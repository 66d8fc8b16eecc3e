import { describe, expect, it } from 'vitest';
import { vendorContract } from '../../src/testing/vendor-contract.ts';
import { requesty } from '../../src/vendors/requesty/index.ts';
import { requestyPayload } from '../../src/vendors/requesty/payload.ts';
import { capturedCases, forAll, goldenCases } from '../support/vendor-cases.ts';

const environment = { REQUESTY_API_KEY: 'key-of-requesty' };

describe('requesty', () => {
  const contract = vendorContract({
    vendor: requesty,
    environment,
    secrets: ['key-of-requesty'],
    parse: (payload) => requestyPayload.parse(payload),
    golden: goldenCases('requesty'),
    captured: capturedCases('requesty'),
    outcomes: [
      { status: 200, body: '{"success":true}', outcome: 'delivered' },
      { status: 401, outcome: 'blocked' },
      { status: 404, outcome: 'blocked' },
      { status: 307, outcome: 'blocked' },
      { status: 400, outcome: 'rejected' },
      { status: 413, outcome: 'rejected' },
      { status: 422, outcome: 'rejected' },
    ],
    forAll,
  });
  for (const { title, check } of contract) it(title, check);

  it('puts all seven keys, whatever is known', () => {
    const options = requesty.resolveOptions({}, environment);
    const [record] = requesty.encode(
      {
        id: 'a:b',
        traceId: 'a'.repeat(32),
        spanId: 'b'.repeat(16),
        name: 'chat',
        operation: 'chat',
        startTime: 1763000000000,
        endTime: 1763000000000,
        outcome: { status: 'ok' },
      },
      options,
    );
    const request = record && requesty.request(record.payload, options);
    expect(request).toMatchObject({
      method: 'PUT',
      url: 'https://ingestion.requesty.ai/insight',
      headers: { authorization: 'Bearer key-of-requesty' },
    });
    const keys = Object.keys(JSON.parse(String(request?.body)) as Record<string, unknown>);
    expect(keys.sort()).toEqual(['args', 'inputs', 'messages', 'meta', 'response', 'template', 'user_id']);
  });

  it('takes the whole URL of the intake from its variable', () => {
    const given = { ...environment, REQUESTY_INGESTION_URL: 'http://127.0.0.1:4318/requesty/insight/' };
    expect(requesty.resolveOptions({}, given).url).toBe('http://127.0.0.1:4318/requesty/insight');
    expect(() => requesty.resolveOptions({}, { ...environment, REQUESTY_INGESTION_URL: 'insight' })).toThrow(
      /^REQUESTY_INGESTION_URL is 'insight', which is not a valid http\(s\) URL\. Use a URL such as .*\.$/,
    );
  });

  it('reads strings as messages of a user, and the user of old examples from meta', async () => {
    const [interaction] = await requesty.decode({
      response: { choices: [{ message: { content: 'Nine to five.' } }] },
      messages: ['When are you open?', 'On Monday.'],
      meta: { user_id: 'u-1', class: 'hours' },
    });
    expect(interaction).toMatchObject({
      inputMessages: [
        { role: 'user', parts: [{ type: 'text', content: 'When are you open?' }] },
        { role: 'user', parts: [{ type: 'text', content: 'On Monday.' }] },
      ],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Nine to five.' }] }],
      user: { id: 'u-1' },
      custom: { class: 'hours' },
    });
  });

  it('asks for messages or a template', async () => {
    await expect(async () => requesty.decode({ response: {} })).rejects.toThrow('messages or template is needed');
  });
});
