import { expect, it } from 'vitest';
import { answerOf, StoreError } from '../../src/store/store-error.ts';
import { openGateway } from './gateway-scene.ts';

type Answer = readonly [status: number, body: Readonly<Record<string, unknown>>];

async function open() {
  const { gateway } = await openGateway();
  return async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${gateway.url}${path}`, init);
    return [response.status, (await response.json()) as Record<string, unknown>];
  };
}

it('refuses filters that the store cannot run, and takes the largest that it names', async () => {
  const get = await open();
  const wrong = ['constructor:x', 'toString:x', `id:${'a,'.repeat(140)}`, `model:${'a,'.repeat(900)}`];
  for (const list of ['conversations', 'interactions', 'traces']) {
    for (const q of [...wrong, `cost>${'9'.repeat(400)}`]) {
      expect([q, await get(`/api/${list}?q=${q}`)]).toMatchObject([q, [400, { error: { code: 'wrong-filter' } }]]);
    }
    for (const key of ['id', 'model', 'tool', 'attr.x']) {
      const q = `${key}:${'a,'.repeat(50)}${' -is:error'.repeat(39)}`;
      expect([key, await get(`/api/${list}?q=${encodeURIComponent(q)}`)]).toEqual([key, [200, { items: [] }]]);
    }
  }
});

it('completes nothing for a key that no column has', async () => {
  const get = await open();
  expect(await get('/api/completions?key=constructor')).toEqual([200, { items: [] }]);
});

it("refuses a list in Kore's query that is too long, and names it", async () => {
  const post = await open();
  const send = (count: number) =>
    post('/kore/api/1.1/public/bot/b/getLLMUsageLogs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', auth: 'key' },
      body: JSON.stringify({
        dateFrom: '2026-01-01',
        dateTo: '2026-01-02',
        limit: 10,
        userIds: new Array(count).fill('u'),
        taskId: new Array(Math.min(count, 500)).fill('t'),
      }),
    });
  expect(await send(40_000)).toMatchObject([400, { errors: [{ code: 400, field: 'userIds' }] }]);
  expect(await send(500)).toEqual([200, []]);
});

it("keeps SQLite's words out of answers", () => {
  expect(answerOf(new StoreError('failed', 'The store failed: near "x": syntax error'))).not.toContain('syntax');
  expect(answerOf(new StoreError('busy', 'Too much waits.'))).toBe('Too much waits.');
});
