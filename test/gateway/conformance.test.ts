import { spawn } from 'node:child_process';
import { ProtobufLogsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it } from 'vitest';
import { hasChecker } from '../support/conventions.ts';
import { openGateway, until } from './gateway-scene.ts';

const json = { 'content-type': 'application/json' };

/** The examples of opentelemetry-proto, which test/clients sends, have none of this. */
it('takes JSON with numbers as nanoseconds, unknown fields, and values of every type', async () => {
  const { gateway, client } = await openGateway();
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
  const traceId = '5b8efff798038103d269b633813fc60d';
  // Written as text, because JSON.stringify would round the nanoseconds.
  const body = `{"futureField":1,"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${traceId}",
    "spanId":"eee19b7ec3c1b175","name":"s","startTimeUnixNano":1544712660000000000,
    "endTimeUnixNano":1544712661000000000,"futureField":{"is":"ignored"},
    "attributes":${JSON.stringify(values)}}]}]}]}`;
  const response = await fetch(`${gateway.url}/v1/traces`, { method: 'POST', headers: json, body });
  expect([response.status, await response.json()]).toEqual([200, {}]);
  const { items } = await until(() => client.getTrace({ params: { traceId } }).catch(() => undefined));
  expect(items).toMatchObject([{ traceId, startTime: 1_544_712_660_000, endTime: 1_544_712_661_000 }]);
  expect(items[0]?.attributes).toEqual({
    text: 'words',
    flag: true,
    count: 10,
    // No number of JavaScript is equal to it.
    large: '9007199254740993',
    share: 637.704,
    list: ['many', 'values'],
    map: { key: 'value' },
    bytes: 'aGk=',
  });
});

it.each([
  ['logs', logsMessage, 'GenAI events of a span'],
  ['metrics', metricsMessage, 'keeps no metrics'],
])('says also in protobuf what it does not keep of %s', async (signal, message, words) => {
  const { gateway } = await openGateway();
  const response = await fetch(`${gateway.url}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(message() ?? []),
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-protobuf']);
  expect(await response.text()).toContain(words);
});

function logsMessage(): Uint8Array | undefined {
  const time = [1_544_712_660, 300_000_000] as [number, number];
  return ProtobufLogsSerializer.serializeRequest([
    {
      hrTime: time,
      hrTimeObserved: time,
      body: 'a record',
      attributes: {},
      droppedAttributesCount: 0,
      resource: resourceFromAttributes({ 'service.name': 'my.service' }),
      instrumentationScope: { name: 'my.library' },
    },
  ]);
}

function metricsMessage(): Uint8Array | undefined {
  return ProtobufMetricsSerializer.serializeRequest({ resource: resourceFromAttributes({}), scopeMetrics: [] });
}

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
