import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { recordOf } from '../../interaction/unknown.ts';
import type { VendorDemo } from '../../vendors/demo.ts';
import { masked } from '../masked.ts';

/** One HTTP request as a sink received it, keys masked. */
export interface Received {
  readonly method: string;
  /** Where it would have gone: the vendor's own path. */
  readonly path: string;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly status: number;
}

/** A vendor's server on 127.0.0.1 that accepts records. */
export interface Sink {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

export interface SinkOptions {
  /** The only accepted key. Default: any. */
  readonly key?: string | undefined;
  /** Texts to mask in what is recorded. */
  readonly secrets?: readonly string[];
  /** The vendor's own host: requests go on to the same path there, and the answer is the vendor's. */
  readonly relay?: URL | undefined;
}

/** Starts a sink for one vendor. */
export async function startSink(demo: VendorDemo, { key, secrets = [], relay }: SinkOptions = {}): Promise<Sink> {
  const received: Received[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(request);
    const reply = relay
      ? await passOn(new URL(request.url ?? '/', relay), request, text)
      : replyTo(demo, key, request, text);
    received.push({
      method: request.method ?? '',
      path: request.url ?? '/',
      body: parsed(masked(text, secrets)),
      status: reply.status,
    });
    response.writeHead(reply.status, { 'content-type': reply.contentType ?? 'application/json' });
    response.end(JSON.stringify(reply.body));
  };
  // Only a broken connection ends here, which takes no answer.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly contentType?: string;
}

function replyTo(demo: VendorDemo, key: string | undefined, request: IncomingMessage, text: string): Reply {
  const refuse = (status: number, message: string): Reply => ({ status, ...demo.refused(status, message) });
  const body = recordOf(parsed(text));
  if (body && request.method === 'POST' && demo.otherPaths?.includes(request.url ?? '')) return { status: 200, body };
  if (request.method !== demo.method || request.url !== demo.path)
    return refuse(404, `no ${request.method} ${request.url}`);
  if (!body) return refuse(400, 'the body is not a JSON object');
  if (key !== undefined && demo.keyOf({ headers: request.headers, body }) !== key) return refuse(401, 'wrong key');
  return { status: 200, body: demo.accepted(body) };
}

/** `--live`: the vendor itself gets the same bytes under the same headers. */
async function passOn(target: URL, request: IncomingMessage, body: string): Promise<Reply> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (
      typeof value === 'string' &&
      !/^(host|connection|content-length|transfer-encoding|accept-encoding)$/.test(name)
    ) {
      headers.set(name, value);
    }
  }
  try {
    const answer = await fetch(target, { method: request.method ?? 'POST', headers, body, redirect: 'manual' });
    return { status: answer.status, body: parsed(await answer.text()) };
  } catch (cause) {
    return { status: 502, body: { error: `${target.host} could not be reached: ${String(cause)}` } };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
