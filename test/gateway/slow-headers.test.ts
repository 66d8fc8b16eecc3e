import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { openGateway } from './gateway-scene.ts';

/** Sends the start of a request and no more. Resolves to all that comes back. */
function answerTo(url: string, start: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(start));
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('close', () => resolve(text));
  });
}

it('gives up on a client that sends its headers too slowly, and on one that sends nothing', async () => {
  const { gateway } = await openGateway();
  const [slow, silent] = await Promise.all([
    answerTo(gateway.url, 'GET / HTTP/1.1\r\nhost: '),
    answerTo(gateway.url, ''),
  ]);
  expect(slow).toMatch(/^HTTP\/1\.1 408 .*"code":"too-slow"/s);
  expect(silent).toMatch(/^HTTP\/1\.1 408 /);
  // Less than the time after which Node looks for late requests by itself.
}, 25_000);
