import { expect, it, onTestFinished, vi } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { Store } from '../../src/store/store.ts';
import { vendors } from '../../src/vendors/index.ts';
import { openGateway, until } from './gateway-scene.ts';

const interaction: Interaction = {
  id: `${'a'.repeat(32)}:${'b'.repeat(16)}`,
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  name: 'chat gpt-4o',
  operation: 'chat',
  provider: 'openai',
  requestModel: 'gpt-4o',
  responseId: 'chatcmpl-1',
  conversationId: 'conversation-1',
  botId: 'bot-1',
  user: { id: 'ann' },
  inputMessages: [{ role: 'user', id: 'msg_u', parts: [{ type: 'text', content: 'Where is my refund?' }] }],
  outputMessages: [
    { role: 'assistant', id: 'msg_a', parts: [{ type: 'text', content: 'On its way.' }], finish_reason: 'stop' },
  ],
  usage: { inputTokens: 10, outputTokens: 5 },
  cost: { total: 0.25, origin: 'client' },
  startTime: Date.now() - 1_500,
  endTime: Date.now() - 500,
  outcome: { status: 'ok' },
};

const optionsFor = (url: string, key: string): Readonly<Record<string, object>> => ({
  athina: { apiKey: key, baseUrl: `${url}/athina` },
  reconify: { appKey: 'app', apiKey: key, tracker: `${url}/reconify/track` },
  inkeep: { apiKey: key, url: `${url}/inkeep` },
  requesty: { apiKey: key, url: `${url}/requesty/insight` },
  kore: { output: `${url}/kore/records` },
});

async function send(vendorName: string, url: string, key: string): Promise<Response[]> {
  const vendor = vendors.find(({ name }) => name === vendorName);
  if (!vendor) throw new Error(`no vendor ${vendorName}`);
  const options = vendor.resolveOptions(optionsFor(url, key)[vendorName] ?? {}, {});
  const records = vendor.encode(interaction, options);
  expect(records.length).toBeGreaterThan(0);
  return Promise.all(
    records.map(({ payload }) => {
      const { method, url: target, headers, body } = vendor.request(payload, options);
      return fetch(target, { method, headers, body: typeof body === 'string' ? body : Buffer.from(body) });
    }),
  );
}

it.each(vendors.map(({ name }) => name))('takes what the exporter of %s sends, and shows it', async (name) => {
  const { gateway, client } = await openGateway();
  for (const response of await send(name, gateway.url, 'key')) expect(response.status).toBeLessThan(300);
  const { items } = await until(async () => {
    const page = await client.listInteractions();
    return page.items.length > 0 ? page : undefined;
  });
  expect(items).toMatchObject([{ receivedBy: name, title: 'Where is my refund?', answer: 'On its way.' }]);
  expect((await client.search({ query: { q: 'refund' } })).items).toHaveLength(1);
  // Sent again it updates what is there.
  await send(name, gateway.url, 'key');
  expect((await client.listInteractions()).items).toHaveLength(1);
});

it.each(vendors.map(({ name }) => name).filter((name) => name !== 'kore'))(
  'lets a client of %s in with the token as its key, and no other',
  async (name) => {
    const token = 'a-token-that-is-long-enough';
    const { gateway, client } = await openGateway({ token });
    for (const response of await send(name, gateway.url, 'wrong')) expect(response.status).toBe(401);
    expect((await client.listInteractions()).items).toEqual([]);
    for (const response of await send(name, gateway.url, token)) expect(response.status).toBeLessThan(300);
    expect((await client.listInteractions()).items).toHaveLength(1);
  },
);

it('says where each field of a payload comes from', async () => {
  const { client } = await openGateway();
  for (const { name } of vendors) {
    const { fields } = await client.getVendorFields({ params: { name } });
    expect(fields.flatMap(({ from }) => from)).toContain('inputMessages');
  }
  await expect(client.getVendorFields({ params: { name: 'nobody' } })).rejects.toMatchObject({ status: 404 });
});

it('answers Inkeep and Kore with what came over OTLP', async () => {
  const { gateway } = await openGateway();
  const span = {
    traceId: interaction.traceId,
    spanId: interaction.spanId,
    name: 'chat gpt-4o',
    kind: 3,
    startTimeUnixNano: `${Math.trunc(interaction.startTime)}000000`,
    endTimeUnixNano: `${Math.trunc(interaction.endTime)}000000`,
    attributes: Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.conversation.id': 'conversation-1',
      'spanport.bot.id': 'bot-1',
      'gen_ai.input.messages': JSON.stringify(interaction.inputMessages),
      'gen_ai.output.messages': JSON.stringify(interaction.outputMessages),
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  };
  await fetch(`${gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  });
  const inkeep = await (await fetch(`${gateway.url}/inkeep/conversations/conversation-1`)).json();
  expect(inkeep).toMatchObject({
    id: 'conversation-1',
    messages: [
      { role: 'user', content: 'Where is my refund?' },
      { role: 'assistant', content: 'On its way.' },
    ],
  });
  const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const kore = await fetch(`${gateway.url}/kore/api/1.1/public/bot/bot-1/getLLMUsageLogs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dateFrom: `${day(-1)}T00:00:00Z`, dateTo: `${day(1)}T00:00:00Z`, limit: '10', offset: '0' }),
  });
  const logs = await kore.json();
  expect([kore.status, JSON.stringify(logs)]).toEqual([200, expect.stringContaining('gpt-4o')]);
});

it.each(vendors.map(({ name }) => name))(
  'answers a failure of its own in the form of %s, without its cause',
  async (name) => {
    const { gateway, client, lines } = await openGateway();
    const write = vi.spyOn(Store.prototype, 'writeAll').mockRejectedValueOnce(new Error('cause of the failure'));
    onTestFinished(() => write.mockRestore());
    const [failed] = await send(name, gateway.url, 'key');
    expect([failed?.status, failed?.headers.get('content-type')]).toEqual([
      500,
      expect.stringMatching(/^application\/(problem\+)?json$/),
    ]);
    const body = await failed?.json();
    expect(JSON.stringify(body)).toContain('The gateway failed to handle the request.');
    expect(JSON.stringify(body)).not.toContain('cause of the failure');
    if (name === 'requesty')
      expect(body).toEqual({ success: false, error: 'The gateway failed to handle the request.' });
    expect(lines.join('\n')).toContain('cause of the failure');
    // A client that tries again is not refused.
    for (const response of await send(name, gateway.url, 'key')) expect(response.status).toBeLessThan(300);
    expect((await client.listInteractions()).items).toHaveLength(1);
  },
);
