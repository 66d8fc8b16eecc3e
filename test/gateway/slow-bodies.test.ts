import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { chat } from './forward-scene.ts';
import { up } from './gateway-process.ts';

const token = 'a-token-that-is-long-enough';
const CLIENTS = 40;
const CHUNK = Buffer.alloc(262_144, 'a');
const SENT = 8_000_000;
const DECLARED = 15_000_000;

/** Sends a large part of a body and never its end. `sent` are the bytes that the system took. */
function slowClient(url: string, path: string, type: string): { readonly socket: Socket; sent: number } {
  const { hostname, port } = new URL(url);
  const client = { socket: connect({ host: hostname, port: Number(port) }), sent: 0 };
  const { socket } = client;
  socket.on('error', () => undefined);
  socket.resume();
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    `content-type: ${type}`,
    `content-length: ${DECLARED}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const write = (): void => {
    socket.write(CHUNK, (error) => {
      if (error) return;
      client.sent += CHUNK.length;
      if (client.sent < SENT) write();
    });
  };
  write();
  return client;
}

it.each([
  ['a vendor whose key is in the body', '/reconify/upload', 'application/json'],
  ['OTLP', '/v1/traces', 'application/json'],
  ['the sign-in of the page', '/api/session', 'application/json'],
])('large bodies of many clients without a key do not fill the memory: %s', async (_, path, type) => {
  const gateway = await up({ token });
  const authorization = `Bearer ${token}`;
  const memory = async (): Promise<number> => {
    const response = await fetch(`${gateway.url}/metrics`, { headers: { authorization } });
    return Number(/^spanport_resident_memory_bytes (\S+)/m.exec(await response.text())?.[1]);
  };
  const before = await memory();
  expect(before).toBeGreaterThan(0);
  const clients = Array.from({ length: CLIENTS }, () => slowClient(gateway.url, path, type));
  onTestFinished(() => {
    for (const { socket } of clients) socket.destroy();
  });
  let most = before;
  // Until the gateway takes no more: a slow machine only looks earlier, and then sees less.
  for (let sent = -1, quiet = 0; quiet < 20; ) {
    most = Math.max(most, await memory());
    const now = clients.reduce((sum, client) => sum + client.sent, 0);
    quiet = now === sent ? quiet + 1 : 0;
    sent = now;
  }
  // Without a bound it would be the bodies of all clients: 320 MB.
  expect(most - before).toBeLessThan(160e6);
  const spans = [chat('1')];
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const headers = { authorization, 'content-type': 'application/json' };
  expect((await fetch(`${gateway.url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
});

it('refuses a sign-in that is larger than any token, before it reads it', async () => {
  const { url } = await up({ token });
  const headers = { 'content-type': 'application/json' };
  const signIn = (padding: number) =>
    fetch(`${url}/api/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ token, padding: 'x'.repeat(padding) }),
    });
  expect((await signIn(5_000)).status).toBe(413);
  expect((await fetch(`${url}/api/session`, { method: 'POST', headers, body: JSON.stringify({ token }) })).status).toBe(
    200,
  );
});
