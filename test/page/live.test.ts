import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, type Scene, startScene, until } from './browser.ts';

/** Stands between the page and the gateway, as a proxy does, and can refuse the live stream. */
class LiveProxy {
  readonly streams: string[] = [];
  readonly #open = new Set<ServerResponse>();
  readonly #server: Server;
  #isRefusing = false;

  constructor(target: string) {
    this.#server = createServer((incoming, response) => this.#pass(target, incoming, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the streams that are open, and answers 503 to new ones. */
  refuse(): void {
    this.#isRefusing = true;
    for (const response of this.#open) response.destroy();
  }

  accept(): void {
    this.#isRefusing = false;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(target: string, incoming: IncomingMessage, response: ServerResponse): void {
    const path = incoming.url ?? '/';
    if (path.startsWith('/api/live')) {
      this.streams.push(this.#isRefusing ? `${path} refused` : path);
      if (this.#isRefusing) {
        response.writeHead(503).end();
        return;
      }
      this.#open.add(response);
      response.on('close', () => this.#open.delete(response));
    }
    const { method } = incoming;
    const headers = { ...incoming.headers, host: new URL(target).host };
    // The gateway takes requests of its own pages alone.
    delete headers.origin;
    const outgoing = request(`${target}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}

describe.skipIf(browserPath === undefined)('the live stream', () => {
  let scene: Scene;
  let proxy: LiveProxy;
  let url: string;

  beforeAll(async () => {
    scene = await startScene();
    await scene.run('./application.mjs');
    proxy = new LiveProxy(scene.url);
    url = await proxy.listen();
  });
  afterAll(async () => {
    await scene?.close();
    await proxy?.close();
  });

  it('shows what arrived while the gateway refused it', async () => {
    const page = await scene.open('/welcome');
    await page.goto(`${url}/conversations`);
    await page.getByText('receiving on').waitFor();
    const rows = page.locator('.grid .scroller [role=row]');
    await rows.first().waitFor();
    const before = await rows.count();
    proxy.refuse();
    await until(async () => proxy.streams.some((path) => path.endsWith('refused')));
    await scene.run('./application.mjs');
    proxy.accept();
    await expect.poll(() => rows.count(), { timeout: 60_000 }).toBeGreaterThan(before);
    expect(proxy.streams.at(-1)).toMatch(/^\/api\/live\?after=\d+$/);
  });
});
