import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { masked } from '../masked.ts';

export type VendorName = 'athina' | 'reconify' | 'inkeep' | 'requesty' | 'kore';
export const vendorNames: readonly VendorName[] = ['athina', 'reconify', 'inkeep', 'requesty', 'kore'];

/** One HTTP request as a sink received it, keys masked. */
export interface Received {
  readonly method: string;
  /** Where it would have gone: the vendor's own path. */
  readonly path: string;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly status: number;
}

/** A vendor's server, as far as logging goes, on 127.0.0.1. */
export interface Sink {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** What a vendor says to one request. `keys` holds the values that authorise it. */
interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly contentType?: string;
}

interface Manners {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** Undefined when the key is wrong or missing. */
  keyOf(request: IncomingMessage, body: Record<string, unknown>): unknown;
  readonly accepted: (body: Record<string, unknown>) => unknown;
  readonly refused: (status: number, message: string) => Reply;
}

const error = (status: number, message: string): Reply => ({ status, body: { error: message, details: { message } } });
const problem = (status: number, message: string): Reply => ({
  status,
  body: { title: message, status, detail: message, code: status === 401 ? 'unauthorized' : 'bad_request' },
  contentType: 'application/problem+json',
});
const bearer = (request: IncomingMessage): unknown => request.headers.authorization?.replace(/^Bearer /, '');

/** How each vendor is spoken to and how it answers; the vendors' READMEs say where this is known from. */
const manners: Readonly<Record<VendorName, Manners>> = {
  athina: {
    method: 'POST',
    path: '/api/v1/log/inference',
    keyOf: (request) => request.headers['athina-api-key'],
    accepted: () => ({ status: 'success', data: { prompt_run_id: 'run-of-the-demo' } }),
    refused: error,
  },
  reconify: {
    method: 'POST',
    path: '/track',
    keyOf: (_request, body) => (body['reconify'] as Record<string, unknown> | undefined)?.['apiKey'],
    accepted: () => ({ status: 'ok' }),
    refused: (status, message) => ({ status, body: { status: 'error', message } }),
  },
  inkeep: {
    method: 'POST',
    path: '/conversations',
    keyOf: bearer,
    accepted: conversation,
    refused: problem,
  },
  requesty: {
    method: 'PUT',
    path: '/insight',
    keyOf: bearer,
    accepted: () => ({ success: true }),
    refused: (status, message) => ({ status, body: { success: false, error: message } }),
  },
  kore: {
    method: 'POST',
    path: '/',
    keyOf: () => undefined,
    accepted: () => ({}),
    refused: error,
  },
};

/** Where the sink takes this vendor's records. */
export function routeOf(vendor: VendorName): { readonly method: string; readonly path: string } {
  return manners[vendor];
}

export interface SinkOptions {
  /** The only key it lets in; any, where this is not given. */
  readonly key?: string | undefined;
  /** Texts to mask in what is kept. */
  readonly secrets?: readonly string[];
  /** The vendor's own host: requests go on to the same path there, and the answer is the vendor's. */
  readonly relay?: URL | undefined;
}

/** Starts a sink for one vendor. */
export async function startSink(vendor: VendorName, { key, secrets = [], relay }: SinkOptions = {}): Promise<Sink> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (text) => {
      const reply = relay
        ? await passOn(new URL(request.url ?? '/', relay), request, text)
        : replyTo(vendor, key, request, text);
      received.push({
        method: request.method ?? '',
        path: request.url ?? '/',
        body: parsed(masked(text, secrets)),
        status: reply.status,
      });
      response.writeHead(reply.status, { 'content-type': reply.contentType ?? 'application/json' });
      response.end(JSON.stringify(reply.body));
    });
  });
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

function replyTo(vendor: VendorName, key: string | undefined, request: IncomingMessage, text: string): Reply {
  const { method, path, keyOf, accepted, refused } = manners[vendor];
  const body = parsed(text);
  if (request.method !== method || request.url !== path) return refused(404, `no ${request.method} ${request.url}`);
  if (typeof body !== 'object' || body === null) return refused(400, 'the body is no JSON object');
  if (key !== undefined && keyOf(request, body as Record<string, unknown>) !== key) return refused(401, 'wrong key');
  return { status: 200, body: accepted(body as Record<string, unknown>) };
}

/** Inkeep answers with the whole conversation, every key written. */
function conversation(body: Record<string, unknown>): unknown {
  const now = new Date().toISOString();
  const unset = { externalId: null, externalUrl: null, createdAt: now, updatedAt: now };
  const messages = Array.isArray(body['messages']) ? (body['messages'] as Record<string, unknown>[]) : [];
  return {
    ...unset,
    projectId: null,
    integrationId: null,
    supportTicketConversationId: null,
    visibility: null,
    ...body,
    messages: messages.map((message) => ({ ...unset, type: body['type'], conversationId: body['id'], ...message })),
    messagesOpenAIFormat: messages.map(({ role, content }) => ({ role, content })),
  };
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
