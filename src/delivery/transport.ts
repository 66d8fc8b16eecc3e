import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { Answer, OutgoingRequest } from './delivery.ts';
import { untraced } from './untraced.ts';

/** An answer longer than this is cut: nothing of use stands there, but in what was asked for. */
const MAX_ANSWER_BYTES = 1 << 20;
const MAX_READ_BYTES = 8 << 20;
const DEFAULT_TIMEOUT_MILLIS = 30_000;
/** Idle connections are closed after this time; most servers close theirs after 5 s, and a race costs an attempt. */
const IDLE_MILLIS = 4_000;

/** Sends one request. Resolves with whatever was answered; rejects when nothing was, or aborted. Follows no redirect. */
export type Transport = (request: OutgoingRequest, signal?: AbortSignal) => Promise<Answer>;

/** @param timeoutMillis for one request, from its start to the last byte of the answer. Default 30,000 */
export function createTransport(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Transport {
  return async (request, signal) => untraced(() => send(request, timeoutMillis, signal));
}

function send(
  { method, url, headers, body }: OutgoingRequest,
  timeoutMillis: number,
  signal?: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const { request, agent } = clientFor(target);
    const sending: ClientRequest = request(target, {
      method,
      headers: method === 'GET' ? headers : { ...headers, 'content-length': bytes.byteLength },
      agent,
      signal,
    });
    // Over the whole exchange: an idle timeout would wait for ever on a server that drips bytes.
    const deadline = setTimeout(
      () => sending.destroy(new Error(`no answer within ${timeoutMillis} ms`)),
      timeoutMillis,
    ).unref();
    const fail = (error: Error): void => {
      clearTimeout(deadline);
      reject(error);
    };
    sending.on('error', fail);
    // A request under way keeps no process alive: whoever has to wait for it holds the process himself.
    sending.on('socket', (socket) => socket.unref());
    sending.on('response', (response) => {
      readAnswer(response, method === 'GET' ? MAX_READ_BYTES : MAX_ANSWER_BYTES).then((answer) => {
        clearTimeout(deadline);
        resolve(answer);
      }, fail);
    });
    sending.end(bytes);
  });
}

function readAnswer(response: IncomingMessage, maxBytes: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (): void => {
      const bytes = Buffer.concat(chunks);
      const { statusCode: status = 0 } = response;
      resolve({ status, headers: flat(response.headers), body: bytes.toString('utf8'), bytes });
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, maxBytes - length));
      length += chunk.length;
      if (length < maxBytes) return;
      finish();
      response.destroy();
    });
    response.on('end', finish);
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('the answer broke off')));
  });
}

function flat(headers: IncomingMessage['headers']): Answer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

interface Client {
  readonly request: typeof import('node:http').request;
  readonly agent: HttpAgent;
}

const agents = new Map<string, HttpAgent>();

/**
 * Connections of our own per origin, so that the application's agents and their limits are not touched. Looked up at
 * each request, and not loaded before the first one.
 */
function clientFor({ protocol, origin }: URL): Client {
  const module = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http');
  let agent = agents.get(origin);
  if (!agent) {
    agent = new module.Agent({ keepAlive: true, timeout: IDLE_MILLIS });
    agents.set(origin, agent);
  }
  return { request: module.request, agent };
}
