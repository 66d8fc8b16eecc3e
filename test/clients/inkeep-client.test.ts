import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientGateway, startClientGateway } from './support/client-gateway.ts';
import { type InstalledClient, installNpm } from './support/installed-client.ts';

type Json = Readonly<Record<string, unknown>>;
let gateway: ClientGateway;
let client: InstalledClient;
let report: Readonly<Record<string, Json>>;

beforeAll(async () => {
  gateway = await startClientGateway();
  client = await installNpm(['@inkeep/inkeep-analytics@0.2.4-alpha.27', 'zod@3.25.76']);
  if (client.missing === undefined)
    report = (await client.run('inkeep-client.mjs', {
      CLIENT_KEY: gateway.token,
      GATEWAY_URL: gateway.url,
    })) as typeof report;
});
afterAll(() => gateway.close());

const message = (id: string) => ({ id, conversationId: 'sdk-conversation' });

it('@inkeep/inkeep-analytics (npm) reads back what it wrote', (context) => {
  if (client.missing !== undefined) context.skip(client.missing);
  const { written, logged, read, external, list, unnamed } = report;
  expect(logged).toMatchObject(written as Json);
  expect(read).toEqual(logged);
  expect(external).toEqual(logged);
  expect(list).toMatchObject({ total: 2, pageSize: 10, count: 2 });
  expect(list?.['conversations']).toContainEqual(logged);
  expect(list?.['conversations']).toContainEqual(unnamed);
  expect(report['deleted']).toMatchObject({ success: true });
  expect(report['afterDelete']).toMatchObject({ status: 404 });
});

it("@inkeep/inkeep-analytics (npm) is found through the gateway's own API", async (context) => {
  if (client.missing !== undefined) context.skip(client.missing);
  const interactions = await gateway.interactions();
  expect(interactions).toMatchObject([
    {
      operation: 'chat',
      conversationId: 'sdk-conversation',
      user: { id: 'u-1' },
      tags: ['shop'],
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'see this' }, { type: 'uri' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'hours' }] }],
    },
  ]);
  expect(await gateway.feedback()).toMatchObject([{ rating: 'negative' }]);
});

it('@inkeep/inkeep-analytics (npm) reads feedback with its message', (context) => {
  if (client.missing !== undefined) context.skip(client.missing);
  const { feedback, feedbackById, feedbackList, read } = report;
  expect(feedback).toMatchObject({
    type: 'negative',
    messageId: 'm2',
    reasons: [{ label: 'wrong', details: 'day' }],
    userProperties: { userId: 'u-1' },
  });
  expect(feedbackById).toMatchObject({ ...feedback, conversation: read, message: message('m2') });
  expect(feedbackList).toMatchObject({
    positiveFeedbackCount: 0,
    negativeFeedbackCount: 1,
    negativeFeedback: [feedbackById],
  });
});

it('@inkeep/inkeep-analytics (npm) logs events', (context) => {
  if (client.missing !== undefined) context.skip(client.missing);
  expect(report['events']).toMatchObject([
    { entityType: 'message', type: 'message:copied', messageId: 'm2', projectId: null },
    { entityType: 'conversation', type: 'conversation:shared', conversationId: 'sdk-conversation' },
    { entityType: 'search', type: 'search', searchQuery: 'hours' },
  ]);
});

it('@inkeep/inkeep-analytics (npm) queries', (context) => {
  if (client.missing !== undefined) context.skip(client.missing);
  expect(report['query']).toMatchObject({
    status: 'ok',
    data: {
      result: [{ id: 'sdk-conversation', properties: { source: 'web_chat' } }, { id: report['unnamed']?.['id'] }],
      total: 2,
      count: 2,
    },
  });
  expect(report['queryEvents']).toMatchObject({ data: { total: 3 } });
  expect(report['queryFeedback']).toMatchObject({
    data: { result: [{ messageId: 'm2', conversationId: 'sdk-conversation' }] },
  });
  expect(report['keys']).toEqual({ results: ['nested', 'source'] });
  expect(report['values']).toEqual({ results: ['web_chat'] });
});

it('@inkeep/inkeep-analytics (npm) throws its typed errors', (context) => {
  if (client.missing !== undefined) context.skip(client.missing);
  expect(report['errors']).toMatchObject({
    unknown: { name: 'NotFound', status: 404, code: 'not_found', detail: expect.stringContaining('conversation') },
    wrongKey: { name: 'Unauthorized', status: 401, code: 'unauthorized' },
    threads: { name: 'UnprocessableEntity', status: 422, detail: expect.stringContaining('not supported') },
  });
});
