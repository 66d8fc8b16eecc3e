import { mkdirSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { expect, it } from 'vitest';
import { chat, fakeVendor, idOf, post, serve } from './forward-scene.ts';
import { temporaryFolder, up } from './gateway-process.ts';
import { until } from './gateway-scene.ts';

/** Passes requests on as they are, to an address that is known later, and keeps what they were. */
async function relay(target: () => string) {
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  const url = await serve((request, answer) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      requests.push({ path: request.url ?? '', headers: request.headers });
      const { host: _, connection: __, 'transfer-encoding': ___, 'content-length': ____, ...kept } = request.headers;
      const headers = Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, String(value)]));
      const body = Buffer.concat(chunks);
      const response = await fetch(`${target()}${request.url}`, { method: request.method ?? 'POST', headers, body });
      const type = response.headers.get('content-type') ?? '';
      answer.writeHead(response.status, { 'content-type': type }).end(Buffer.from(await response.arrayBuffer()));
    });
  });
  return { url, requests };
}

it('two gateways that forward to each other have each interaction once, and no request goes on', async () => {
  let [urlA, urlB] = ['', ''];
  const toA = await relay(() => urlA);
  const toB = await relay(() => urlB);
  const start = (target: string) => up({ args: ['--forward', 'spanport'], env: { SPANPORT_GATEWAY: target } });
  const [a, b] = await Promise.all([start(toB.url), start(toA.url)]);
  [urlA, urlB] = [a.url, b.url];
  const isDelivered = (rows: readonly { readonly deliveries: object }[], count: number): boolean =>
    rows.length === count &&
    rows.every(({ deliveries }) => (deliveries as { spanport?: string }).spanport === 'delivered');
  for (const [index, trace] of ['1', '2', '3'].entries()) {
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [chat(trace, `c${trace}`)] }] }] });
    const headers = { 'content-type': 'application/json', 'x-spanport-project': 'shop' };
    // To one and the other in turn.
    const sent = await fetch(`${index === 1 ? b.url : a.url}/v1/traces`, { method: 'POST', headers, body });
    expect(sent.status).toBe(200);
    for (const { client } of [a, b])
      await until(async () => (isDelivered((await client.listInteractions()).items, index + 1) ? true : undefined));
  }
  for (const { client } of [a, b]) {
    const { items } = await client.listInteractions();
    expect(items.map(({ id, project }) => [id, project]).toSorted()).toEqual(
      ['1', '2', '3'].map((trace) => [idOf(trace), 'shop']),
    );
    for (const { id } of items) {
      const { attempts } = await client.getDelivery({ params: { id, destination: 'spanport' } });
      expect(attempts).toMatchObject([{ outcome: 'delivered' }]);
    }
    expect((await client.getStatus()).spans).toBe(3);
  }
  // Each came to the other one and back once, where it ended.
  expect([toA.requests.length, toB.requests.length]).toEqual([3, 3]);
  expect([await a.stop(), await b.stop()]).toEqual([0, 0]);
});

it("answers Requesty's clients as its documentation says", async () => {
  const { url, client } = await up({ env: { SPANPORT_CLIENT_KEYS: 'requesty=rq-key' } });
  const put = async (path: string, body: string, key?: string) => {
    const headers = {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    };
    const response = await fetch(`${url}/requesty${path}`, { method: 'PUT', headers, body });
    return { status: response.status, body: await response.json() };
  };
  const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] };
  const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } };
  const response = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'gpt-4o',
    choices: [choice],
  };
  const valid = JSON.stringify({ ...request, response });
  const refused = { success: false, error: expect.any(String) };
  for (const key of [undefined, 'other', ''])
    expect(await put('/insight', valid, key)).toEqual({ status: 401, body: refused });
  expect(await put('/insights', valid, 'rq-key')).toEqual({ status: 404, body: refused });
  expect(await put('/insight', '{"model":', 'rq-key')).toEqual({ status: 400, body: refused });
  for (const wrong of [{ ...request, response: 'Hi' }, { response }])
    expect(await put('/insight', JSON.stringify(wrong), 'rq-key')).toMatchObject({ status: 422, body: refused });
  expect((await client.listInteractions()).items).toEqual([]);
  // A repeated PUT changes nothing.
  for (let sent = 0; sent < 2; sent += 1)
    expect(await put('/insight', valid, 'rq-key')).toEqual({ status: 200, body: { success: true } });
  expect((await client.listInteractions()).items).toMatchObject([
    { title: 'Hello', answer: 'Hi', receivedBy: 'requesty' },
  ]);
});

it('a gateway knows its own marker after a restart, and that of another one with an equal host name and path', async () => {
  const vendor = await fakeVendor();
  const forwarded: { readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
  const next = await serve((request, answer) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      forwarded.push({ headers: request.headers, body: Buffer.concat(chunks) });
      answer.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  const folder = temporaryFolder();
  const first = await up({ folder, args: ['--forward', 'spanport'], env: { SPANPORT_GATEWAY: next } });
  await post(first.url, [chat('1', 'c1')]);
  const request = await until(async () => forwarded[0]);
  await first.stop();

  const env = { REQUESTY_API_KEY: 'key', REQUESTY_INGESTION_URL: `${vendor.url}/insight` };
  const again = () => up({ folder, args: ['--forward', 'requesty'], env });
  const comeBack = async (url: string): Promise<number> => {
    const names = ['content-type', 'content-encoding', 'x-spanport-passed', 'x-spanport-project'];
    const headers = Object.fromEntries(
      names.flatMap((name) => (name in request.headers ? [[name, String(request.headers[name])]] : [])),
    );
    const { status } = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(request.body) });
    return status;
  };
  const restarted = await again();
  expect(await comeBack(restarted.url)).toBe(200);
  await post(restarted.url, [chat('2', 'c2')]);
  await until(async () => vendor.bodies[0]);
  await restarted.stop();
  // What came back was not sent on: the gateway sends everything before it ends.
  expect(vendor.bodies).toHaveLength(1);

  // As in another container.
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  const other = await again();
  expect(await comeBack(other.url)).toBe(200);
  await until(async () => vendor.bodies[1]);
});
