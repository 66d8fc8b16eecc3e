import { spawn } from 'node:child_process';
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it } from 'vitest';
import { hasChecker } from '../support/conventions.ts';
import { openGateway, until } from './gateway-scene.ts';

const json = { 'content-type': 'application/json' };
const ids = { traceId: '5B8EFFF798038103D269B633813FC60D', spanId: 'EEE19B7EC3C1B175' };
const values = [
  { key: 'text', value: { stringValue: 'words' } },
  { key: 'flag', value: { boolValue: true } },
  { key: 'count', value: { intValue: 10 } },
  { key: 'large', value: { intValue: '9007199254740993' } },
  { key: 'share', value: { doubleValue: 637.704 } },
  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'many' }, { stringValue: 'values' }] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'key', value: { stringValue: 'value' } }] } } },
  { key: 'bytes', value: { bytesValue: 'aGk=' } },
];
/** In the manner of the examples of opentelemetry-proto (Apache-2.0): upper-case ids, numbers of nanoseconds, kind 2. */
const trace = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
  "scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0","attributes":[
    {"key":"my.scope.attribute","value":{"stringValue":"some"}}]},
    "spans":[{"traceId":"${ids.traceId}","spanId":"${ids.spanId}","parentSpanId":"EEE19B7EC3C1B173",
      "name":"a server span","startTimeUnixNano":1544712660000000000,"endTimeUnixNano":1544712661000000000,"kind":2,
      "futureField":{"is":"ignored"},"attributes":${JSON.stringify(values)}}]}]}]}`;
const logs = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1544712660300000000,"severityText":"Information",
  "traceId":"${ids.traceId}","spanId":"${ids.spanId}","body":{"stringValue":"a record"},"attributes":${JSON.stringify(values)}}]}]}]}`;
const metrics = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"my.counter","unit":"1","sum":{"aggregationTemporality":1,
  "isMonotonic":true,"dataPoints":[{"asDouble":5,"startTimeUnixNano":1544712660300000000,"timeUnixNano":1544712660300000000}]}}]}]}]}`;

it('takes messages in the manner of the examples of opentelemetry-proto', async () => {
  const { gateway, client } = await openGateway();
  const post = async (signal: string, body: string) => {
    const response = await fetch(`${gateway.url}/v1/${signal}`, { method: 'POST', headers: json, body });
    return [response.status, response.headers.get('content-type'), await response.json()];
  };
  expect(await post('traces', trace)).toEqual([200, 'application/json', {}]);
  // None of them is a GenAI event, and the answer says that they are not kept.
  expect(await post('logs', logs)).toEqual([
    200,
    'application/json',
    { partialSuccess: { errorMessage: expect.stringContaining('only log records that are GenAI events') } },
  ]);
  expect(await post('metrics', metrics)).toEqual([
    200,
    'application/json',
    { partialSuccess: { errorMessage: expect.stringContaining('keeps no metrics') } },
  ]);
  const traceId = ids.traceId.toLowerCase();
  const { items } = await until(() => client.getTrace({ params: { traceId } }).catch(() => undefined));
  expect(items).toMatchObject([
    {
      traceId,
      spanId: ids.spanId.toLowerCase(),
      parentSpanId: 'eee19b7ec3c1b173',
      kind: 'server',
      service: 'my.service',
      scope: { name: 'my.library', version: '1.0.0' },
      startTime: 1_544_712_660_000,
      endTime: 1_544_712_661_000,
      attributes: {
        text: 'words',
        flag: true,
        count: 10,
        share: 637.704,
        list: ['many', 'values'],
        map: { key: 'value' },
      },
    },
  ]);
});

it('takes the same messages as protobuf, as OpenTelemetry writes it', async () => {
  const { gateway, client } = await openGateway();
  const spanContext = { traceId: ids.traceId.toLowerCase(), spanId: ids.spanId.toLowerCase(), traceFlags: 1 };
  const attributes = { text: 'words', flag: true, count: 10, share: 637.704, list: ['many', 'values'] };
  const resource = resourceFromAttributes({ 'service.name': 'my.service' });
  const instrumentationScope = { name: 'my.library', version: '1.0.0' };
  const common = { attributes, droppedAttributesCount: 0, resource, instrumentationScope };
  const span = {
    ...common,
    name: 'a server span',
    kind: 1,
    spanContext: () => spanContext,
    parentSpanContext: { ...spanContext, spanId: 'eee19b7ec3c1b173' },
    startTime: [1_544_712_660, 0] as [number, number],
    endTime: [1_544_712_661, 0] as [number, number],
    duration: [1, 0] as [number, number],
    ended: true,
    status: { code: 0 },
    links: [],
    events: [],
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  const time = [1_544_712_660, 300_000_000] as [number, number];
  const log = { ...common, hrTime: time, hrTimeObserved: time, spanContext, body: 'a record' };
  const messages = {
    traces: ProtobufTraceSerializer.serializeRequest([span]),
    logs: ProtobufLogsSerializer.serializeRequest([log]),
    metrics: ProtobufMetricsSerializer.serializeRequest({ resource, scopeMetrics: [] }),
  };
  for (const [signal, message] of Object.entries(messages)) {
    const response = await fetch(`${gateway.url}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(message ?? []),
    });
    expect([signal, response.status, response.headers.get('content-type')]).toEqual([
      signal,
      200,
      'application/x-protobuf',
    ]);
    const text = await response.text();
    const words = { traces: '', logs: 'GenAI events of a span', metrics: 'keeps no metrics' }[signal] ?? 'nothing';
    expect([signal, text === '' ? '' : text.includes(words) && words]).toEqual([signal, words]);
  }
  const { traceId } = spanContext;
  const { items } = await until(() => client.getTrace({ params: { traceId } }).catch(() => undefined));
  expect(items).toMatchObject([
    {
      traceId,
      spanId: spanContext.spanId,
      parentSpanId: 'eee19b7ec3c1b173',
      kind: 'server',
      service: 'my.service',
      scope: { name: 'my.library', version: '1.0.0' },
      startTime: 1_544_712_660_000,
      endTime: 1_544_712_661_000,
      attributes,
    },
  ]);
});

it.skipIf(!hasChecker)(
  'what is stored of spans that keep the conventions keeps them when it is read back',
  async () => {
    const { gateway, client } = await openGateway();
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.id': 'chatcmpl-1',
      'server.address': 'api.openai.com',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
      'gen_ai.output.messages':
        '[{"role":"assistant","parts":[{"type":"text","content":"Hi"}],"finish_reason":"stop"}]',
    };
    const span = {
      traceId: '7'.repeat(32),
      spanId: '7'.repeat(16),
      name: 'chat gpt-4o',
      kind: 3,
      startTimeUnixNano: '1760000000000000000',
      endTimeUnixNano: '1760000001000000000',
      attributes: [
        ...Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
        { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'stop' }] } } },
        { key: 'server.port', value: { intValue: '443' } },
        { key: 'gen_ai.usage.input_tokens', value: { intValue: '3' } },
        { key: 'gen_ai.usage.output_tokens', value: { intValue: '2' } },
      ],
    };
    const sent = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    await fetch(`${gateway.url}/v1/traces`, { method: 'POST', headers: json, body: JSON.stringify(sent) });
    await until(async () => ((await client.listTraces()).items.length === 1 ? true : undefined));
    const response = await fetch(`${gateway.url}/api/traces/${span.traceId}/otlp`);
    const stored = await response.text();
    expect(JSON.parse(stored)).toHaveProperty('resourceSpans');
    expect(await violations(stored)).toEqual([]);
    // The checker sees what is wrong in the same form.
    expect(await violations(stored.replace('server.port', 'server.prt'))).not.toEqual([]);
  },
);

async function violations(otlp: string): Promise<string[]> {
  const child = spawn(process.execPath, [process.env['SPANPORT_CHECK_SPANS'] ?? '', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(otlp);
  let report = '';
  child.stdout.on('data', (chunk) => {
    report += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return report.split('\n').filter((line) => line.startsWith('VIOLATION'));
}
