/** Inkeep's own SDK: what it writes, what it reads back, and the errors that it throws. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { CLIENT_FOLDER, CLIENT_KEY, GATEWAY_URL } = process.env;
const require = createRequire(join(CLIENT_FOLDER, 'package.json'));
const { InkeepAnalytics } = await import(pathToFileURL(require.resolve('@inkeep/inkeep-analytics')).href);

const clientOf = (key) =>
  new InkeepAnalytics({
    apiIntegrationKey: key,
    serverURL: `${GATEWAY_URL}/inkeep`,
    retryConfig: { strategy: 'none' },
  });
const client = clientOf(CLIENT_KEY);
const security = { apiIntegrationKey: CLIENT_KEY };

const written = {
  type: 'openai',
  id: 'sdk-conversation',
  externalId: 'thread_abc',
  externalUrl: 'https://example.invalid/t/1',
  properties: { source: 'web_chat', nested: { a: [1] } },
  userProperties: { userId: 'u-1', additionalProperties: { plan: 'pro' } },
  tags: ['shop'],
  visibility: 'private',
  messages: [
    {
      id: 'm1',
      role: 'user',
      content: [
        { type: 'text', text: 'see this' },
        { type: 'image_url', imageUrl: { url: 'https://example.invalid/a.png', detail: 'auto' } },
      ],
    },
    {
      id: 'm2',
      role: 'assistant',
      content: '',
      links: [{ url: 'https://example.invalid/doc', title: 'Doc', type: 'documentation' }],
      toolCalls: [{ id: 'call_1', type: 'function', function: { name: 'hours', arguments: '{"day":"mon"}' } }],
    },
  ],
};

const thrown = async (act) => {
  try {
    await act();
    return null;
  } catch (error) {
    return { name: error.name, status: error.statusCode ?? error.status, detail: error.detail, code: error.code };
  }
};

const result = {
  logged: await client.conversations.log(security, written),
  unnamed: await client.conversations.log(security, {
    type: 'openai',
    messages: [
      { role: 'user', content: 'When are you open?' },
      { role: 'assistant', content: 'Nine to five.' },
    ],
  }),
  feedback: await client.feedback.submit({
    type: 'negative',
    messageId: 'm2',
    reasons: [{ label: 'wrong', details: 'day' }],
    userProperties: { userId: 'u-1', additionalProperties: {} },
  }),
  events: [
    await client.events.log(security, { entityType: 'message', type: 'message:copied', messageId: 'm2' }),
    await client.events.log(security, {
      entityType: 'conversation',
      type: 'conversation:shared',
      conversationId: 'sdk-conversation',
    }),
    await client.events.log(security, { entityType: 'search', type: 'search', searchQuery: 'hours' }),
  ],
  written,
  read: await client.conversations.get(security, { id: 'sdk-conversation' }),
  external: await client.conversation.getConversationByExternalId({ externalId: 'thread_abc' }),
  list: await client.conversations.list({ limit: 10, offset: 0 }),
  feedbackList: await client.feedback.list({ limit: 10, offset: 0 }),
  query: await client.query.conversations({
    select: [
      { type: 'field', field: 'id' },
      { type: 'field', field: 'firstMessageTime' },
      { type: 'field', field: 'properties' },
    ],
    where: { condition: { field: 'userMessageCount', operator: 'gte', value: 1 } },
    orderBy: [{ field: 'id', direction: 'desc' }],
  }),
  queryEvents: await client.query.queryEvents({
    select: [{ type: 'aggregation', aggregation: 'count', field: 'id' }],
    groupBy: [{ field: 'type' }],
  }),
  queryFeedback: await client.query.queryFeedback({
    where: { condition: { field: 'type', operator: 'eq', value: 'negative' } },
  }),
  keys: await client.query.queryPropertyKeys({ field: 'properties' }),
  values: await client.query.queryPropertyValues({ field: 'properties', key: 'source' }),
  errors: {
    unknown: await thrown(() => client.conversations.get(security, { id: 'nope/with space' })),
    wrongKey: await thrown(() =>
      clientOf('wrong-key').conversations.get({ apiIntegrationKey: 'wrong-key' }, { id: 'sdk-conversation' }),
    ),
    threads: await thrown(() => client.query.querySemanticThreads({})),
  },
};
result.feedbackById = await client.feedback.getFeedbackById({ id: result.feedback.id });
result.deleted = await client.conversations.delete(security, { id: result.unnamed.id });
result.afterDelete = await thrown(() => client.conversations.get(security, { id: result.unnamed.id }));
console.log(JSON.stringify(result));
