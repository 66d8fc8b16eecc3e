import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { type GatewayProcess, up } from '../gateway/gateway-process.ts';
import { until } from '../gateway/gateway-scene.ts';
import {
  EXAMPLES,
  type Example,
  fetchProtoExamples,
  type JsonObject,
  type ProtoExamples,
} from './support/proto-examples.ts';

let examples: ProtoExamples;
beforeAll(async () => {
  examples = await fetchProtoExamples();
});

const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';
const PATHS = { trace: '/v1/traces', logs: '/v1/logs', metrics: '/v1/metrics' } as const;

const notKept = (words: string) => ({ partialSuccess: { errorMessage: expect.stringContaining(words) } });
/** Neither a log record that is not a GenAI event nor a metric is kept, and the answer says so. */
const ANSWERS: Readonly<Record<Example, JsonObject>> = {
  trace: {},
  logs: notKept('only log records that are GenAI events'),
  events: notKept('only log records that are GenAI events'),
  metrics: notKept('keeps no metrics'),
};

it.for([
  [JSON_TYPE, 'plain'],
  [JSON_TYPE, 'gzip'],
  [PROTOBUF_TYPE, 'plain'],
  [PROTOBUF_TYPE, 'gzip'],
] as const)(
  'a gateway takes the examples of opentelemetry-proto, %s, %s, and answers the trace as it was sent',
  async ([type, encoding], context) => {
    if (examples.missing !== undefined) context.skip(examples.missing);
    const gateway = await up();
    const answers: Record<string, unknown> = {};
    for (const example of Object.keys(EXAMPLES) as Example[]) {
      answers[example] = await answerTo(gateway, example, type, encoding);
    }
    expect(answers).toEqual(
      Object.fromEntries(Object.entries(ANSWERS).map(([example, answer]) => [example, [200, type, answer]])),
    );

    const { client, url } = gateway;
    const { items } = await until(async () => {
      const page = await client.listTraces();
      return page.items.length > 0 ? page : undefined;
    });
    // Of the other examples nothing is stored.
    expect(items).toMatchObject([{ traceId: '5b8efff798038103d269b633813fc60c', spans: 1, interactions: 0 }]);
    const [trace] = items;
    const spans = await client.getTrace({ params: { traceId: trace?.traceId ?? '' } });
    expect(spans.items).toEqual([
      {
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        parentSpanId: 'eee19b7ec3c1b173',
        name: "I'm a server span",
        kind: 'server',
        service: 'my.service',
        scope: {
          name: 'my.library',
          version: '1.0.0',
          attributes: { 'my.scope.attribute': 'some scope attribute' },
        },
        startTime: 1_544_712_660_000,
        endTime: 1_544_712_661_000,
        status: 'unset',
        attributes: { 'my.span.attr': 'some value' },
        resource: { 'service.name': 'my.service' },
        events: [],
        links: [],
        isTruncated: false,
      },
    ]);
    // Read back as OTLP it is the example itself, with ids in lower case.
    const sent = JSON.parse(inLowerCase(await examples.json('trace'))) as unknown;
    expect(await (await fetch(`${url}/api/traces/${trace?.traceId}/otlp`)).json()).toMatchObject(sent as object);
  },
);

it('the examples in protobuf say what those in JSON say', async (context) => {
  if (examples.missing !== undefined) context.skip(examples.missing);
  for (const [example, signal] of Object.entries(EXAMPLES) as [Example, (typeof EXAMPLES)[Example]][]) {
    const decoded = examples.decodeRequest(signal, await examples.protobuf(example));
    expect(decoded).toEqual(JSON.parse(inLowerCase(await examples.json(example))));
  }
});

/** @returns status, content type, and the answer as JSON */
async function answerTo(
  { url }: GatewayProcess,
  example: Example,
  type: string,
  encoding: 'plain' | 'gzip',
): Promise<readonly [number, string | null, unknown]> {
  const signal = EXAMPLES[example];
  const message = type === JSON_TYPE ? Buffer.from(await examples.json(example)) : await examples.protobuf(example);
  const response = await fetch(url + PATHS[signal], {
    method: 'POST',
    headers: { 'content-type': type, ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }) },
    body: Buffer.from(encoding === 'gzip' ? gzipSync(message) : message),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const answer = type === JSON_TYPE ? JSON.parse(Buffer.from(bytes).toString()) : examples.decodeAnswer(signal, bytes);
  return [response.status, response.headers.get('content-type'), answer];
}

/** The example has its ids in upper case, and hexadecimal knows no case. */
function inLowerCase(json: string): string {
  return json.replaceAll(/"[0-9A-F]{16,32}"/g, (id) => id.toLowerCase());
}
