import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { METRICS_CONTENT_TYPE, metricsText } from './metrics.ts';
import type { WorkerStatus } from './status.ts';

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `/metrics` and `/healthz`. Both show counts and names, never content. */
export async function startStatusServer(host: string, port: number, status: () => WorkerStatus): Promise<StatusServer> {
  const server = createServer((request, response) => {
    answer(request, response, status()).catch(() => response.destroy());
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer({ method, url }: IncomingMessage, response: ServerResponse, status: WorkerStatus): Promise<void> {
  const path = url?.split('?')[0];
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, 405, 'text/plain', 'Use GET.\n');
  }
  if (path === '/metrics') return send(response, 200, METRICS_CONTENT_TYPE, await metricsText(status));
  if (path === '/healthz') {
    // Late is not dead: a restart would not help, so only a worker that can't reach Kafka fails its probe.
    const code = status.state === 'failing' ? 503 : 200;
    return send(response, code, 'application/json', `${JSON.stringify(status)}\n`);
  }
  return send(response, 404, 'text/plain', 'There is /metrics and /healthz.\n');
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  response.end(body);
}
