import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { vendorContract } from '../../src/testing/vendor-contract.ts';
import { recordKey } from '../../src/vendors/kore/decode.ts';
import { kore } from '../../src/vendors/kore/index.ts';
import { koreRecord } from '../../src/vendors/kore/payload.ts';
import { forAll, goldenCases } from '../support/vendor-cases.ts';

const environment = { SPANPORT_KORE_OUTPUT: 'https://example.org/kore' };
const options = kore.resolveOptions({}, environment);
const documented = readFileSync(new URL('../fixtures/vendors/kore-documented-record.json', import.meta.url), 'utf8');

const asked: Interaction = {
  id: '0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'chat gpt-4o-mini',
  operation: 'chat',
  provider: 'openai',
  requestModel: 'gpt-4o-mini',
  responseModel: 'gpt-4o-mini-2024-07-18',
  responseId: 'chatcmpl-77',
  parameters: { temperature: 0.2 },
  inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Is the shop open on Sunday?' }] }],
  outputMessages: [
    { role: 'assistant', parts: [{ type: 'text', content: 'No, we are closed on Sunday.' }], finish_reason: 'stop' },
  ],
  usage: { inputTokens: 41, outputTokens: 9 },
  user: { id: 'u-17' },
  agent: { id: 'asst_9' },
  startTime: 1763000000000,
  endTime: 1763000001840,
  outcome: { status: 'ok' },
};

describe('kore', () => {
  const contract = vendorContract({
    vendor: kore,
    environment,
    secrets: [],
    parse: (payload) => koreRecord.parse(payload),
    golden: goldenCases('kore'),
    outcomes: [
      { status: 200, outcome: 'delivered' },
      { status: 204, outcome: 'delivered' },
      { status: 401, outcome: 'blocked' },
      { status: 404, outcome: 'blocked' },
      { status: 400, outcome: 'rejected' },
      { status: 413, outcome: 'rejected' },
    ],
    forAll,
  });
  for (const { title, check } of contract) it(title, check);

  it("writes Kore's keys byte for byte, in Kore's order", () => {
    const botId = 'st-00000000-0000-5000-8000-000000000001';
    const [record] = kore.encode(asked, { ...options, botId });
    const text = record ? String(kore.request(record.payload, options).body) : '';
    expect(
      text.startsWith(
        '{"Prompt Name":"Default","Integration":"OpenAI","start Date":"2025-11-13T02:13:20.000Z","End Date":"2025-11-13T02:13:21.840Z","Time Taken":1840,"statusCode":200,"Bot ID":"st-00000000-0000-5000-8000-000000000001","User ID":"u-17","Feature Name ":"GenAI Node","Model Name":"gpt-4o-mini","Channel Name":"rtm","Description":"chat gpt-4o-mini","task Id":"asst_9","Status":"Success","Payload Details":{"Prompt Name":"Default","Request Payload":{"model":"gpt-4o-mini",',
      ),
    ).toBe(true);
    expect(text.endsWith(',"system_fingerprint":null},"Request Tokens":41,"Response Tokens":9}}')).toBe(true);
  });

  it.each<[string, Partial<Interaction>, string]>([
    ['the task', { taskId: 'dg-1' }, 'dg-1'],
    ['else the assistant', {}, 'asst_9'],
    ['else the trace', { agent: {} }, asked.traceId],
  ])('names as task %s', (_, more, task) => {
    expect(kore.encode({ ...asked, ...more }, options)[0]?.payload['task Id']).toBe(task);
  });

  it.each<[string, string | undefined]>([
    ['chat', 'GenAI Node'],
    ['invoke_agent', 'Agent Node'],
    ['embeddings', 'Embeddings'],
    ['moderation', undefined],
    ['fetch_response', undefined],
  ])('logs %s as %s', (operation, feature) => {
    expect(kore.encode({ ...asked, operation }, options)[0]?.payload['Feature Name ']).toBe(feature);
  });

  it('tells a failure by its status', () => {
    const { outputMessages: _, ...unanswered } = asked;
    const outcome = { status: 'error', type: 'RateLimitError', message: 'slow down', httpStatus: 429 } as const;
    const [record] = kore.encode({ ...unanswered, outcome }, options);
    expect(record?.payload).toMatchObject({
      statusCode: 429,
      Status: 'Failure',
      'Payload Details': { 'Response Payload': { error: { message: 'slow down', type: 'RateLimitError' } } },
    });
  });
});

describe("a record in the form of Kore's documentation", () => {
  const record = (JSON.parse(documented) as Record<string, unknown>[])[0];

  it('is written again as it was read', async () => {
    const [interaction] = await kore.decode(record);
    if (!interaction) throw new Error('no interaction');
    expect(interaction).toMatchObject({
      name: 'chat gpt-4',
      provider: 'openai',
      requestModel: 'gpt-4',
      responseModel: 'gpt-4-0613',
      channel: 'msteams',
      feature: 'GenAI Node',
      agent: { id: 'dg-00000000-0000-5000-8000-000000000003' },
      usage: { inputTokens: 614, outputTokens: 74 },
      endTime: Date.parse('2025-11-13T02:13:24.386Z'),
      source: { 'kore.model_name': 'GPT-4', 'kore.description': 'Book table-GenAINode0001' },
    });
    const again = kore.encode(interaction, options)[0]?.payload;
    const { 'Payload Details': details, ...scalars } = again ?? {};
    const { 'Payload Details': originals, ...originalScalars } = record ?? {};
    expect(Object.entries(scalars)).toEqual(Object.entries(originalScalars));
    expect((details as Record<string, unknown>)['Request Payload']).toEqual(
      (originals as Record<string, unknown>)['Request Payload'],
    );
  });

  it('has ids of its own words', async () => {
    const key = recordKey(record);
    const [interaction] = await kore.decode(record);
    expect(interaction).toMatchObject({ traceId: key.slice(0, 32), spanId: key.slice(32, 48) });
    expect(recordKey({ ...record, Description: 'renamed' })).toBe(key);
    expect(recordKey({ ...record, 'User ID': 'u-2' })).not.toBe(key);
  });

  it('is read in the other spellings that a client of theirs knows', async () => {
    const {
      'Feature Name ': feature,
      'Model Name': model,
      'start Date': start,
      'task Id': task,
      ...others
    } = record ?? {};
    const { 'Request Payload': request, 'Response Payload': response } = others['Payload Details'] as Record<
      string,
      unknown
    >;
    const { 'User ID': user, 'Payload Details': _, ...rest } = others;
    const spelled = {
      ...rest,
      Feature: feature,
      Model: model,
      'Start Date': start,
      'Task Id': task,
      channelUserIds: [user],
      'Request Payload': JSON.stringify(request),
      'Response Payload': response,
    };
    expect(await kore.decode(spelled)).toEqual(await kore.decode(record));
  });
});

describe('where records go', () => {
  it.each([
    ['file:/var/log/kore.jsonl', { kind: 'file', path: '/var/log/kore.jsonl' }],
    ['file:kore.jsonl', { kind: 'file', path: 'kore.jsonl' }],
    ['file:///var/log/my%20kore.jsonl', { kind: 'file', path: '/var/log/my kore.jsonl' }],
    ['http://127.0.0.1:9/kore/', { kind: 'http', url: 'http://127.0.0.1:9/kore' }],
  ])('%s', (output, settled) => {
    expect(kore.resolveOptions({}, { SPANPORT_KORE_OUTPUT: output }).output).toEqual(settled);
    expect(kore.resolveOptions({ output }, {}).output).toEqual(settled);
  });

  it('a function of the application', () => {
    const write = (): void => {};
    expect(kore.resolveOptions({ output: write }, environment).output).toEqual({ kind: 'callback', write });
  });

  it.each([
    ['', /^SPANPORT_KORE_OUTPUT is not set: .*\.$/],
    ['file:', /^SPANPORT_KORE_OUTPUT is 'file:', which is not a file name\. .*\.$/],
    ['file:///var/log/', /is not a file name/],
    ['kore.jsonl', /^SPANPORT_KORE_OUTPUT is 'kore.jsonl', which is neither file:PATH nor an http\(s\) URL\./],
    ['https://', /which is not a valid http\(s\) URL/],
    ['ftp://example.org/x', /which is neither file:PATH nor an http\(s\) URL\. Use one of them/],
  ])("not '%s'", (output, sentence) => {
    expect(() => kore.resolveOptions({}, { SPANPORT_KORE_OUTPUT: output })).toThrow(sentence);
  });
});
