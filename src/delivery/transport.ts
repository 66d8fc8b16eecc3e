import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Answer, OutgoingRequest } from './delivery.ts';

/** An answer longer than this is cut: nothing of use stands there. */
const MAX_ANSWER_BYTES = 1 << 20;
const DEFAULT_TIMEOUT_MILLIS = 30_000;

/** Sends one request. Resolves with whatever was answered; rejects when nothing was. Follows no redirect. */
export type Transport = (request: OutgoingRequest) => Promise<Answer>;

/** Connections of our own, kept alive, so that the application's agents and their limits are not touched. */
const agents = {
  'http:': new HttpAgent({ keepAlive: true, maxSockets: 32 }),
  'https:': new HttpsAgent({ keepAlive: true, maxSockets: 32 }),
};

export function createTransport(timeoutMillis: number = DEFAULT_TIMEOUT_MILLIS): Transport {
  return ({ method, url, headers, body }) =>
    new Promise((resolve, reject) => {
      const target = new URL(url);
      const isSecure = target.protocol === 'https:';
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const sending = (isSecure ? httpsRequest : httpRequest)(target, {
        method,
        headers: { ...headers, 'content-length': bytes.byteLength },
        agent: isSecure ? agents['https:'] : agents['http:'],
        timeout: timeoutMillis,
      });
      // `timeout` counts idle time alone; a server that drips bytes must not hold a request for ever.
      const deadline = setTimeout(
        () => sending.destroy(new Error(`no answer within ${timeoutMillis} ms`)),
        timeoutMillis,
      );
      deadline.unref();
      const fail = (error: Error): void => {
        clearTimeout(deadline);
        reject(error);
      };
      sending.on('timeout', () => sending.destroy(new Error(`no answer within ${timeoutMillis} ms`)));
      sending.on('error', fail);
      // A request under way keeps no process alive: whoever has to wait for it holds the process himself.
      sending.on('socket', (socket) => socket.unref());
      sending.on('response', (response) => {
        readAnswer(response).then((answer) => {
          clearTimeout(deadline);
          resolve(answer);
        }, fail);
      });
      sending.end(bytes);
    });
}

function readAnswer(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (): void =>
      resolve({
        status: response.statusCode ?? 0,
        headers: flat(response.headers),
        body: Buffer.concat(chunks).toString('utf8'),
      });
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, MAX_ANSWER_BYTES - length));
      length += chunk.length;
      if (length < MAX_ANSWER_BYTES) return;
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
