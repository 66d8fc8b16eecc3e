import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { inkeep } from '../../src/vendors/inkeep/index.ts';
import { kore } from '../../src/vendors/kore/index.ts';
import { goldenCases } from '../support/vendor-cases.ts';
import { openGateway } from './gateway-scene.ts';

type Json = Readonly<Record<string, unknown>>;

/** The golden interactions as calls of their own: they share their ids and times. */
const calls: readonly Interaction[] = goldenCases('kore').map(({ name, interaction }, index) => ({
  ...interaction,
  conversationId: name,
  traceId: `${index + 1}`.padStart(32, '0'),
  spanId: `${index + 1}`.padStart(16, '0'),
  startTime: interaction.startTime + index * 60_000,
  endTime: interaction.endTime + index * 60_000,
}));

async function json(url: string, method: string, body?: unknown): Promise<Json> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Json;
}

it('returns Kore records byte for byte, newest first', async () => {
  const { gateway } = await openGateway();
  const botId = 'st-1';
  const written = calls.flatMap((interaction) =>
    kore.encode({ ...interaction, botId }, { output: 'file:x' }).map(({ payload }) => payload),
  );
  expect(written.length).toBeGreaterThan(5);
  await json(`${gateway.url}/kore/records`, 'POST', written);

  const starts = written.map((record) => Date.parse(record['start Date'])).toSorted((a, b) => a - b);
  const day = (millis: number | undefined): string => new Date(millis ?? 0).toISOString().slice(0, 10);
  const range = { dateFrom: day(starts[0]), dateTo: day(starts.at(-1)), isDeveloper: true };
  const pages: unknown[] = [];
  for (let skip = 0; ; skip += 4) {
    const query = { ...range, limit: '4', skip: String(skip) };
    const page = await json(`${gateway.url}/kore/api/1.1/public/bot/${botId}/getLLMUsageLogs`, 'POST', query);
    pages.push(...(page as unknown as unknown[]));
    if ((page as unknown as unknown[]).length < 4) break;
  }
  const sorted = (records: readonly unknown[]): string[] => records.map((record) => JSON.stringify(record)).toSorted();
  expect(sorted(pages)).toEqual(sorted(written));
  const dates = pages.map((record) => String((record as Json)['start Date']));
  expect(dates).toEqual(dates.toSorted().toReversed());
});

it('returns Inkeep conversations as they were written, and feedback by its rating', async () => {
  const { gateway } = await openGateway();
  const base = `${gateway.url}/inkeep`;
  const options = inkeep.resolveOptions({ apiKey: 'k' }, {});
  const bodies = calls.flatMap((interaction) => inkeep.encode(interaction, options).map(({ payload }) => payload.body));
  for (const body of bodies) {
    const answer = await json(`${base}/conversations`, 'POST', body);
    expect(answer).toMatchObject(body as object);
    expect(await json(`${base}/conversations/${encodeURIComponent(String(body.id))}`, 'GET')).toEqual(answer);
  }
  const list = await json(`${base}/conversations?limit=100`, 'GET');
  expect(list).toMatchObject({ total: bodies.length, count: bodies.length });

  const messageOf = (index: number): string => {
    const body = bodies[index];
    return String((body && 'messages' in body ? body.messages : []).findLast(({ role }) => role === 'assistant')?.id);
  };
  await json(`${base}/feedback`, 'POST', { id: 'good', type: 'positive', messageId: messageOf(0) });
  await json(`${base}/feedback`, 'POST', { id: 'bad', type: 'negative', messageId: messageOf(1) });
  expect(await json(`${base}/feedback`, 'GET')).toMatchObject({
    positiveFeedbackCount: 1,
    positiveFeedback: [{ id: 'good', message: { id: messageOf(0) } }],
    negativeFeedbackCount: 1,
    negativeFeedback: [{ id: 'bad', message: { id: messageOf(1) } }],
  });
});

it('keeps a rated message when a conversation is replaced', async () => {
  const { gateway } = await openGateway();
  const base = `${gateway.url}/inkeep`;
  const log = (...ids: readonly string[]) =>
    json(`${base}/conversations`, 'POST', {
      id: 'c1',
      type: 'openai',
      messages: ids.map((id) => ({ id, role: 'assistant', content: id })),
    });
  await log('a', 'b');
  await json(`${base}/feedback`, 'POST', { type: 'positive', messageId: 'b' });
  const { messages } = await log('c');
  expect((messages as readonly Json[]).map(({ id }) => id)).toEqual(['b', 'c']);
});

it("accepts Kore's JWT when it is signed with the gateway's token", async () => {
  const token = 'a-token-that-is-long-enough-for-hs256';
  const { gateway } = await openGateway({ token });
  const read = async (secret: string): Promise<number> => {
    const auth = await new SignJWT({ sub: '1', appId: 'cs-1' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(secret));
    const { status } = await fetch(`${gateway.url}/kore/api/1.1/public/bot/st-1/getLLMUsageLogs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', auth },
      body: JSON.stringify({ dateFrom: '2024-03-07', dateTo: '2024-03-09', limit: 1 }),
    });
    return status;
  };
  expect(await read(token)).toBe(200);
  expect(await read('another-token-that-is-long-enough')).toBe(401);
});
