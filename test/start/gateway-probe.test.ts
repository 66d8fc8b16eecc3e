import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { findGateway } from '../../src/start/gateway-probe.ts';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

it.each<readonly [string, boolean, RequestListener]>([
  ['a gateway of ours', true, (_, answer) => answer.end('{"service":"spanport","version":"0"}')],
  ['a Collector', false, (_, answer) => answer.writeHead(404).end()],
  ['something else', false, (_, answer) => answer.end('{"status":"ok"}')],
  ['a gateway that is ill', false, (_, answer) => answer.writeHead(500).end('{"service":"spanport"}')],
  ['silence', false, () => {}],
  ['an endless answer', false, (_, answer) => void setInterval(() => answer.write(' '), 20).unref()],
])('within 300 ms, %s is a gateway: %s', async (_, isGateway, listener) => {
  const began = performance.now();
  expect(await findGateway(await serve(listener))).toBe(isGateway);
  expect(performance.now() - began).toBeLessThan(1_000);
});

it('nobody is no gateway', async () => {
  expect(await findGateway('http://127.0.0.1:1')).toBe(false);
});
