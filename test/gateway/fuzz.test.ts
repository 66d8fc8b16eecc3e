import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openGateway, until } from './gateway-scene.ts';

/** Sends raw bytes and resolves to the status of each answer; `0` where the connection was closed without one. */
function raw(port: number, bytes: string | Buffer, isComplete = true): Promise<number> {
  return new Promise((resolve) => {
    let text = '';
    // Node's server drops the answer to a connection that its client has ended.
    const socket = connect(port, '127.0.0.1', () => (isComplete ? socket.write(bytes) : socket.end(bytes)));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)));
  });
}

const anyJson = fc.oneof(
  fc.jsonValue(),
  fc.anything({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value ?? null) ?? 'null')),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  anyJson.map((value) => Buffer.from(JSON.stringify(value))),
  anyJson.map((value) => Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [value] }] }] }))),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => Buffer.from('['.repeat(depth))),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => Buffer.from('{"a":'.repeat(depth))),
  fc.constant(Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')),
  fc.constant(gzipSync(Buffer.alloc(1_000_000))),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([gzipSync('{}').subarray(0, 12), bytes])),
);
const path = fc.constantFrom(
  '/v1/traces',
  '/v1/logs',
  '/v1/metrics',
  '/api/feedback',
  '/api/session',
  '/api/conversations?q=%22',
  '/api/interactions/%00',
  '/api/nowhere',
  '/athina/api/v1/log/inference',
  '/reconify/track',
  '/inkeep/conversations',
  '/inkeep/conversations/%ff',
  '/requesty/insight',
  '/kore/api/1.1/public/bot/b/getLLMUsageLogs',
  '/kore/records',
  '/',
);
const request = fc.record({
  path,
  method: fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS', 'HEAD'),
  type: fc.constantFrom(
    'application/json',
    'application/x-protobuf',
    'text/plain',
    'application/json; charset=utf-16',
    '',
  ),
  encoding: fc.constantFrom('', '', 'gzip', 'deflate', 'br', 'gzip, gzip'),
  host: fc.constantFrom('', '', 'evil.example', '[::1', '127.0.0.1:99999'),
  origin: fc.constantFrom('', '', 'null', 'https://evil.example'),
  body,
});

it('answers no malformed request with a fault of its own, and goes on with good ones', async () => {
  const { gateway, client, lines } = await openGateway();
  const { port, host } = new URL(gateway.url);
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 4, maxLength: 4 }), async (requests) => {
      const statuses = await Promise.all(
        requests.map((each) => {
          const headers = [
            `${each.method} ${each.path} HTTP/1.1`,
            `host: ${each.host || host}`,
            ...(each.type ? [`content-type: ${each.type}`] : []),
            ...(each.encoding ? [`content-encoding: ${each.encoding}`] : []),
            ...(each.origin ? [`origin: ${each.origin}`] : []),
            `content-length: ${each.body.length}`,
            'connection: close',
          ];
          return raw(Number(port), Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`), each.body]));
        }),
      );
      for (const [index, status] of statuses.entries()) {
        expect([status, requests[index]?.path, requests[index]?.method]).toEqual([
          expect.toSatisfy((code) => code >= 200 && code < 500),
          requests[index]?.path,
          requests[index]?.method,
        ]);
      }
    }),
    { numRuns: 100 },
  );
  expect({}).not.toHaveProperty('polluted');
  for (const bytes of [
    '\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/9\r\nhost: x\r\n\r\n',
    'GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde',
    'POST /v1/traces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
  ]) {
    expect([bytes.slice(0, 60), await raw(Number(port), bytes, false)]).toEqual([
      bytes.slice(0, 60),
      expect.toSatisfy((code) => code < 500),
    ]);
  }
  const spans = [{ traceId: '9'.repeat(32), spanId: '9'.repeat(16), name: 'still here' }];
  const good = await fetch(`${gateway.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  expect(good.status).toBe(200);
  await until(async () =>
    (await client.listTraces()).items.some(({ name }) => name === 'still here') ? true : undefined,
  );
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
});
