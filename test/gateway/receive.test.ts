import { gzipSync } from 'node:zlib';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { openGateway, until } from './gateway-scene.ts';

function spansOfSdk(name = 'chat gpt-4o', attributes = {}): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('test', '1.0');
  tracer
    .startSpan(name, {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.conversation.id': 'c1',
        'gen_ai.input.messages': JSON.stringify([
          { role: 'user', parts: [{ type: 'text', content: 'Where is my refund?' }] },
        ]),
        ...attributes,
      },
    })
    .end();
  return exporter.getFinishedSpans();
}

const protobuf = (spans: ReadableSpan[]) => Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []);
const json = (spans: ReadableSpan[]) => Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? []);

it('receives JSON by the SDK exporter, and answers through the API', async () => {
  const { gateway, client } = await openGateway();
  const exporter = new JsonExporter({ url: `${gateway.url}/v1/traces` });
  const [span] = spansOfSdk();
  const { code } = await new Promise<{ code: number }>((resolve) => exporter.export(span ? [span] : [], resolve));
  expect(code).toBe(0);
  const { items } = await until(async () => {
    const page = await client.listConversations();
    return page.items.length > 0 ? page : undefined;
  });
  expect(items).toMatchObject([
    { conversationId: 'c1', title: 'Where is my refund?', service: 'shop', models: ['gpt-4o'] },
  ]);
  const found = await client.getConversation({ params: { id: items[0]?.id ?? '' } });
  expect(found.rows).toMatchObject([{ model: 'gpt-4o', interaction: { conversationId: 'c1', operation: 'chat' } }]);
  const trace = await client.getTrace({ params: { traceId: span?.spanContext().traceId ?? '' } });
  expect(trace.items).toMatchObject([
    {
      name: 'chat gpt-4o',
      kind: 'internal',
      scope: { name: 'test', version: '1.0' },
      resource: { 'service.name': 'shop' },
    },
  ]);
});

it.each([
  ['protobuf', 'application/x-protobuf', (spans: ReadableSpan[]) => protobuf(spans), undefined],
  ['gzip', 'application/x-protobuf', (spans: ReadableSpan[]) => gzipSync(protobuf(spans)), 'gzip'],
  ['JSON', 'application/json', (spans: ReadableSpan[]) => json(spans), undefined],
])('acknowledges %s in its own content type once it is stored', async (_, type, encode, encoding) => {
  const { gateway, client } = await openGateway();
  const response = await fetch(`${gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) },
    body: encode(spansOfSdk()),
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
  expect(await response.text()).toBe(type === 'application/json' ? '{}' : '');
  await until(async () => ((await client.listTraces()).items.length === 1 ? true : undefined));
});

it('rejects what is wrong in the form that OTLP asks for', async () => {
  const { gateway, client } = await openGateway();
  const post = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const response = await fetch(`${gateway.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return [response.status, response.headers.get('content-type'), await response.text()] as const;
  };
  const refused = async (...args: Parameters<typeof post>) => (await post(...args)).slice(0, 2);
  const plain = 'application/json';
  expect(await post('{')).toEqual([400, plain, '{"code":3,"message":"The body is not valid JSON."}']);
  expect(await post('{"resourceSpans":5}')).toEqual([
    400,
    plain,
    '{"code":3,"message":"resourceSpans is not a list."}',
  ]);
  expect(await refused('[[')).toEqual([400, plain]);
  expect(await post('['.repeat(400))).toEqual([
    400,
    plain,
    '{"code":3,"message":"The JSON is nested deeper than 300 levels."}',
  ]);
  expect(await refused('x', { 'content-encoding': 'gzip' })).toEqual([400, plain]);
  expect(await refused('x', { 'content-encoding': 'br' })).toEqual([415, plain]);
  expect(await refused('x', { 'content-type': 'text/plain' })).toEqual([415, plain]);
  expect(await refused(gzipSync(Buffer.alloc(30_000_000, ' ')), { 'content-encoding': 'gzip' })).toEqual([413, plain]);
  const [status, type, text] = await post(Buffer.from([0xff, 0xff]), { 'content-type': 'application/x-protobuf' });
  expect([status, type]).toEqual([400, 'application/x-protobuf']);
  expect(text).toContain('The protobuf message is malformed');
  const spans = [
    { traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'good' },
    { traceId: 'bad', spanId: 'x' },
  ];
  const partial = await post(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  expect(JSON.parse(String(partial[2]))).toEqual({
    partialSuccess: {
      rejectedSpans: '1',
      errorMessage: "resourceSpans[0].scopeSpans[0].spans[1]: traceId 'bad' is not an id of 32 hexadecimal digits.",
    },
  });
  await until(async () => ((await client.listTraces()).items[0]?.name === 'good' ? true : undefined));
});

it('answers another method with the code of gRPC that clients do not try again', async () => {
  const { gateway } = await openGateway();
  const response = await fetch(`${gateway.url}/v1/traces`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  expect(await response.json()).toEqual({ code: 12, message: expect.stringContaining('POST') });
});

it('takes metrics with a word that it keeps none', async () => {
  const { gateway } = await openGateway();
  const response = await fetch(`${gateway.url}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"resourceMetrics":[]}',
  });
  expect([response.status, await response.json()]).toEqual([
    200,
    { partialSuccess: { errorMessage: 'This gateway keeps no metrics. Send them to a metrics backend.' } },
  ]);
});

it('masks secrets before anything is stored', async () => {
  const { gateway, client, lines } = await openGateway();
  const key = `sk-${'a1B2'.repeat(10)}`;
  const response = await fetch(`${gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', authorization: `Bearer ${key}` },
    body: protobuf(
      spansOfSdk('chat', {
        'gen_ai.output.messages': `[{"role":"assistant","parts":[{"type":"text","content":"use ${key}"}]}]`,
        'http.url': `https://h/?api_key=${key}`,
      }),
    ),
  });
  expect(response.status).toBe(200);
  const { items } = await until(async () => {
    const page = await client.listInteractions();
    return page.items.length > 0 ? page : undefined;
  });
  const [row] = items;
  const detail = await client.getInteraction({ params: { id: row?.id ?? '' } });
  const trace = await client.getTrace({ params: { traceId: row?.traceId ?? '' } });
  const all = JSON.stringify([detail, trace, lines]);
  expect(all).not.toContain(key);
  expect(all).toContain('[masked]');
});

it.each(['redacted', 'none'] as const)('keeps no words with content %s', async (content) => {
  const { gateway, client } = await openGateway({ content });
  await fetch(`${gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: protobuf(spansOfSdk()),
  });
  const { items } = await until(async () => {
    const page = await client.listInteractions();
    return page.items.length > 0 ? page : undefined;
  });
  const trace = await client.getTrace({ params: { traceId: items[0]?.traceId ?? '' } });
  expect(JSON.stringify([items, trace])).not.toContain('refund');
  expect(trace.items[0]?.attributes).toMatchObject({ 'gen_ai.request.model': 'gpt-4o' });
  expect(trace.items[0]?.attributes['gen_ai.input.messages']).toEqual(
    content === 'none' ? undefined : expect.stringContaining('[redacted]'),
  );
});
