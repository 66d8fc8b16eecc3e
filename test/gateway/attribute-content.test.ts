import { expect, it } from 'vitest';
import { openGateway, until } from './gateway-scene.ts';

const SECRET = `sk-${'a1B2'.repeat(10)}`;
const TRACE = '1'.repeat(32);

const attributesFrom = (values: Record<string, string>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** A span with the same attributes on itself, its event, its link and its resource. */
function bodyWith(values: Record<string, string>): string {
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

async function stored(options: Parameters<typeof openGateway>[0], values: Record<string, string>) {
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

it.each(['redacted', 'none'] as const)('keeps no words of events and links with content %s', async (content) => {
  const messages = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'Where is my refund?' }] }]);
  const { span, all } = await stored({ content }, { 'gen_ai.input.messages': messages });
  expect(JSON.stringify([span?.events, span?.links])).not.toContain('refund');
  expect(all).toContain('gen_ai.client.inference.operation.details');
});
