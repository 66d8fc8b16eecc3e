/** G3: malformed requests of every kind while good ones flow: no crash, no 5xx, and every good span is stored. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { inParallel, sleep, withDirectory } from '../support/children.mjs';
import { figure, percentile } from '../support/figures.mjs';
import { books, sendSpans, startGateway, verdict } from '../support/gateway.mjs';
import { seeded } from '../support/random.mjs';

const WIDTH = 24;
/** Slow bodies are cut off by the gateway's own limits, which are longer than anybody wants to wait here. */
const SLOW_MILLIS = 400;

const PATHS = [
  '/v1/traces',
  '/v1/logs',
  '/v1/metrics',
  '/api/conversations?limit=-1',
  '/api/conversations?q=%22%00',
  '/api/interactions/%ff%00',
  '/api/feedback',
  '/api/session',
  '/athina/api/v1/log/inference',
  '/athina/api/v2/log/inference',
  '/reconify/track',
  '/reconify/upload',
  '/inkeep/conversations',
  '/inkeep/feedback',
  '/requesty/insight',
  '/kore/api/1.1/public/bot/b/getLLMUsageLogs',
  '/',
];
const json = (value) => Buffer.from(JSON.stringify(value));
const span = (value) => json({ resourceSpans: [{ scopeSpans: [{ spans: [value] }] }] });
const ids = { traceId: '5'.repeat(32), spanId: '5'.repeat(16) };

/** Each kind makes `{ headers?, body, path?, isSlow?, raw? }`. */
const kinds = {
  'wrong types': (pick) => ({
    body: pick([
      json(5),
      json(null),
      json([[]]),
      json({ resourceSpans: 'x' }),
      span(7),
      span({ ...ids, name: [], attributes: { a: 1 }, startTimeUnixNano: 'soon', status: 'bad', kind: {} }),
      span({ traceId: 'x', spanId: -1 }),
      span({ ...ids, attributes: [{ key: 5, value: { intValue: {} } }, null] }),
      json({ __proto__: null, constructor: { prototype: { polluted: 1 } } }),
    ]),
  }),
  depth: (pick, number) => ({
    body: Buffer.from(pick(['[', '{"a":', '{"resourceSpans":[']).repeat(1 + number(5_000))),
  }),
  sizes: (pick, number) => ({
    headers: pick([
      { 'content-length': '99999999999' },
      { 'content-length': '-1' },
      { 'content-length': 'many' },
      { 'transfer-encoding': 'chunked' },
      { 'x-large': 'y'.repeat(1 + number(30_000)) },
    ]),
    body: Buffer.alloc(number(2_000), 'z'),
  }),
  encodings: (pick, number) => ({
    headers: {
      'content-encoding': pick(['gzip', 'deflate', 'br', 'gzip, gzip', 'zstd', '\u00ff']),
      'content-type': pick(['application/x-protobuf', 'application/json', 'application/json; charset=utf-16', 'x']),
    },
    body: Buffer.from(Array.from({ length: number(300) }, () => number(256))),
  }),
  gzip: (pick, number) => ({
    headers: { 'content-encoding': 'gzip' },
    body: pick([
      gzipSync('{}').subarray(0, 5 + number(10)),
      gzipSync(Buffer.alloc(30_000_000)),
      Buffer.concat([gzipSync('{}'), Buffer.alloc(20, 7)]),
    ]),
  }),
  protobuf: (_, number) => ({
    headers: { 'content-type': 'application/x-protobuf' },
    path: '/v1/traces',
    body: Buffer.from([10, number(128), 18, number(128), ...Array.from({ length: number(200) }, () => number(256))]),
  }),
  'slow bodies': () => ({ headers: { 'content-length': '500' }, body: Buffer.from('{"resource'), isSlow: true }),
  hosts: (pick) => ({
    headers: { host: pick(['evil.example', '', '[::1', '127.0.0.1:1', 'a'.repeat(5_000), 'x y']) },
    body: json({}),
  }),
  lines: (pick) => ({
    raw: pick([
      'GET / HTTP/9\r\nhost: x\r\n\r\n',
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde',
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n',
      'GET //evil HTTP/1.1\r\nhost: x\r\n\r\n',
      'GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
      `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      '\u0000\u0001\u0002\r\n\r\n',
    ]),
  }),
};

function bytesOf({ headers = {}, body = Buffer.alloc(0), path, raw }, host, pick) {
  if (raw !== undefined) return Buffer.from(raw, 'latin1');
  const all = { host, 'content-type': 'application/json', connection: 'close', ...headers };
  if (!('content-length' in all) && !('transfer-encoding' in all)) all['content-length'] = body.length;
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const start = `${pick(['POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'GET'])} ${path ?? pick(PATHS)} HTTP/1.1`;
  return Buffer.concat([Buffer.from(`${[start, ...lines].join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** @returns the status of the answer; 0 where the connection was closed without one */
function send(port, bytes, isSlow) {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    // A body that never comes: the gateway waits for its own limit, and this client leaves before.
    socket.setTimeout(isSlow ? SLOW_MILLIS : 5_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)));
  });
}

/** Good requests, one after the other, until `isOver`. */
async function sendGood(url, acknowledged, isOver) {
  const waits = [];
  let refused = 0;
  for (let next = 1; !isOver(); ) {
    const spanIds = Array.from({ length: 20 }, () => (next++).toString(16).padStart(16, '0'));
    const began = performance.now();
    const { status } = await sendSpans(url, spanIds).catch(() => ({ status: 0 }));
    waits.push(performance.now() - began);
    if (status === 200) for (const id of spanIds) acknowledged.add(id);
    else refused += 1;
    await sleep(20);
  }
  return { waits, refused };
}

export async function gatewayMalformed({ isShort, log }) {
  const count = isShort ? 1_000 : 10_000;
  const random = seeded(3);
  const number = (below) => Math.floor(random() * below);
  const pick = (list) => list[number(list.length)];
  return withDirectory(async (folder) => {
    const { child, url, ended, output } = await startGateway(folder);
    const { port, host } = new URL(url);
    const acknowledged = new Set();
    let isOver = false;
    const good = sendGood(url, acknowledged, () => isOver);
    const statuses = new Map();
    const names = Object.keys(kinds);
    await inParallel(Array.from({ length: count }), WIDTH, async (_, index) => {
      const name = names[index % names.length];
      const request = kinds[name](pick, number);
      const status = await send(Number(port), bytesOf(request, host, pick), request.isSlow);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) log(`${status} for ${name}: ${JSON.stringify(request).slice(0, 300)}`);
    });
    isOver = true;
    const { waits, refused } = await good;
    const hasCrashed = child.exitCode !== null;
    child.kill('SIGTERM');
    await ended;
    const faults = [...statuses].filter(([status]) => status >= 500).reduce((sum, [, times]) => sum + times, 0);
    const { lost } = verdict(await books(folder), acknowledged);
    const where = `gateway, ${count} malformed requests`;
    const answers = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status || 'closed'}: ${times}`);
    log(`answers ${answers.join(', ')}; good requests p99 ${percentile(waits, 0.99).toFixed(0)} ms`);
    const stacks = (output().match(/^ {4}at /gm) ?? []).length + (output().match(/^error:/gm) ?? []).length;
    return [
      figure('G3', `${where}: crashes`, '0', hasCrashed ? 1 : 0, !hasCrashed),
      figure('G3', `${where}: answers 5xx`, '0', faults, faults === 0),
      figure('G3', `${where}: errors in the log`, '0', stacks, stacks === 0),
      figure('G3', `${where}: good requests refused`, '0', `${refused} of ${waits.length}`, refused === 0),
      figure('G3', `${where}: good spans lost`, '0', `${lost} of ${acknowledged.size}`, lost === 0),
    ];
  });
}
