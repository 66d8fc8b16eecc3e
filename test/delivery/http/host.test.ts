import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

/** What the application does not notice. These programs run the built package. */

let server: Server;
const requests: { readonly url: string; readonly traceparent: string | undefined }[] = [];

/** A server that hangs from one request on. */
async function serve(hangsFrom = Number.POSITIVE_INFINITY): Promise<string> {
  requests.length = 0;
  server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', traceparent: request.headers['traceparent'] as string | undefined });
    request.resume();
    if (requests.length < hangsFrom) response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function run(program: string, args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const path = fileURLToPath(new URL(`./programs/${program}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path, ...args], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${program} ended: ${code} ${errors}`)),
    );
  });
}

it('our requests are in no trace, and fetch and its global dispatcher stay as they are', async () => {
  const url = await serve();
  const seen = JSON.parse(await run('traced-host.mjs', [url]));
  expect(seen).toMatchObject({
    delivered: 1,
    isDispatcherUntouched: true,
    newGlobals: [],
    fetchedPaths: ['/before', '/after'],
  });
  // The instrumentations work: they traced the requests of the application.
  const traced = seen.spans.map(([, full]: [string, string | undefined]) => full).filter(Boolean);
  expect(traced).toEqual([`${url}/before`, `${url}/after`]);
  expect(requests.map(({ url: path, traceparent }) => [path, traceparent !== undefined])).toEqual([
    ['/before', true],
    ['/v1/traces', false],
    ['/after', true],
  ]);
});

it.each([
  ['on a new connection', 1],
  ['on one that was used before', 2],
])('a request that hangs %s keeps no process alive', async (_, spans) => {
  const url = await serve(spans);
  // With a shorter limit the request would end by itself.
  await run('sender.mjs', [url, String(spans)], { OTEL_EXPORTER_OTLP_TIMEOUT: '600000' });
  expect(requests).toHaveLength(spans);
});

it.each([0, 1])('a process that sends %i spans loads the HTTP client as often', async (spans) => {
  const url = await serve();
  const coverage = mkdtempSync(join(tmpdir(), 'spanport-loaded-'));
  await run('sender.mjs', [url, String(spans)], { NODE_V8_COVERAGE: coverage });
  const scripts = readdirSync(coverage).flatMap((name) =>
    (JSON.parse(readFileSync(join(coverage, name), 'utf8')).result as { url: string }[]).map((script) => script.url),
  );
  expect(scripts.filter((script) => script.endsWith('http-client.js'))).toHaveLength(spans);
  expect(requests).toHaveLength(spans);
});
