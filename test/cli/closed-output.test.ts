import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { chat, post } from '../gateway/forward-scene.ts';
import { temporaryFolder } from '../gateway/gateway-process.ts';
import { until } from '../gateway/gateway-scene.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

it('a gateway goes on when nobody reads its output and its log any more', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const folder = temporaryFolder();
  // It reports that nothing answers there.
  const dead = { ATHINA_API_KEY: 'key', ATHINA_BASE_URL: 'http://127.0.0.1:9' };
  const words = ['up', '--port', String(port), '--data', folder, '--forward', 'athina'];
  const child = spawn(process.execPath, [main, ...words], {
    env: { ...process.env, XDG_DATA_HOME: folder, ...dead },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  const answer = (path: string) =>
    fetch(`${url}${path}`).then(
      (response) => response.json(),
      () => undefined,
    );
  await until(() => answer('/healthz'));
  expect((await post(url, [chat('1')])).status).toBe(200);
  await until(async () => {
    const { items = [] } = ((await answer('/api/interactions')) ?? {}) as { items?: { deliveries: object }[] };
    return items.some(({ deliveries }) => Object.values(deliveries).includes('retrying')) ? true : undefined;
  });
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
}, 30_000);
