import { expect, it } from 'vitest';
import { openGateway, until } from './gateway-scene.ts';

const SECRET = `sk-${'a1B2'.repeat(10)}`;
const TRACE = '1'.repeat(32);

const attributesFrom = (values: Record<string, string | number>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  }));

/** A span with the same attributes on itself, its event, its link and its resource. */
function bodyWith(values: Record<string, string | number>): string {
  const attributes = attributesFrom(values);
  const own = attributesFrom({ ...values, 'gen_ai.operation.name': 'chat' });
  const span = {
    traceId: TRACE,
    spanId: '2'.repeat(16),
    name: 'chat',
    startTimeUnixNano: '1000000000',
    endTimeUnixNano: '2000000000',
    attributes: own,
    events: [{ name: 'gen_ai.client.inference.operation.details', timeUnixNano: '1500000000', attributes }],
    links: [{ traceId: '3'.repeat(32), spanId: '4'.repeat(16), attributes }],
  };
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] });
}

async function stored(options: Parameters<typeof openGateway>[0], values: Record<string, string | number>) {
  const { gateway, client } = await openGateway(options);
  const response = await fetch(`${gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: bodyWith(values),
  });
  expect(response.status).toBe(200);
  const { items } = await until(async () => {
    const trace = await client.getTrace({ params: { traceId: TRACE } }).catch(() => undefined);
    return trace?.items.length ? trace : undefined;
  });
  const [span] = items;
  return { span, all: JSON.stringify(span) };
}

it('masks secrets of links, events and resources, whatever the attribute is called', async () => {
  const { all } = await stored({}, { id: `key ${SECRET}`, type: SECRET, role: SECRET, note: SECRET });
  expect(all).not.toContain(SECRET);
  // Four attributes of the span, its event, its link and its resource.
  expect(all.split('[masked]').length - 1).toBe(12);
  expect(all.match(/"masked-[0-9a-f]{12}"/g)).toHaveLength(4);
});

it.each(['full', 'redacted', 'none'] as const)(
  'masks the numbers and texts of attributes with the name of a secret, and no counts, with content %s',
  async (content) => {
    const secrets = { 'app.password': 'hunter22', 'card.pin': 918273645 };
    const counts = { 'gen_ai.usage.input_tokens': 564738291, token_count: 564738293 };
    const { all } = await stored({ content }, { ...secrets, ...counts });
    expect(all).not.toMatch(/hunter22|918273645/);
    for (const count of Object.values(counts)) expect(all).toContain(String(count));
  },
);

it.each(['redacted', 'none'] as const)('keeps no words of events and links with content %s', async (content) => {
  const messages = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'Where is my refund?' }] }]);
  const { span, all } = await stored({ content }, { 'gen_ai.input.messages': messages });
  expect(JSON.stringify([span?.events, span?.links])).not.toContain('refund');
  expect(all).toContain('gen_ai.client.inference.operation.details');
});

it.each(['redacted', 'none'] as const)(
  'keeps the kind of an error and not its text with content %s',
  async (content) => {
    const { gateway, client } = await openGateway({ content });
    const text = 'Where is my refund? is not a valid message';
    const span = {
      traceId: TRACE,
      spanId: '2'.repeat(16),
      name: 'invoke_agent',
      startTimeUnixNano: '1000000000',
      endTimeUnixNano: '2000000000',
      attributes: attributesFrom({ 'gen_ai.operation.name': 'invoke_agent', 'error.type': 'invalid_request' }),
      status: { code: 2, message: text },
      events: [
        {
          name: 'exception',
          timeUnixNano: '1500000000',
          attributes: attributesFrom({
            'exception.type': 'BadRequestError',
            'exception.message': text,
            'exception.stacktrace': `BadRequestError: ${text}`,
          }),
        },
        {
          name: 'spanport.run.status',
          timeUnixNano: '1600000000',
          attributes: attributesFrom({ 'spanport.run.status': 'failed', 'spanport.run.request': 'retrieve' }),
        },
      ],
    };
    await fetch(`${gateway.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    });
    const trace = await until(() => client.getTrace({ params: { traceId: TRACE } }).catch(() => undefined));
    const [interaction] = (await client.listInteractions()).items;
    const detail = interaction && (await client.getInteraction({ params: { id: interaction.id } }));
    expect(JSON.stringify([trace, detail])).not.toContain('refund');
    expect(trace.items[0]).toMatchObject({
      status: 'error',
      events: [
        { attributes: { 'exception.type': 'BadRequestError' } },
        { attributes: { 'spanport.run.status': 'failed' } },
      ],
    });
  },
);
