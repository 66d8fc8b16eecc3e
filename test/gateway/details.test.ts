import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readTraceJson } from '../../src/otlp/read-json.ts';
import { openGateway, until } from './gateway-scene.ts';

const TRACE = '5a7db4fa8370ca1eac54c6eae801f78e';
const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

function spanOf(spanId: string, name: string, attributes: readonly object[], more: object = {}): object {
  const start = 1_764_000_000_000_000_123n;
  return {
    traceId: TRACE,
    spanId,
    name,
    kind: 1,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_500_000_000n),
    status: { code: 0 },
    attributes,
    ...more,
  };
}

const chat = spanOf('00f067aa0ba902b7', 'chat gpt-4o', [
  attribute('gen_ai.operation.name', 'chat'),
  attribute('gen_ai.request.model', 'gpt-4o'),
  attribute('gen_ai.conversation.id', 'oncall'),
  attribute('openai.api.type', 'chat_completions'),
  attribute('server.address', 'api.openai.com'),
  attribute('gen_ai.system_instructions', '[{"type":"text","content":"Be brief."}]'),
  attribute('gen_ai.input.messages', '[{"role":"user","parts":[{"type":"text","content":"What changed?"}]}]'),
]);
const tool = spanOf(
  '00f067aa0ba902b8',
  'execute_tool get_flags',
  [
    attribute('gen_ai.operation.name', 'execute_tool'),
    attribute('gen_ai.tool.name', 'get_flags'),
    attribute('gen_ai.tool.call.id', 'call_1'),
    attribute('error.type', 'TimeoutError'),
  ],
  { status: { code: 2, message: 'no answer within 1500 ms' } },
);

async function filled(spans: readonly object[], options = {}) {
  const scene = await openGateway(options);
  await fetch(`${scene.gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [attribute('service.name', 'shop')] },
          scopeSpans: [{ scope: { name: 's' }, spans }],
        },
      ],
    }),
  });
  const conversation = await until(async () => (await scene.client.listConversations()).items[0]);
  return { ...scene, conversation };
}

it('lists the tools that ran within a conversation, with their call and their error', async () => {
  const { client, conversation } = await filled([chat, tool]);
  const { items } = await client.listToolSpans({ params: { id: conversation.id } });
  expect(items).toEqual([
    {
      traceId: TRACE,
      spanId: '00f067aa0ba902b8',
      name: 'get_flags',
      callId: 'call_1',
      startTime: expect.closeTo(1_764_000_000_000, 1),
      endTime: expect.closeTo(1_764_000_001_500, 1),
      error: 'no answer within 1500 ms',
    },
  ]);
  await expect(client.listToolSpans({ params: { id: 'none' } })).rejects.toMatchObject({ status: 404 });
});

it('splits the cost of an interaction where the price table gives the same total', async () => {
  const usage = (cost: number) => [
    attribute('gen_ai.operation.name', 'chat'),
    attribute('gen_ai.provider.name', 'openai'),
    attribute('gen_ai.request.model', 'gpt-4o-mini'),
    attribute('gen_ai.conversation.id', 'costs'),
    { key: 'gen_ai.usage.input_tokens', value: { intValue: '1000' } },
    { key: 'gen_ai.usage.output_tokens', value: { intValue: '100' } },
    { key: 'spanport.cost.total', value: { doubleValue: cost } },
  ];
  const { client, conversation } = await filled([
    spanOf('00f067aa0ba902b7', 'chat gpt-4o-mini', usage(0.00021)),
    spanOf('00f067aa0ba902b8', 'chat gpt-4o-mini', usage(0.4)),
  ]);
  const { rows } = await until(async () => {
    const found = await client.getConversation({ params: { id: conversation.id } });
    return found.rows.length === 2 ? found : undefined;
  });
  const [same, other] = [0.00021, 0.4].map((cost) => rows.find((row) => row.cost === cost));
  expect(same?.costParts).toEqual({ input: 0.00015, output: 0.00006 });
  expect(other?.costParts).toBeUndefined();
  const detail = await client.getInteraction({ params: { id: same?.id ?? '' } });
  expect(detail.costParts).toEqual(same?.costParts);
});

it('outlines a trace: what a waterfall draws, in lists of equal length', async () => {
  const query = spanOf('00f067aa0ba902b9', 'SELECT flags', [attribute('db.system.name', 'postgresql')], {
    parentSpanId: '00f067aa0ba902b8',
    startTimeUnixNano: '1764000000000500000',
    endTimeUnixNano: '1764000000000750000',
  });
  const orphan = spanOf('00f067aa0ba902ba', 'GET /flags', [attribute('http.request.method', 'GET')], {
    parentSpanId: 'ffffffffffffffff',
    startTimeUnixNano: '1764000000000600000',
    endTimeUnixNano: '1764000000000600000',
  });
  const { client, conversation } = await filled([chat, tool, query, orphan]);
  const { rows } = await client.getConversation({ params: { id: conversation.id } });
  const outline = await client.getTraceOutline({ params: { traceId: TRACE } });
  expect(outline).toEqual({
    startTime: 1_764_000_000_000,
    names: ['chat gpt-4o', 'execute_tool get_flags', 'SELECT flags', 'GET /flags'],
    services: ['shop'],
    spanId: ['00f067aa0ba902b7', '00f067aa0ba902b8', '00f067aa0ba902b9', '00f067aa0ba902ba'],
    parent: [-1, -1, 1, -1],
    name: [0, 1, 2, 3],
    service: [0, 0, 0, 0],
    start: [0, 0, 500, 600],
    duration: [1_500_000, 1_500_000, 250, 0],
    operations: { 0: 'chat', 1: 'execute_tool' },
    interactions: { 0: { id: rows[0]?.id, model: 'gpt-4o' } },
    errors: { 1: 'TimeoutError' },
    kinds: { 2: 'database', 3: 'http' },
  });
  await expect(client.getTraceOutline({ params: { traceId: 'none' } })).rejects.toMatchObject({ status: 404 });
});

it('answers a trace as OTLP that reads back as the same spans, to the nanosecond, in pages', async () => {
  const { client } = await filled([chat, tool]);
  const first = await client.getTraceOtlp({ params: { traceId: TRACE }, query: { limit: 1 } });
  expect(first.next).toBeDefined();
  const second = await client.getTraceOtlp({
    params: { traceId: TRACE },
    query: { limit: 1, cursor: first.next ?? '' },
  });
  expect(second.next).toBeUndefined();
  const resourceSpans = [...first.resourceSpans, ...second.resourceSpans];
  const { records } = readTraceJson({ resourceSpans });
  expect(records.map(({ spanId, startTime }) => [spanId, startTime])).toEqual([
    ['00f067aa0ba902b7', [1_764_000_000, 123]],
    ['00f067aa0ba902b8', [1_764_000_000, 123]],
  ]);
  const whole = await client.getTraceOtlp({ params: { traceId: TRACE } });
  expect(whole.resourceSpans).toHaveLength(1);
});

it('rebuilds the request to the model without its key', async () => {
  const { client, conversation } = await filled([chat]);
  const { rows } = await client.getConversation({ params: { id: conversation.id } });
  expect(await client.getRequest({ params: { id: rows[0]?.id ?? '' } })).toEqual({
    method: 'POST',
    url: 'https://api.openai.com/v1/chat/completions',
    headers: { 'content-type': 'application/json', authorization: 'Bearer $OPENAI_API_KEY' },
    body: {
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What changed?' },
      ],
    },
  });
});

it('says where a request cannot be rebuilt, and where Jaeger is', async () => {
  const bare = spanOf('00f067aa0ba902b7', 'chat gpt-4o', [attribute('gen_ai.operation.name', 'chat')]);
  const { client, conversation } = await filled([bare], { jaegerUrl: 'http://localhost:16686/' });
  const { rows } = await client.getConversation({ params: { id: conversation.id } });
  const { missing } = await client.getRequest({ params: { id: rows[0]?.id ?? '' } });
  expect(missing).toBe('The content of the request was not kept.');
  expect((await client.getStatus()).jaegerUrl).toBe('http://localhost:16686');
  const secret = await openGateway({ jaegerUrl: 'https://ann:pa55word@jaeger.example/ui?token=abcdef123456' });
  expect(JSON.stringify(await secret.client.getStatus())).not.toMatch(/pa55word|abcdef123456/);
  expect((await secret.client.getStatus()).jaegerUrl).toMatch(/^https:\/\/.*jaeger\.example\/ui/);
  await expect(openGateway({ jaegerUrl: 'jaeger' })).rejects.toThrow(/SPANPORT_JAEGER_URL is 'jaeger'/);
});

it('shows the record of a destination that writes to a file, without writing it', async () => {
  const { client, conversation } = await filled([chat]);
  const { rows } = await client.getConversation({ params: { id: conversation.id } });
  const { request } = await client.getDelivery({ params: { id: rows[0]?.id ?? '', destination: 'kore' } });
  expect(request).toMatchObject({ method: 'WRITE', headers: {} });
  expect(request?.url).toMatch(/^file:.*kore\.jsonl$/);
  expect(request?.body).toMatchObject({ 'Model Name': 'gpt-4o' });
  expect(existsSync('kore.jsonl')).toBe(false);
});
