import { request } from 'node:http';
import { expect, it } from 'vitest';
import { openGateway, until } from './gateway-scene.ts';

const conversation = (id: string, text = 'Where is my refund?') => ({
  id,
  type: 'openai',
  messages: [
    { id: `${id}-u`, role: 'user', content: text },
    { id: `${id}-a`, role: 'assistant', content: 'The refund is on its way.' },
  ],
});

async function call(url: string, body?: object): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

it.each(['redacted', 'none'] as const)(
  "stores no words that vendors' clients write with content %s",
  async (content) => {
    const { gateway, client } = await openGateway({ content });
    const written = [
      await call(`${gateway.url}/inkeep/conversations`, conversation('c1')),
      await call(`${gateway.url}/inkeep/feedback`, {
        id: 'f1',
        type: 'negative',
        messageId: 'c1-a',
        details: 'No refund',
      }),
      await call(`${gateway.url}/athina/api/v1/trace`, {
        name: 'run',
        start_time: '2026-01-01T00:00:00Z',
        input: { question: 'Where is my refund?' },
        spans: [{ name: 'step', span_type: 'span', output: 'a refund' }],
      }),
    ];
    for (const { status } of written) expect(status).toBeLessThan(300);
    const { items } = await until(async () => {
      const page = await client.listInteractions();
      return page.items.length > 0 ? page : undefined;
    });
    const details = await Promise.all(items.map(({ id }) => client.getInteraction({ params: { id } })));
    const read = await call(`${gateway.url}/inkeep/conversations/c1`);
    const rated = await call(`${gateway.url}/inkeep/feedback`);
    expect(JSON.stringify([details, read, rated])).not.toContain('refund');
    expect([read.status, rated.status]).toEqual([200, 200]);
    expect(JSON.parse(read.text)).toMatchObject({ id: 'c1', messages: [{ role: 'user' }, { role: 'assistant' }] });
  },
);

const token = 'a-token-that-is-long-enough';

it.each([['/athina/api/v1/log/inference'], ['/inkeep/conversations'], ['/requesty/insight']])(
  'refuses a client without a key before it reads the body of %s',
  async (path) => {
    const { gateway } = await openGateway({ token });
    const sending = request(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 10_000_000 },
    });
    const status = await new Promise((resolve, reject) => {
      sending.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject);
      // The body never comes.
      sending.flushHeaders();
    });
    sending.destroy();
    expect(status).toBe(401);
  },
);

it('takes a large body of a client whose key is in it, and refuses one without', async () => {
  const { gateway } = await openGateway({ token });
  const upload = { filename: 'a.png', data: 'a'.repeat(1_000_000) };
  const send = (apiKey: string) =>
    call(`${gateway.url}/reconify/upload`, { reconify: { appKey: 'app', apiKey }, upload });
  expect((await send('wrong')).status).toBe(401);
  expect((await send(token)).status).toBe(200);
});

const jwt = (user: string) =>
  `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"sub":"${user}","name":"A user"}`).toString('base64url')}.${'s'.repeat(43)}`;

it('keeps conversations apart whose ids are secrets, and stores none of them', async () => {
  const { gateway, client } = await openGateway();
  const [ann, bob] = [jwt('ann'), jwt('bob')];
  for (const [id, text] of [
    [ann, 'I am Ann'],
    [bob, 'I am Bob'],
  ] as const)
    expect((await call(`${gateway.url}/inkeep/conversations`, conversation(id, text))).status).toBeLessThan(300);
  const read = async (id: string) => (await call(`${gateway.url}/inkeep/conversations/${id}`)).text;
  expect(await read(ann)).toContain('I am Ann');
  expect(await read(ann)).not.toContain('I am Bob');
  expect(await read(bob)).toContain('I am Bob');
  for (const text of [await read(ann), await read(bob)]) expect(text).not.toContain('eyJ');

  const span = (id: string, digit: string) => ({
    traceId: digit.repeat(32),
    spanId: digit.repeat(16),
    name: 'chat',
    startTimeUnixNano: '1760000000000000000',
    endTimeUnixNano: '1760000001000000000',
    attributes: Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.conversation.id': id,
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  });
  const spans = [span(ann, '1'), span(bob, '2')];
  expect((await call(`${gateway.url}/v1/traces`, { resourceSpans: [{ scopeSpans: [{ spans }] }] })).status).toBe(200);
  await until(async () => ((await client.listInteractions()).items.length === 4 ? true : undefined));
  const { items } = await client.listConversations();
  const ids = items.map(({ conversationId }) => conversationId);
  expect(new Set(ids).size).toBe(2);
  expect(ids.every((id) => /^masked-[0-9a-f]{12}$/.test(String(id)))).toBe(true);
});
