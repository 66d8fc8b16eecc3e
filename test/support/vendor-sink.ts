import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wholeBody } from './whole-body.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** What came over the wire, before any decompression. */
  readonly bytes: Buffer;
}

/** A real server on this machine that takes whatever it is sent. */
export interface Sink {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** @param answer what everybody gets; by default 200 with what all vendors take for success */
export async function startSink(answer: { readonly status?: number; readonly body?: string } = {}): Promise<Sink> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await wholeBody(request);
    if (!bytes) return;
    const { method = '', url = '', headers } = request;
    received.push({ method, path: url, headers, body: bytes.toString('utf8'), bytes });
    response
      .writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
      .end(answer.body ?? '{"status":"ok"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
