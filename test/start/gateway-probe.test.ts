import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { proofOf } from '../../src/configuration/discovery.ts';
import { diag } from '../../src/diagnostics/diag.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { findGateway } from '../../src/start/gateway-probe.ts';
import { startOnce } from '../../src/start/tracing.ts';

const folder = mkdtempSync(join(tmpdir(), 'spanport-probe-'));
const file = join(folder, 'gateway.json');
let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  vi.unstubAllEnvs();
  rmSync(file, { force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const nonce = 'n'.repeat(64);
const write = (url: string): void => writeFileSync(file, JSON.stringify({ url, nonce, pid: 1 }), { mode: 0o600 });
const proving: RequestListener = (request, answer) => {
  const challenge = new URL(request.url ?? '', 'http://x').searchParams.get('challenge') ?? '';
  answer.end(JSON.stringify({ service: 'spanport', proof: proofOf(nonce, challenge) }));
};

it('finds the gateway that proves to have written the file', async () => {
  const url = await serve(proving);
  write(url);
  expect(await findGateway(file)).toEqual({ url, nonce, pid: 1 });

  // On a slow machine, loading its modules keeps an application from reading the answer for longer than a second.
  const found = findGateway(file, 20);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  expect(await found).toEqual({ url, nonce, pid: 1 });
});

it.each<readonly [string, RequestListener]>([
  ['one that only says it is a gateway', (_, answer) => answer.end('{"service":"spanport","version":"0"}')],
  ['one with another nonce', (_, answer) => answer.end(`{"service":"spanport","proof":"${proofOf('other', 'x')}"}`)],
  ['a Collector', (_, answer) => answer.writeHead(404).end()],
  ['a gateway that fails', (_, answer) => answer.writeHead(500).end('{"service":"spanport"}')],
  ['silence', () => {}],
  ['an endless answer', (_, answer) => void setInterval(() => answer.write(' '), 20).unref()],
])('sends nothing to %s', async (_, listener) => {
  write(await serve(listener));
  expect(await findGateway(file, 6)).toBeUndefined();
});

it('reads no file that another user could have written', async () => {
  write(await serve(proving));
  chmodSync(file, 0o644);
  expect(await findGateway(file)).toBeUndefined();
  // Of another user, who gave nobody else any right.
  chmodSync(file, 0o600);
  const { getuid } = process;
  if (getuid === undefined) return;
  const asOther = vi.spyOn(process, 'getuid').mockReturnValue(getuid.call(process) + 1);
  expect(await findGateway(file)).toBeUndefined();
  asOther.mockRestore();
  expect(await findGateway(file)).toMatchObject({ nonce });
});

it('goes to no other machine, and survives a missing or damaged file', async () => {
  expect(await findGateway(file)).toBeUndefined();
  writeFileSync(file, 'not JSON', { mode: 0o600 });
  expect(await findGateway(file)).toBeUndefined();
  write('http://192.0.2.1:4318');
  expect(await findGateway(file)).toBeUndefined();
});

it('finds a real gateway while it runs, and none after it was closed', async () => {
  vi.stubEnv('XDG_DATA_HOME', folder);
  const gateway = await startGateway({ port: 0, data: join(folder, 'data'), discoverable: true });
  const published = join(folder, 'spanport', 'gateway.json');
  expect(await findGateway(published)).toMatchObject({ url: gateway.url });
  expect(statSync(published).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  await gateway.close();
  expect(await findGateway(published)).toBeUndefined();
});

/** Publishes a gateway that answers with this, and nothing else that a start would find. */
async function publish(listener: RequestListener): Promise<void> {
  vi.stubEnv('XDG_DATA_HOME', folder);
  for (const name of ['ATHINA_API_KEY', 'RECONIFY_APP_KEY', 'RECONIFY_API_KEY']) vi.stubEnv(name, '');
  // Whoever runs the tests may have set variables of their own, and an unknown one is a warning.
  for (const name of Object.keys(process.env)) if (name.startsWith('SPANPORT_')) vi.stubEnv(name, undefined);
  const published = join(folder, 'spanport', 'gateway.json');
  mkdirSync(dirname(published), { recursive: true });
  writeFileSync(published, JSON.stringify({ url: await serve(listener), nonce, pid: 1 }), { mode: 0o600 });
}

it('warns once when a setting keeps the found gateway from being a destination', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', join(folder, 'missing.pem'));
  await publish(proving);
  const warn = vi.spyOn(diag, 'warn').mockReturnValue();
  const handle = startOnce({}, []);
  await handle.forceFlush();
  await handle.shutdown();
  expect(warn.mock.calls).toEqual([[expect.stringContaining('OTEL_EXPORTER_OTLP_CERTIFICATE')]]);
  warn.mockRestore();
});

it('a flush and a shutdown that are due before the gateway answers do not wait for it', async () => {
  let answer = (): void => {};
  const asked: (string | undefined)[] = [];
  await publish((request, response) => {
    asked.push(request.url?.split('?')[0]);
    answer = () => proving(request, response);
  });
  const warn = vi.spyOn(diag, 'warn').mockReturnValue();
  const handle = startOnce({ shutdownTimeoutMillis: 20 }, []);
  await vi.waitFor(() => expect(asked).toEqual(['/healthz']), { timeout: 60_000 });
  handle.tracerProvider.getTracer('test').startSpan('chat').end();
  await handle.forceFlush();
  await handle.shutdown();
  // The search is still under way: its end would have been reported.
  expect(warn.mock.calls).toEqual([]);
  answer();
  await vi.waitFor(() => expect(warn).toHaveBeenCalled(), { timeout: 60_000 });
  expect(warn.mock.calls).toEqual([[expect.stringContaining('answered after the shutdown')]]);
  expect([asked, handle.stats().destinations]).toEqual([['/healthz'], {}]);
  warn.mockRestore();
});
