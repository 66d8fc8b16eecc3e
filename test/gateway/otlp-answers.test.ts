import { deflateSync, gzipSync } from 'node:zlib';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { expect, it, onTestFinished } from 'vitest';
import { createLog } from '../../src/gateway/log.ts';
import { GatewayServer, type ServerParts } from '../../src/gateway/server.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { openGateway, until } from './gateway-scene.ts';

const types = ['application/json', 'application/x-protobuf'] as const;
type Type = (typeof types)[number];

interface Status {
  readonly code: number;
  readonly message: string;
}

/** A `google.rpc.Status` of a short message, read without our own reader. */
function statusIn(type: Type, body: Buffer): Status {
  if (type === 'application/json') return JSON.parse(body.toString()) as Status;
  const [codeTag, code = 0, messageTag, length = 0] = body;
  expect([codeTag, messageTag]).toEqual([0x08, 0x12]);
  // A length of two bytes begins with one above 127.
  const start = length > 127 ? 5 : 4;
  return { code, message: body.subarray(start).toString() };
}

async function post(
  url: string,
  type: Type,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = 'POST',
) {
  const response = await fetch(url, { method, headers: { 'content-type': type, ...headers }, body });
  const answer = Buffer.from(await response.arrayBuffer());
  const { status } = response;
  return { status, type: response.headers.get('content-type'), retry: response.headers.get('retry-after'), answer };
}

/** Thirty million bytes that take thirty thousand. */
const large = Buffer.alloc(30_000_000, ' ');
const bombs = { gzip: gzipSync(large), deflate: deflateSync(large) };

it.each(types)('answers every refusal of %s in that type', async (type) => {
  const token = 'a-token-that-is-long-enough';
  const { gateway } = await openGateway({ token });
  const bearer = { authorization: `Bearer ${token}` };
  const cases: [string, number, number, Parameters<typeof post>[2], Record<string, string>, string?][] = [
    ['bytes that cannot be decoded', 400, 3, Buffer.from([0xff, 0xff]), bearer],
    ['bytes that are not gzip', 400, 3, 'x', { ...bearer, 'content-encoding': 'gzip' }],
    ['bytes that are not deflate', 400, 3, 'x', { ...bearer, 'content-encoding': 'deflate' }],
    ['another encoding', 415, 3, 'x', { ...bearer, 'content-encoding': 'br' }],
    ['a gzip bomb', 413, 8, bombs.gzip, { ...bearer, 'content-encoding': 'gzip' }],
    ['a deflate bomb', 413, 8, bombs.deflate, { ...bearer, 'content-encoding': 'deflate' }],
    ['a body that is too large', 413, 8, Buffer.alloc(21_000_000, ' '), bearer],
    ['no token', 401, 16, '', {}],
    ['a page of another site', 403, 7, '', { ...bearer, origin: 'https://evil.example' }],
    ['another method', 405, 12, '', bearer, 'PUT'],
    ['a wrong project', 400, 3, '{}', { ...bearer, 'x-spanport-project': 'a\tb' }],
  ];
  for (const signal of ['traces', 'logs'])
    for (const [name, status, code, body, headers, method] of cases) {
      const answered = await post(`${gateway.url}/v1/${signal}`, type, body, headers, method);
      expect([name, answered.status, answered.type]).toEqual([name, status, type]);
      const { code: answeredCode, message } = statusIn(type, answered.answer);
      expect([name, answeredCode, message !== '']).toEqual([name, code, true]);
    }
});

/** A server whose store answers as a test says. */
async function serverWith(receiver: object, metrics: object = { countSpans: () => undefined }): Promise<string> {
  const parts = {
    access: { assertHost: () => undefined, assertOrigin: () => undefined, isAuthorized: () => true },
    api: { fetch: () => new Response() },
    live: { close: () => undefined },
    log: createLog(() => undefined),
    metrics: { countRequest: () => undefined, ...metrics },
    receiver,
    maxBytes: 100_000,
    drainMillis: 1_000,
  };
  const server = new GatewayServer(parts as unknown as ServerParts);
  const port = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${port}`;
}

it.each([
  ['busy', 429, 8],
  ['full', 503, 14],
  ['failed', 503, 14],
] as const)(
  'a store that is %s is answered with %i, with when to try again, and no words of its own',
  async (code, status, grpc) => {
    const fail = (): Promise<never> => Promise.reject(new StoreError(code, 'near "SELECT": syntax error'));
    const url = await serverWith({ spans: fail, logs: fail });
    for (const type of types)
      for (const signal of ['traces', 'logs']) {
        const body = type === 'application/json' ? '{}' : Buffer.alloc(0);
        const answered = await post(`${url}/v1/${signal}`, type, body);
        expect([answered.status, answered.type, answered.retry]).toEqual([status, type, '5']);
        const { code: answeredCode, message } = statusIn(type, answered.answer);
        expect([answeredCode, code === 'failed' && message.includes('SELECT')]).toEqual([grpc, false]);
      }
  },
);

it('counts a span as stored or as rejected, also one that a full trace did not take', async () => {
  const counted: unknown[] = [];
  const rejected = { rejected: 2, message: 'one is malformed, and the trace is full' };
  const url = await serverWith(
    { spans: async () => rejected },
    { countSpans: (...numbers: unknown[]) => void counted.push(numbers) },
  );
  const spans = ['2', '3', '4', 'x'].map((digit) => ({ ...span, spanId: digit.repeat(16) }));
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const { answer } = await post(`${url}/v1/traces`, 'application/json', body);
  expect(JSON.parse(answer.toString())).toEqual({
    partialSuccess: { rejectedSpans: '2', errorMessage: rejected.message },
  });
  expect(counted).toEqual([['otlp', 2, 2]]);
});

const span = {
  traceId: '1'.repeat(32),
  spanId: '2'.repeat(16),
  name: 'chat',
  startTimeUnixNano: '1760000000000000000',
  endTimeUnixNano: '1760000001000000000',
  traceState: 'vendor=1,other=2',
};
const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });

it('takes deflate, and keeps the trace state of a span', async () => {
  const { gateway, client } = await openGateway();
  const url = `${gateway.url}/v1/traces`;
  const answered = await post(url, 'application/json', deflateSync(json), { 'content-encoding': 'deflate' });
  expect([answered.status, answered.answer.toString()]).toEqual([200, '{}']);
  await until(async () => ((await client.listTraces()).items.length === 1 ? true : undefined));
  const { resourceSpans } = await client.getTraceOtlp({ params: { traceId: span.traceId } });
  expect(JSON.stringify(resourceSpans)).toContain('"traceState":"vendor=1,other=2"');
});

it('says which log records it does not keep, and asks for none of them again', async () => {
  const { gateway } = await openGateway();
  const { gateway: withoutContent } = await openGateway({ content: 'redacted' });
  const ids = { traceId: span.traceId, spanId: span.spanId };
  const event = { ...ids, eventName: 'gen_ai.choice', body: { stringValue: 'x' } };
  const answerTo = async (url: string, ...logRecords: object[]) => {
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    const { status, answer } = await post(`${url}/v1/logs`, 'application/json', body);
    expect(status).toBe(200);
    return JSON.parse(answer.toString()).partialSuccess;
  };
  expect(await answerTo(gateway.url, event)).toBeUndefined();
  const other = { errorMessage: expect.stringContaining('only log records that are GenAI events of a span') };
  expect(await answerTo(gateway.url, event, { ...ids, body: { stringValue: 'a line of a log' } })).toEqual(other);
  expect(await answerTo(gateway.url, { eventName: 'gen_ai.choice', body: { stringValue: 'of no span' } })).toEqual(
    other,
  );
  expect(await answerTo(gateway.url, { ...event, body: { stringValue: 'x'.repeat(10_000_001) } })).toEqual({
    rejectedLogRecords: '1',
    errorMessage: expect.stringContaining('larger'),
  });
  expect(await answerTo(withoutContent.url, event)).toEqual({ errorMessage: expect.stringContaining('no content') });
});

it('takes gzip by its older name, too', async () => {
  const { gateway, client } = await openGateway();
  const encoding = { 'content-encoding': 'x-gzip' };
  const { status } = await post(`${gateway.url}/v1/traces`, 'application/json', gzipSync(json), encoding);
  expect(status).toBe(200);
  await until(async () => ((await client.listTraces()).items.length === 1 ? true : undefined));
});

it('takes a request of no spans, in both types', async () => {
  const { gateway } = await openGateway();
  const empty = Buffer.from(ProtobufTraceSerializer.serializeRequest([]) ?? []);
  for (const [type, body] of [
    ['application/json', '{}'],
    ['application/x-protobuf', empty],
  ] as const) {
    const { status, type: answered } = await post(`${gateway.url}/v1/traces`, type, body);
    expect([status, answered]).toEqual([200, type]);
  }
});
