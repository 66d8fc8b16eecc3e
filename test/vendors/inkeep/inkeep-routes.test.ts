import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../../src/interaction/interaction.ts';
import { inkeep } from '../../../src/vendors/inkeep/index.ts';
import { capturedBody } from '../../support/vendor-cases.ts';
import { harnessOf, keysOf, type RoutesHarness } from '../routes-harness.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const now = '2025-11-13T02:15:00.000Z'; // the harness's clock
const post = (path: string, body: unknown) => ({ method: 'POST', path, body });
const get = (path: string) => ({ method: 'GET', path });

type Json = Readonly<Record<string, unknown>>;

async function sent(harness: RoutesHarness, request: { method: string; path: string; body?: unknown }): Promise<Json> {
  const answer = await harness.send(request);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body as Json;
}

const question = { id: 'm1', role: 'user', content: 'When are you open?', createdAt: '2025-11-13T02:13:19.000Z' };
const reply = { id: 'm2', role: 'assistant', content: 'Nine to five.', createdAt: '2025-11-13T02:13:21.000Z' };
const conversation = { id: 'c1', type: 'openai', messages: [question, reply] };

function call(fields: Partial<Interaction>): Interaction {
  return {
    id: `${traceId}:b7ad6b7169203331`,
    traceId,
    spanId: 'b7ad6b7169203331',
    name: 'chat gpt-4o',
    operation: 'chat',
    api: 'chat_completions',
    conversationId: 'c1',
    inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'When are you open?' }] }],
    outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Nine to five.' }] }],
    startTime: 1763000000000,
    endTime: 1763000001000,
    outcome: { status: 'ok' },
    ...fields,
  };
}

describe('conversations', () => {
  it('are answered whole, with every key that the SDK requires', async () => {
    const harness = await harnessOf(inkeep);
    const answer = await sent(harness, post('/conversations', capturedBody('inkeep-conversation-new')));
    const { id, messages } = answer as { id: string; messages: readonly Json[] };
    const message = (index: number) => ({
      type: 'openai',
      id: messages[index]?.['id'],
      conversationId: id,
      externalId: null,
      externalUrl: null,
      createdAt: now,
      updatedAt: now,
      name: null,
      links: null,
      properties: null,
      userProperties: null,
    });
    const said = [
      { role: 'user', content: 'When are you open?' },
      { role: 'assistant', content: 'Nine to five.' },
    ];
    expect(answer).toEqual({
      id: expect.stringMatching(/^conv_[0-9a-f]{24}$/),
      externalId: null,
      externalUrl: null,
      type: 'openai',
      supportTicketConversationId: null,
      createdAt: now,
      updatedAt: now,
      projectId: null,
      integrationId: null,
      properties: { source: 'web_chat' },
      userProperties: { plan: 'pro', userId: 'u-1' },
      tags: null,
      visibility: null,
      messages: said.map((one, index) => ({ ...message(index), ...one })),
      messagesOpenAIFormat: said,
    });
    expect(await sent(harness, get(`/conversations/${id}`))).toEqual(answer);
    expect(harness.store.all).toMatchObject([
      { operation: 'chat', conversationId: id, user: { id: 'u-1' }, custom: { source: 'web_chat' } },
    ]);
  });

  it('give back what was written, member by member', async () => {
    const harness = await harnessOf(inkeep);
    const written = {
      id: 'with everything',
      type: 'openai',
      externalId: 'ext/1',
      externalUrl: 'https://example.invalid/t/1',
      createdAt: '2025-11-13T03:13:19+01:00',
      updatedAt: '2025-11-13T02:14:00.000Z',
      properties: { nested: { a: [1, null] }, nothing: null },
      userProperties: { id: 7, userType: 'member', extra: { x: 1 } },
      tags: ['shop'],
      visibility: 'private',
      messages: [
        {
          ...question,
          name: 'ann',
          content: [
            { type: 'text', text: 'see this' },
            { type: 'image_url', image_url: { url: 'https://example.invalid/a.png', detail: 'low' } },
          ],
          userProperties: { userId: 7 },
        },
        {
          ...reply,
          updatedAt: '2025-11-13T02:13:22.000Z',
          externalId: 'ext/m2',
          links: [{ url: 'https://example.invalid/doc', title: 'Doc', type: 'documentation', breadcrumbs: ['a'] }],
          properties: { score: 0.5, empty: null },
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'hours', arguments: '{"day":"mon"}' } }],
        },
      ],
    };
    await sent(harness, post('/conversations', written));
    expect(await sent(harness, get('/conversations/with%20everything'))).toMatchObject(written);
    expect(await sent(harness, get('/conversations/external/ext%2F1'))).toMatchObject(written);
    expect(await sent(harness, get('/conversations'))).toMatchObject({
      conversations: [written],
      total: 1,
      pageSize: 20,
      count: 1,
    });
  });

  it('keep people with any role, and messages without content', async () => {
    const harness = await harnessOf(inkeep);
    const ticket = {
      id: 't1',
      type: 'support_ticket',
      messages: [
        { id: 's1', role: 'agent', content: 'Hello', createdAt: now },
        { id: 's2', role: 'customer', content: null, createdAt: now },
      ],
    };
    await sent(harness, post('/conversations', ticket));
    expect(await sent(harness, get('/conversations/t1'))).toMatchObject(ticket);
  });

  it('grow: known messages stay, keep their times, and are stored once', async () => {
    const harness = await harnessOf(inkeep);
    const say = (role: string, content: string) => ({ role, content });
    const first = [say('user', 'Hi'), say('assistant', 'Hello')];
    const before = await sent(harness, post('/conversations', { id: 'c1', type: 'openai', messages: first }));
    harness.now += 60_000;
    const second = [...first, say('user', 'Hi'), say('assistant', 'Hello again')];
    const after = await sent(harness, post('/conversations', { id: 'c1', type: 'openai', messages: second }));
    const messages = after['messages'] as readonly Json[];
    expect(messages).toHaveLength(4);
    expect(messages.slice(0, 2)).toEqual(before['messages']);
    expect(messages.map(({ createdAt }) => createdAt)).toEqual([
      now,
      now,
      '2025-11-13T02:16:00.000Z',
      '2025-11-13T02:16:00.000Z',
    ]);
    expect(after).toMatchObject({ createdAt: now, updatedAt: '2025-11-13T02:16:00.000Z' });
    expect(harness.store.all).toHaveLength(2);
    await sent(harness, post('/conversations', { id: 'c1', type: 'openai', messages: second }));
    expect(harness.store.all).toHaveLength(2);
    expect(harness.store.writes.at(-1)?.interactions).toEqual([]);
  });

  it('keep messages that a newer request leaves out, where they were', async () => {
    const harness = await harnessOf(inkeep);
    const message = (id: string) => ({ id, role: 'user', content: id, createdAt: now });
    const log = (ids: readonly string[]) =>
      sent(harness, post('/conversations', { id: 'c1', type: 'openai', messages: ids.map(message) }));
    await log(['a', 'b', 'c']);
    const after = await log(['c', 'a', 'd']);
    expect((after['messages'] as readonly Json[]).map(({ id }) => id)).toEqual(['c', 'a', 'b', 'd']);
  });

  it('are replaced by a request that shares no message, except messages with feedback', async () => {
    const harness = await harnessOf(inkeep);
    await sent(harness, post('/conversations', conversation));
    await sent(harness, post('/feedback', { type: 'positive', messageId: 'm2' }));
    const other = { ...conversation, messages: [{ ...question, id: 'm3' }] };
    const after = await sent(harness, post('/conversations', other));
    expect((after['messages'] as readonly Json[]).map(({ id }) => id)).toEqual(['m2', 'm3']);
    const last = await sent(harness, post('/conversations', { ...conversation, id: 'c2' }));
    expect(last).toMatchObject({ id: 'c2' });
  });

  it('lose the interactions of messages that were replaced', async () => {
    const harness = await harnessOf(inkeep);
    await sent(harness, post('/conversations', conversation));
    const [before] = harness.store.all;
    await sent(harness, post('/conversations', { ...conversation, messages: [{ ...reply, id: 'm9' }] }));
    expect(harness.store.all).toHaveLength(1);
    expect(harness.store.all[0]?.id).not.toBe(before?.id);
  });

  it('without an id are found again by their external id', async () => {
    const harness = await harnessOf(inkeep);
    const { id: _, ...unnamed } = { ...conversation, externalId: 'thread_1' };
    const first = await sent(harness, post('/conversations', unnamed));
    const second = await sent(harness, post('/conversations', unnamed));
    expect(second['id']).toBe(first['id']);
    const third = await sent(harness, post('/conversations', { ...unnamed, externalId: 'thread_2' }));
    expect(third['id']).not.toBe(first['id']);
  });

  it('that came as spans are shown, with their usage', async () => {
    const harness = await harnessOf(inkeep);
    await harness.store.write({
      interactions: [
        call({ usage: { inputTokens: 3, outputTokens: 4 } }),
        call({ id: 'x', spanId: 'aaaaaaaaaaaaaaaa', operation: 'embeddings', conversationId: 'only embeddings' }),
      ],
    });
    expect(await sent(harness, get('/conversations/c1'))).toMatchObject({
      id: 'c1',
      externalId: traceId,
      messages: [
        { role: 'user', content: 'When are you open?' },
        {
          role: 'assistant',
          content: 'Nine to five.',
          properties: { 'gen_ai.usage.input_tokens': 3, span_id: 'b7ad6b7169203331' },
        },
      ],
    });
    expect(await sent(harness, get(`/conversations/external/${traceId}`))).toMatchObject({ id: 'c1' });
    expect((await harness.send(get('/conversations/only%20embeddings'))).status).toBe(404);
  });

  it('that came both ways are shown once', async () => {
    const harness = await harnessOf(inkeep);
    await sent(harness, post('/conversations', conversation));
    await harness.store.write({ interactions: [call({})] });
    const { messages } = (await sent(harness, get('/conversations/c1'))) as { messages: readonly Json[] };
    expect(messages.map(({ id }) => id)).toEqual(['m1', 'm2']);
    expect(messages[1]?.['properties']).toMatchObject({ trace_id: traceId });
  });

  it('are paged, the most recently changed first', async () => {
    const harness = await harnessOf(inkeep);
    for (const id of ['a', 'b', 'c']) {
      harness.now += 1_000;
      await sent(harness, post('/conversations', { ...conversation, id }));
    }
    const page = await sent(harness, get('/conversations?limit=2&offset=1'));
    expect(page).toMatchObject({ conversations: [{ id: 'b' }, { id: 'a' }], total: 3, pageSize: 2, count: 2 });
  });

  it('are deleted with all that belongs to them', async () => {
    const harness = await harnessOf(inkeep);
    await sent(harness, post('/conversations', conversation));
    expect(await sent(harness, { method: 'DELETE', path: '/conversations/c1' })).toMatchObject({ success: true });
    expect(harness.store.all).toEqual([]);
    for (const method of ['GET', 'DELETE'])
      expect((await harness.send({ method, path: '/conversations/c1' })).status).toBe(404);
  });

  it.each<[string, unknown, string]>([
    ['no type', { messages: [] }, 'type'],
    ['another type', { type: 'chat', messages: [] }, 'type'],
    ['no messages', { type: 'openai' }, 'messages'],
    ['a tool role', { type: 'openai', messages: [question, { role: 'tool', content: 'x' }] }, 'messages.1.role'],
    [
      'a message without content',
      { type: 'openai', messages: [{ role: 'user', content: null }] },
      'messages.0.content',
    ],
    [
      'a content part of another type',
      { type: 'openai', messages: [{ role: 'user', content: [{ type: 'audio' }] }] },
      'messages.0.content.0.type',
    ],
    ['a tag that is a number', { ...conversation, tags: [7] }, 'tags.0'],
  ])('with %s are refused as problem details', async (_, body, field) => {
    const harness = await harnessOf(inkeep);
    const answer = await harness.send(post('/conversations', body));
    expect(answer).toEqual({
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        title: 'Bad Request',
        status: 400,
        detail: expect.stringMatching(`^${field} is (missing|invalid: \\w.*)\\.$`),
        code: 'bad_request',
        error: { code: 'bad_request', message: expect.any(String) },
        field,
      },
    });
    expect(harness.store.writes).toEqual([]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'limit=1.5'])('refuse ?%s', async (query) => {
    const harness = await harnessOf(inkeep);
    expect((await harness.send(get(`/conversations?${query}`))).status).toBe(400);
  });
});

describe('feedback', () => {
  it('is answered, stored for its call, and read back with its message', async () => {
    const harness = await harnessOf(inkeep);
    await sent(harness, post('/conversations', conversation));
    const written = {
      type: 'negative',
      messageId: 'm2',
      reasons: [{ label: 'wrong', details: 'day' }],
      details: 'it was Sunday',
      sources: [{ type: 'new', title: 'Hours', url: 'https://example.invalid' }],
      properties: { score: 2, from: 'widget' },
      userProperties: { userId: 'u-1' },
      createdAt: '2025-11-13T02:14:00.000Z',
    };
    const answer = await sent(harness, post('/feedback', written));
    expect(answer).toMatchObject({ ...written, id: expect.any(String), updatedAt: written.createdAt });
    const [entry] = [...harness.store.receivedFeedback.values()];
    expect(entry?.feedback).toEqual({
      rating: 'negative',
      score: 2,
      comment: 'it was Sunday',
      reasons: written.reasons,
      messageId: 'm2',
      conversationId: 'c1',
      traceId: harness.store.all[0]?.traceId,
      spanId: harness.store.all[0]?.spanId,
      user: { id: 'u-1' },
      time: Date.parse(written.createdAt),
    });
    const shown = { ...answer, conversation: { id: 'c1' }, message: { id: 'm2', content: 'Nine to five.' } };
    expect(await sent(harness, get(`/feedback/${answer['id']}`))).toMatchObject(shown);
    expect(await sent(harness, get('/feedback'))).toMatchObject({
      positiveFeedbackCount: 0,
      negativeFeedbackCount: 1,
      positiveFeedback: [],
      negativeFeedback: [shown],
    });
  });

  it('of another vendor is shown on the answer that it names', async () => {
    const harness = await harnessOf(inkeep);
    await harness.store.write({
      interactions: [call({})],
      feedback: [
        {
          id: 'athina:ref',
          feedback: {
            rating: 'positive',
            answerId: 'ref',
            conversationId: 'c1',
            spanId: 'b7ad6b7169203331',
            time: 1763000002000,
          },
        },
      ],
    });
    expect(await sent(harness, get('/feedback/athina%3Aref'))).toMatchObject({
      id: 'athina:ref',
      type: 'positive',
      createdAt: '2025-11-13T02:13:22.000Z',
      message: { role: 'assistant', content: 'Nine to five.' },
    });
  });

  it('with the id of an earlier one replaces it, and is deleted by it', async () => {
    const harness = await harnessOf(inkeep);
    for (const type of ['positive', 'negative'])
      await sent(harness, post('/feedback', { id: 'f1', type, messageId: 'm2' }));
    expect([...harness.store.receivedFeedback.values()]).toMatchObject([
      { id: 'f1', feedback: { rating: 'negative' } },
    ]);
    expect(await sent(harness, { method: 'DELETE', path: '/feedback/f1' })).toMatchObject({ success: true });
    expect((await harness.send(get('/feedback/f1'))).status).toBe(404);
  });

  it('without an id that is sent again is the same one', async () => {
    const harness = await harnessOf(inkeep);
    const body = { type: 'negative', messageId: 'm2', details: 'late' };
    const first = await sent(harness, post('/feedback', body));
    harness.now += 2_000;
    expect((await sent(harness, post('/feedback', body)))['id']).toBe(first['id']);
    await sent(harness, post('/feedback', { ...body, messageId: 'm4' }));
    await sent(harness, post('/feedback', { ...body, userProperties: { userId: 'other' } }));
    expect(harness.store.receivedFeedback.size).toBe(3);
  });

  it('on a message that is not stored is kept, and not shown', async () => {
    const harness = await harnessOf(inkeep);
    const { id } = await sent(harness, post('/feedback', { type: 'positive', messageId: 'nope' }));
    expect(await sent(harness, get('/feedback'))).toMatchObject({ positiveFeedbackCount: 1, positiveFeedback: [] });
    expect((await harness.send(get(`/feedback/${id}`))).status).toBe(404);
  });

  it.each([
    [{ type: 'positive' }, 'messageId'],
    [{ type: 'good', messageId: 'm' }, 'type'],
    [{ type: 'positive', messageId: 'm', reasons: [{ label: 'x' }] }, 'reasons.0.details'],
  ])('%j is refused', async (body, field) => {
    const harness = await harnessOf(inkeep);
    expect(await harness.send(post('/feedback', body))).toMatchObject({ status: 400, body: { field } });
  });
});

describe('events', () => {
  it.each([
    [
      { entityType: 'message', messageId: 'm2', type: 'message:copied' },
      { messageId: 'm2', conversationId: 'c1' },
    ],
    [
      { entityType: 'conversation', conversationId: 'c1', type: 'conversation:shared', properties: { a: { b: 1 } } },
      { conversationId: 'c1' },
    ],
    [
      { entityType: 'search', searchQuery: 'hours', type: 'search', userProperties: { userId: 'u' } },
      { searchQuery: 'hours', user: { id: 'u' } },
    ],
  ])('%j are answered and stored', async (body, event) => {
    const harness = await harnessOf(inkeep);
    await sent(harness, post('/conversations', conversation));
    const answer = await sent(harness, post('/events', body));
    expect(answer).toEqual({ ...body, id: expect.any(String), createdAt: now, projectId: null, integrationId: null });
    expect([...harness.store.receivedEvents.values()]).toMatchObject([
      { id: answer['id'], event: { type: body.type, ...event, time: harness.now }, body },
    ]);
  });

  it.each([
    [{ type: 'x' }, 'entityType'],
    [{ entityType: 'message', type: 'x' }, 'messageId'],
    [{ entityType: 'search', searchQuery: 'q' }, 'type'],
  ])('%j are refused', async (body, field) => {
    const harness = await harnessOf(inkeep);
    expect(await harness.send(post('/events', body))).toMatchObject({ status: 400, body: { field } });
  });
});

describe('queries', () => {
  async function filled(): Promise<RoutesHarness> {
    const harness = await harnessOf(inkeep);
    const log = (id: string, createdAt: string, properties: object, questions = 1) =>
      sent(
        harness,
        post('/conversations', {
          id,
          type: 'openai',
          createdAt,
          properties,
          userProperties: { userId: `u-${id}` },
          messages: Array.from({ length: questions }, (_, index) => [
            { id: `${id}-q${index}`, role: 'user', content: 'q', createdAt },
            { id: `${id}-a${index}`, role: 'assistant', content: 'a', createdAt },
          ]).flat(),
        }),
      );
    await log('a', '2025-11-10T09:10:00.000Z', { plan: 'free', seats: 1 });
    await log('b', '2025-11-10T10:20:00.000+01:00', { plan: 'pro', seats: 20 }, 3);
    await log('c', '2025-11-17T23:59:00.000Z', { plan: 'pro', seats: null }, 2);
    for (const messageId of ['a-a0', 'c-a0']) await sent(harness, post('/feedback', { type: 'negative', messageId }));
    await sent(harness, post('/feedback', { type: 'positive', messageId: 'b-a0', details: 'yes' }));
    for (const [searchQuery, userId] of [
      ['hours', 'u-1'],
      ['hours', 'u-2'],
      ['prices', 'u-1'],
    ])
      await sent(
        harness,
        post('/events', { entityType: 'search', type: 'search', searchQuery, userProperties: { userId } }),
      );
    return harness;
  }
  const results = async (view: string, body: object) => {
    const answer = await sent(await filled(), post(`/query/${view}`, body));
    const { result, ...paging } = answer['data'] as { result: readonly Json[]; total: number };
    expect(answer['status']).toBe('ok');
    expect(paging).toMatchObject({ total: result.length, count: result.length });
    return result;
  };
  const ids = async (where: object) =>
    (
      await results('conversations', {
        select: [{ type: 'field', field: 'id' }],
        where,
        orderBy: [{ field: 'id', direction: 'asc' }],
      })
    ).map(({ id }) => id);
  const condition = (field: string, operator: string, value?: unknown) => ({ condition: { field, operator, value } });
  const plan = (value: unknown) => ({ path: ['plan'], value });

  it.each<[object, readonly string[]]>([
    [condition('userMessageCount', 'gt', 1), ['b', 'c']],
    [condition('userMessageCount', 'lte', 2), ['a', 'c']],
    [condition('id', 'in', ['a', 'c']), ['a', 'c']],
    [condition('id', 'notIn', ['a']), ['b', 'c']],
    [condition('id', 'neq', 'b'), ['a', 'c']],
    [condition('properties', 'eq', plan('pro')), ['b', 'c']],
    [condition('properties', 'isNull', { path: ['seats'] }), ['c']],
    [condition('properties', 'isNotNull', { path: ['seats'] }), ['a', 'b']],
    [condition('properties', 'gte', { path: ['seats'], value: 2 }), ['b']],
    [condition('firstMessageTime', 'lt', '2025-11-10T09:15:00.000Z'), ['a']],
    [condition('firstMessageTime', 'gte', '2025-11-10T09:20:00Z'), ['b', 'c']],
    [condition('projectId', 'eq', 'p'), []],
    [{ and: [condition('id', 'neq', 'a'), { or: [condition('id', 'eq', 'a'), condition('id', 'eq', 'c')] }] }, ['c']],
  ])('filter conversations by %j', async (where, expected) => {
    expect(await ids(where)).toEqual(expected);
  });

  it('group, aggregate and order', async () => {
    expect(
      await results('conversations', {
        select: [
          { type: 'aggregation', aggregation: 'count', field: 'id' },
          { type: 'aggregation', aggregation: 'sum', field: 'userMessageCount' },
          { type: 'aggregation', aggregation: 'max', field: 'firstMessageTime' },
        ],
        groupBy: [{ field: 'properties', path: ['plan'] }],
        orderBy: [{ field: 'count_id', direction: 'desc' }],
      }),
    ).toEqual([
      {
        properties_plan: 'pro',
        count_id: 2,
        sum_userMessageCount: 5,
        max_firstMessageTime: '2025-11-17T23:59:00.000Z',
      },
      {
        properties_plan: 'free',
        count_id: 1,
        sum_userMessageCount: 1,
        max_firstMessageTime: '2025-11-10T09:10:00.000Z',
      },
    ]);
  });

  it.each([
    ['hour', ['2025-11-10T09:00:00.000Z', '2025-11-17T23:00:00.000Z']],
    ['day', ['2025-11-10T00:00:00.000Z', '2025-11-17T00:00:00.000Z']],
    ['week', ['2025-11-10T00:00:00.000Z', '2025-11-17T00:00:00.000Z']],
    ['month', ['2025-11-01T00:00:00.000Z']],
  ])('count by %s', async (timeUnit, times) => {
    const name = `firstMessageTime_${timeUnit}`;
    const rows = await results('conversations', {
      select: [
        { type: 'time', timeUnit },
        { type: 'aggregation', aggregation: 'count' },
      ],
      orderBy: [{ field: name, direction: 'asc' }],
    });
    expect(rows.map((row) => row[name])).toEqual(times);
    expect(rows.reduce((sum, { count }) => sum + Number(count), 0)).toBe(3);
  });

  it('count nothing as 0', async () => {
    expect(
      await results('feedback', {
        select: [{ type: 'aggregation', aggregation: 'count' }],
        where: condition('type', 'eq', 'nothing'),
      }),
    ).toEqual([{ count: 0 }]);
  });

  it('read feedback and events', async () => {
    expect(await results('feedback', { where: condition('type', 'eq', 'positive') })).toMatchObject([
      { type: 'positive', messageId: 'b-a0', conversationId: 'b', details: 'yes' },
    ]);
    expect(
      await results('events', {
        select: [{ type: 'aggregation', aggregation: 'countDistinct', field: 'userProperties', path: ['userId'] }],
        groupBy: [{ field: 'searchQuery' }, { field: 'eventType', includeInSelect: false }],
        orderBy: [{ field: 'searchQuery', direction: 'asc' }],
      }),
    ).toEqual([
      { searchQuery: 'hours', countDistinct_userProperties_userId: 2 },
      { searchQuery: 'prices', countDistinct_userProperties_userId: 1 },
    ]);
  });

  it('list the keys and values of properties', async () => {
    const harness = await filled();
    expect(await sent(harness, post('/query/property-keys', { field: 'properties' }))).toEqual({
      results: ['plan', 'seats'],
    });
    expect(
      await sent(
        harness,
        post('/query/property-values', { field: 'properties', key: 'plan', views: ['conversations_view'] }),
      ),
    ).toEqual({ results: ['pro', 'free'] });
    expect(await sent(harness, post('/query/property-values', { field: 'properties', key: 'plan', limit: 1 }))).toEqual(
      {
        results: ['pro'],
      },
    );
  });

  it('list searches', async () => {
    const harness = await filled();
    expect(await sent(harness, get('/query/top-search-queries'))).toEqual({
      data: {
        result: [
          { searchQuery: 'hours', count: '2' },
          { searchQuery: 'prices', count: '1' },
        ],
        total: 2,
      },
    });
    expect(await sent(harness, get('/query/weekly-search-users'))).toEqual({
      data: { result: [{ week: '2025-11-10T00:00:00.000Z', unique_users: '2' }], total: 1 },
    });
    expect(await sent(harness, get('/query/top-search-queries?after=2025-11-14T00:00:00Z'))).toMatchObject({
      data: { total: 0 },
    });
  });

  describe('of a store with more rows than one query reads', () => {
    const millis = (day: number): number => Date.UTC(2025, 10, 1 + day);
    const many = async () => {
      const harness = await harnessOf(inkeep);
      for (let index = 0; index < 21_000; index += 1) {
        const id = `e${index}`;
        const event = { type: 'search', searchQuery: 'hours', time: millis(0) };
        harness.store.receivedEvents.set(id, { id, event, body: { properties: { [`old${index % 3}`]: 1 } } });
      }
      const time = millis(20);
      const event = { type: 'search', searchQuery: 'prices', time };
      harness.store.receivedEvents.set('late', { id: 'late', event, body: { properties: { late: 1 } } });
      return harness;
    };
    const counted = { select: [{ type: 'aggregation', aggregation: 'count' }] };

    it('answer those of a shorter time', async () => {
      const harness = await many();
      const since = condition('createdAt', 'gte', new Date(millis(19)).toISOString());
      const wheres = [since, { and: [condition('type', 'neq', 'x'), since] }, { or: [since, since] }];
      for (const where of wheres) {
        const answer = await sent(harness, post('/query/events', { ...counted, where }));
        expect(answer).toMatchObject({ data: { result: [{ count: 1 }] } });
      }
      const top = await sent(harness, get('/query/top-search-queries?after=2025-11-14T00:00:00Z'));
      expect(top).toMatchObject({ data: { result: [{ searchQuery: 'prices', count: '1' }] } });
    });

    it('say how to ask for less', async () => {
      const where = { or: [condition('createdAt', 'gte', '2025-11-14'), condition('type', 'eq', 'x')] };
      for (const body of [counted, { ...counted, where }]) {
        const answer = await (await many()).send(post('/query/events', body));
        expect(answer).toMatchObject({ status: 422 });
        expect((answer.body as Json)['detail']).toMatch(/21001 rows.*gte.*createdAt/);
      }
    });

    it('list the properties of the newest', async () => {
      const answer = await sent(await many(), post('/query/property-keys', { field: 'properties' }));
      expect(answer).toEqual({ results: ['late', 'old0', 'old1', 'old2'] });
    });
  });

  it.each([
    ['conversations', { where: condition('properties', 'jsonContains', {}) }, 422],
    ['semantic-threads', {}, 422],
    ['conversations', { where: condition('messages', 'eq', 1) }, 400],
    ['conversations', { where: condition('id', 'like', 'x') }, 400],
    ['events', { select: [{ type: 'sum' }] }, 400],
  ])('of %s with %j are refused in words', async (view, body, status) => {
    const answer = await (await filled()).send(post(`/query/${view}`, body));
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect((answer.body as Json)['detail']).toMatch(/\w{3,}.*\.$/);
  });
});

it('accept the configured key alone', async () => {
  const harness = await harnessOf(inkeep, keysOf('k-1'));
  expect((await harness.send({ ...get('/conversations'), headers: { authorization: 'Bearer k-1' } })).status).toBe(200);
  for (const headers of [{ authorization: 'Bearer k' }, {}])
    expect(await harness.send({ ...get('/conversations'), headers })).toMatchObject({
      status: 401,
      headers: { 'content-type': 'application/problem+json' },
      body: { code: 'unauthorized', error: { code: 'unauthorized' } },
    });
});
