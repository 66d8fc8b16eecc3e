import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { vendorContract } from '../../src/testing/vendor-contract.ts';
import { inkeep } from '../../src/vendors/inkeep/index.ts';
import { inkeepPayload } from '../../src/vendors/inkeep/payload.ts';
import { capturedBody, capturedCases, forAll, goldenCases } from '../support/vendor-cases.ts';

const environment = { INKEEPANALYTICS_API_INTEGRATION_KEY: 'key-of-inkeep' };
const options = inkeep.resolveOptions({}, environment);
const goldens = goldenCases('inkeep');
const answerOfGet = readFileSync(new URL('../fixtures/vendors/inkeep-conversation-get.json', import.meta.url), 'utf8');

function sampleOf(name: string): Interaction {
  const found = goldens.find((golden) => golden.name === name);
  if (!found) throw new Error(`no interaction ${name}`);
  return found.interaction;
}

describe('inkeep', () => {
  const contract = vendorContract({
    vendor: inkeep,
    environment,
    secrets: ['key-of-inkeep'],
    parse: (payload) => inkeepPayload.parse(payload),
    golden: goldens,
    // Feedback and events tell of no call, and a GET has no body: see below.
    captured: capturedCases('inkeep').filter(({ name }) => name === 'inkeep-conversation-new'),
    outcomes: [
      { status: 200, outcome: 'delivered' },
      { status: 401, outcome: 'blocked' },
      { status: 403, outcome: 'blocked' },
      { status: 400, body: '{"title":"Bad Request","detail":"messages: Required"}', outcome: 'rejected' },
      { status: 404, outcome: 'blocked' },
      ...(['/conversations', '/feedback', '/events'] as const).map((path) => ({
        status: 404,
        body: '{"code":"not_found"}',
        asked: { method: 'POST', url: `https://inkeep.example${path}` } as const,
        outcome: path === '/conversations' ? ('blocked' as const) : ('rejected' as const),
      })),
      { status: 405, outcome: 'blocked' },
      { status: 501, outcome: 'blocked' },
      { status: 413, outcome: 'rejected' },
      { status: 422, outcome: 'rejected' },
    ],
    forAll,
  });
  for (const { title, check } of contract) it(title, check);

  it('posts to its own path, below the path of the base', () => {
    const [record] = inkeep.encode(sampleOf('chat'), options);
    const local = inkeep.resolveOptions({ url: 'http://127.0.0.1:4318/inkeep/' }, environment);
    expect(record && inkeep.request(record.payload, local)).toMatchObject({
      method: 'POST',
      url: 'http://127.0.0.1:4318/inkeep/conversations',
      headers: { authorization: 'Bearer key-of-inkeep' },
    });
  });

  it('sends one conversation at a time', () => {
    expect(inkeep.encode(sampleOf('chat'), options)[0]?.orderKey).toBe('conv-1');
    expect(inkeep.encode(sampleOf('stream'), options)[0]?.orderKey).toBe(sampleOf('stream').traceId);
  });

  it('says why a record was refused', () => {
    const body = '{"title":"Bad Request","status":400,"detail":"messages: Required","code":"bad_request"}';
    expect(inkeep.outcome({ status: 400, headers: {}, body })).toEqual({
      status: 'rejected',
      reason: 'HTTP 400: messages: Required',
    });
  });

  it.each(['inkeep-feedback-negative', 'inkeep-event-message'])(
    'understands %s, which tells of no call',
    async (name) => {
      expect(await inkeep.decode(capturedBody(name))).toEqual([]);
    },
  );

  it('reads one call per answer, each with what was said before it', async () => {
    const user = { role: 'user', content: 'u' };
    const assistant = { role: 'assistant', content: 'a' };
    const calls = await inkeep.decode({ id: 'c', type: 'openai', messages: [user, assistant, user, assistant, user] });
    expect(calls.map(({ inputMessages, outputMessages }) => [inputMessages?.length, outputMessages?.length])).toEqual([
      [1, 1],
      [3, 1],
      [5, undefined],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
  });

  it('keeps ids from resend to resend', () => {
    const [first] = inkeep.encode(sampleOf('chat'), options);
    expect(inkeep.encode(structuredClone(sampleOf('chat')), options)).toEqual([first]);
  });

  it('sends a verdict on the message that the answer became', () => {
    const [record] = inkeep.encode(sampleOf('chat'), options);
    const [verdict] =
      inkeep.encodeFeedback?.(
        {
          rating: 'negative',
          comment: 'wrong day',
          score: 0.2,
          reasons: [{ label: 'wrong' }],
          responseId: 'chatcmpl-77',
          ...(record?.answerId !== undefined && { answerId: record.answerId }),
          user: { id: 'u-17' },
          time: 1763000002000,
        },
        options,
      ) ?? [];
    expect(verdict?.orderKey).toBeUndefined();
    expect(verdict?.payload).toEqual({
      path: '/feedback',
      body: {
        id: verdict?.id,
        type: 'negative',
        messageId: record?.answerId,
        reasons: [{ label: 'wrong', details: '' }],
        details: 'wrong day',
        properties: { score: 0.2 },
        userProperties: { userId: 'u-17' },
        createdAt: '2025-11-13T02:13:22.000Z',
      },
    });
  });

  it('has nowhere to send a verdict that names no message', () => {
    expect(inkeep.encodeFeedback?.({ rating: 'positive', responseId: 'r', time: 0 }, options)).toEqual([]);
  });

  it.each([
    [
      { messageId: 'm2', conversationId: 'c1' },
      { entityType: 'message', messageId: 'm2' },
    ],
    [
      { answerId: 'm3', responseId: 'r' },
      { entityType: 'message', messageId: 'm3' },
    ],
    [{ conversationId: 'c1' }, { entityType: 'conversation', conversationId: 'c1' }],
    [{ searchQuery: 'opening hours' }, { entityType: 'search', searchQuery: 'opening hours' }],
  ])('sends an event of %j', (named, entity) => {
    const time = 1763000002000;
    const event = { type: 'x:copied', user: { id: 'u-17' }, properties: { from: 'menu' }, time, ...named };
    const [record] = inkeep.encodeEvent?.(event, options) ?? [];
    expect(inkeepPayload.parse(record?.payload)).toEqual({
      path: '/events',
      body: {
        id: record?.id,
        type: 'x:copied',
        ...entity,
        properties: { from: 'menu' },
        userProperties: { userId: 'u-17' },
        createdAt: '2025-11-13T02:13:22.000Z',
      },
    });
  });

  it('has nowhere to send an event that is about nothing', () => {
    expect(inkeep.encodeEvent?.({ type: 'x', responseId: 'r', time: 0 }, options)).toEqual([]);
  });

  it('decodes a conversation as Inkeep answers with it', async () => {
    const { answered } = JSON.parse(answerOfGet) as { readonly answered: { readonly body: unknown } };
    const calls = await inkeep.decode({ path: '/conversations', body: answered.body });
    expect(calls[0]).toMatchObject({ conversationId: 'conv_6' });
  });
});
