import { describe, expect, it } from 'vitest';
import { withMaskedFilter, withMaskedIds, withMaskedIdsInJson, withMaskedQuery } from '../../src/gateway/masked-ids.ts';
import { maskSecrets } from '../../src/interaction/mask.ts';
import { openGateway, until } from './gateway-scene.ts';

const ann = `sk-${'a1B2'.repeat(10)}`;
const bob = `sk-${'c3D4'.repeat(10)}`;

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

const chatOf = (user: string, digit: string) => ({
  traceId: digit.repeat(32),
  spanId: digit.repeat(16),
  name: 'chat',
  startTimeUnixNano: '1760000000000000000',
  endTimeUnixNano: '1760000001000000000',
  attributes: Object.entries({
    'gen_ai.operation.name': 'chat',
    'gen_ai.conversation.id': `c${digit}`,
    'user.id': user,
    'session.id': user,
    metadata: JSON.stringify({ user_id: user, note: 'kept' }),
  }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
});

it('finds what belongs to an id that is a secret by that id, through every API', async () => {
  const { gateway, client } = await openGateway();
  const spans = [chatOf(ann, '1'), chatOf(bob, '2')];
  await post(`${gateway.url}/v1/traces`, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  await until(async () => ((await client.listInteractions()).items.length === 2 ? true : undefined));
  const conversations = async (q: string) =>
    (await client.listConversations({ query: { q } })).items.map(({ conversationId }) => conversationId);
  for (const q of [`user:${ann}`, `user:"${ann}"`, `session:${ann},nobody`, `-user:${bob}`, `attr.user.id:${ann}`])
    expect([q, await conversations(q)]).toEqual([q, ['c1']]);
  const [stored] = (await client.listInteractions({ query: { q: `user:${ann}` } })).items;
  const user = (await client.getInteraction({ params: { id: stored?.id ?? '' } })).interaction['user'] as {
    id: string;
  };
  expect(user.id).toMatch(/^masked-/);
  expect(await conversations(`user:${user.id}`)).toEqual(['c1']);
  const traces = await Promise.all(
    ['1', '2'].map((digit) => client.getTrace({ params: { traceId: digit.repeat(32) } })),
  );
  const metadata = traces.map(({ items }) => items[0]?.attributes['metadata']);
  expect(metadata[0]).toBe(JSON.stringify({ user_id: user.id, note: 'kept' }));
  expect(metadata[1]).not.toBe(metadata[0]);
  const kore = await post(`${gateway.url}/kore/api/1.1/public/bot/b1/getLLMUsageLogs`, {
    dateFrom: '2025-10-01',
    dateTo: '2025-10-20',
    limit: 10,
    userIds: [ann],
  });
  expect(await kore.json()).toHaveLength(1);
});

it("finds users by Inkeep's query filters", async () => {
  const { gateway } = await openGateway();
  for (const [id, user] of [
    ['c1', ann],
    ['c2', bob],
  ] as const) {
    const messages = [{ id: `${id}-u`, role: 'user', content: 'Hello' }];
    const sent = { id, type: 'openai', messages, userProperties: { userId: user } };
    expect((await post(`${gateway.url}/inkeep/conversations`, sent)).status).toBeLessThan(300);
  }
  const idsWhere = async (operator: string, value: unknown) => {
    const condition = { field: 'userProperties', operator, value: { path: ['userId'], value } };
    const select = [{ type: 'field', field: 'id' }];
    const answer = await post(`${gateway.url}/inkeep/query/conversations`, { select, where: { condition } });
    return ((await answer.json()) as { data: { result: { id: string }[] } }).data.result.map(({ id }) => id);
  };
  expect(await idsWhere('eq', ann)).toEqual(['c1']);
  expect(await idsWhere('in', [bob, 'none'])).toEqual(['c2']);
  expect(await idsWhere('neq', bob)).toEqual(['c1']);
});

describe('one form of an id', () => {
  const { id } = withMaskedIds({ id: ann }, maskSecrets);

  it('is the same in a query string, in JSON and in a condition', () => {
    expect(id).toMatch(/^masked-[0-9a-f]{12}$/);
    const query = withMaskedQuery(new URLSearchParams({ userId: ann, limit: '5' }), maskSecrets);
    expect(Object.fromEntries(query)).toEqual({ userId: id, limit: '5' });
    expect(withMaskedIdsInJson(JSON.stringify([{ user: { id: ann } }]), maskSecrets)).toBe(`[{"user":{"id":"${id}"}}]`);
    expect(withMaskedIds({ field: 'id', operator: 'eq', value: ann }, maskSecrets).value).toBe(id);
    expect(withMaskedIds({ field: 'details', operator: 'eq', value: ann }, maskSecrets).value).toBe(ann);
  });

  it('leaves a text that is not JSON, and a filter without such ids', () => {
    for (const text of ['{broken', `{"note":"${ann}"}`, 'user'])
      expect(withMaskedIdsInJson(text, maskSecrets)).toBe(text);
    for (const filter of ['user:ann "refund"', 'model:gpt-4o*', '', `user:${ann}*`, `"${ann}"`])
      expect(withMaskedFilter(filter, maskSecrets)).toBe(filter);
  });
});
