import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answers, freePorts, type Server, startServer } from '../../../collector/server.mjs';
import { cleanEnvironment } from '../../../scripts/clean-environment.mjs';
import { wholeBody } from '../../support/whole-body.ts';

const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface RunningGateway {
  readonly url: string;
  readonly server: Server;
  /** Ids of the interactions that the gateway has stored and its API lists. */
  interactionIds(): Promise<string[]>;
}

/** `spanport up`, as a process of its own. */
export async function startSpanportGateway(directory: string): Promise<RunningGateway> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: 'spanport up',
    command: process.execPath,
    args: [CLI, 'up', '--port', String(port), '--data', join(directory, 'gateway')],
    env: { ...cleanEnvironment(), XDG_DATA_HOME: directory },
    ready: () => answers(`${url}/healthz`, { ok: true }),
  });
  return { url, server, interactionIds: () => interactionIds(url) };
}

async function interactionIds(url: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  do {
    const query = new URLSearchParams({ limit: '200', ...(cursor && { cursor }) });
    const response = await fetch(`${url}/api/interactions?${query}`);
    const page = (await response.json()) as { items: { id: string }[]; next?: string };
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next ?? '';
  } while (cursor);
  return ids;
}

/** A proxy that refuses with 503 and Retry-After while it is full, as the gateway does when its disk is full. */
export class FullGateway {
  isFull = true;
  refused = 0;
  /** How long each request that was refused took to come again and pass. A request is known by its body. */
  readonly waits: number[] = [];
  readonly #refusedAt = new Map<string, number>();
  #url = '';

  static async before(target: string, retryAfterSeconds: number): Promise<FullGateway & { close(): Promise<void> }> {
    const proxy = new FullGateway();
    const server = createServer(async (request, response) => {
      const body = await wholeBody(request);
      if (!body) return;
      const key = body.toString('base64');
      if (proxy.isFull) {
        proxy.refused += 1;
        proxy.#refusedAt.set(key, performance.now());
        response.writeHead(503, { 'retry-after': String(retryAfterSeconds) }).end();
        return;
      }
      const refusedAt = proxy.#refusedAt.get(key);
      if (refusedAt !== undefined) proxy.waits.push(performance.now() - refusedAt);
      proxy.#refusedAt.delete(key);
      const { method, url, headers } = request;
      const forwarded = httpRequest(new URL(url ?? '/', target), {
        ...(method !== undefined && { method }),
        headers: { ...headers, host: new URL(target).host },
      });
      forwarded.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on('error', () => response.destroy());
      forwarded.end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return Object.assign(proxy, {
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
    });
  }

  get url(): string {
    return this.#url;
  }
}
