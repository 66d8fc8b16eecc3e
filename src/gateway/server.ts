import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { DEFAULT_PROJECT } from '../semconv/project.ts';
import { answerOf, StoreError } from '../store/store-error.ts';
import type { Access } from './access.ts';
import type { Answerable } from './api/app.ts';
import type { LiveTail } from './api/live.ts';
import { LIVE_PATH } from './api/paths.ts';
import { FieldError, RequestError, readBody } from './body.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { contentTypes, errorAnswer } from './otlp-answers.ts';
import { answerTypeOf, assertOtlpType, OTLP_PATHS, receiveOtlp } from './otlp-routes.ts';
import type { Page } from './page.ts';
import { projectFrom } from './projects.ts';
import type { Receiver } from './receiver.ts';
import type { VendorApis } from './vendor-apis.ts';

export interface ServerParts {
  readonly access: Access;
  readonly api: Hono;
  readonly live: LiveTail;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly page: Page;
  readonly receiver: Receiver;
  /** Waits a moment for the index. */
  settled(): Promise<void>;
  readonly vendorApis: VendorApis;
  readonly maxBytes: number;
  /** The answer of `/healthz`; see discovery.ts. */
  health(challenge: string | undefined): object;
  /** How long requests in flight may take when the gateway ends. */
  readonly drainMillis: number;
}

const HEADERS_MILLIS = 10_000;
const REQUEST_MILLIS = 30_000;
/** How often Node looks for requests that are late. Its default of 30 s would make these times four times as long. */
const CHECK_MILLIS = 1_000;
const KEEP_ALIVE_MILLIS = 5_000;
const MAX_CONNECTIONS = 1_024;
/** The longest filter, with every character percent-encoded, and the headers of a browser. */
const MAX_HEADER_BYTES = 32_768;
const RETRY_SECONDS = 5;

type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The gateway's one port. */
export class GatewayServer {
  readonly #parts: ServerParts;
  readonly #server: Server;
  readonly #api: NodeHandler;
  #isClosing = false;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#api = getRequestListener(parts.api.fetch, { overrideGlobalObjects: false }) as NodeHandler;
    this.#server = createServer(
      {
        headersTimeout: HEADERS_MILLIS,
        requestTimeout: REQUEST_MILLIS,
        connectionsCheckingInterval: CHECK_MILLIS,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      (request, response) => {
        void this.#handle(request, response);
      },
    );
    this.#server.on('clientError', refuse);
    this.#server.keepAliveTimeout = KEEP_ALIVE_MILLIS;
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @returns the port. Rejects with the system's error */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, exclusive: true }, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /** Takes no more connections, and resolves once the requests in flight are answered. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#parts.live.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), this.#parts.drainMillis);
    await closed;
    clearTimeout(timer);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    let route = 'unknown';
    response.on('close', () => {
      this.#parts.metrics.countRequest(route, response.statusCode, (performance.now() - startedAt) / 1e3);
      // A client that keeps its connection open would otherwise delay the end.
      if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections());
    });
    // The answer to a connection that is gone has nowhere to go.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    try {
      const url = urlOf(request);
      route = await this.#route(request, response, url);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  /** @returns the name of the route, for the metrics */
  async #route(request: IncomingMessage, response: ServerResponse, url: URL): Promise<string> {
    const { access, live, page } = this.#parts;
    const { pathname: path } = url;
    if (this.#isClosing) response.setHeader('connection', 'close');
    const signal = Object.hasOwn(OTLP_PATHS, path) ? OTLP_PATHS[path] : undefined;
    if (signal) {
      await this.#otlp(request, response, signal);
      return path;
    }
    access.assertHost(request);
    access.assertOrigin(request);
    if (path === '/healthz' || path === '/metrics') assertMethod(request, response, ['GET', 'HEAD']);
    if (path === '/healthz') {
      sendJson(response, 200, this.#parts.health(url.searchParams.get('challenge') ?? undefined));
      return path;
    }
    const vendor = this.#parts.vendorApis.vendorOf(path);
    if (vendor) return this.#vendor(vendor, request, response, url);
    if (path === '/api/session' || path === '/api/openapi.json') await this.#apiCall(request, response, MAX_OPEN_BYTES);
    else if (path === '/metrics' || path.startsWith('/api/')) {
      if (!access.isAuthorized(request))
        throw new RequestError(401, 'no-token', 'The gateway needs its token: Authorization: Bearer …');
      if (path === '/metrics') await this.#metrics(response);
      else if (path === LIVE_PATH && request.method === 'GET') live.open(request, response, url);
      else await this.#apiCall(request, response);
      return path === '/metrics' || path === LIVE_PATH ? path : '/api';
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      page.send(path, request.headers['if-none-match'], request.method === 'HEAD', response);
    } else throw new RequestError(404, 'not-found', 'There is no such route.');
    return '/';
  }

  async #otlp(
    request: IncomingMessage,
    response: ServerResponse,
    signal: 'traces' | 'logs' | 'metrics',
  ): Promise<void> {
    const type = answerTypeOf(request);
    try {
      this.#parts.access.assertHost(request);
      this.#parts.access.assertOrigin(request);
      assertMethod(request, response, ['POST']);
      assertOtlpType(request);
      if (!this.#parts.access.isAuthorized(request))
        throw new RequestError(401, 'no-token', 'The gateway needs its token: Authorization: Bearer …');
      const body = await readBody(request, { maxBytes: this.#parts.maxBytes });
      const arrival = { receivedBy: 'otlp', project: projectIn(request) };
      const answer = await receiveOtlp(this.#parts, signal, type, body, arrival);
      response.writeHead(200, { 'content-type': contentTypes[type], 'content-length': answer.length }).end(answer);
    } catch (error) {
      const failure = this.#describe(error);
      const answer = errorAnswer(type, failure.status, failure.message);
      leaveUnread(request, response);
      response.writeHead(failure.status, { ...headersOf(failure), 'content-type': contentTypes[type] }).end(answer);
    }
  }

  async #vendor(vendor: string, request: IncomingMessage, response: ServerResponse, url: URL): Promise<string> {
    let retryAfter: number | undefined;
    const project = projectIn(request) ?? DEFAULT_PROJECT;
    const { status, headers, body, route } = await this.#parts.vendorApis.handle(
      vendor,
      request,
      url,
      project,
      (error) => {
        const failure = this.#describe(error);
        retryAfter = failure.retryAfterSeconds;
        return failure;
      },
    );
    const text = body === undefined ? '' : JSON.stringify(body);
    leaveUnread(request, response);
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...headers,
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    });
    response.end(text);
    return route;
  }

  async #apiCall(request: IncomingMessage, response: ServerResponse, maxBytes = MAX_API_BYTES): Promise<void> {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    const isChange = request.method !== 'GET' && request.method !== 'HEAD';
    // A form of another site can send any content type but JSON without a CORS preflight.
    if (isChange && !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      throw new RequestError(415, 'unsupported-type', 'Use Content-Type: application/json.');
    }
    if (
      Number(request.headers['content-length'] ?? 0) > maxBytes ||
      (isChange && request.headers['transfer-encoding'])
    ) {
      throw new RequestError(413, 'too-large', 'The body is too large, or has no length.');
    }
    if (!isChange) await this.#parts.settled();
    await this.#api(request, response);
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { metrics } = this.#parts;
    response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text());
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const failure = this.#describe(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { status, code, message } = failure;
    for (const [name, value] of Object.entries(headersOf(failure))) response.setHeader(name, value);
    leaveUnread(request, response);
    sendJson(response, status, { error: { code, message } });
  }

  #describe(error: unknown): Answerable {
    return describe(error, this.#parts.log);
  }
}

/** Answers what Node's parser refused, before there is a request. */
function refuse({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, name, message] = refusals.get(code ?? '') ?? [400, 'malformed', 'The request is not valid HTTP.'];
  const body = JSON.stringify({ error: { code: name, message } });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

const refusals: ReadonlyMap<string, readonly [status: number, code: string, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'headers-too-large', `The address and the headers exceed ${MAX_HEADER_BYTES} bytes.`]],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'too-slow', 'The request did not arrive in time.']],
]);

/** @throws RequestError for a target that is not a URL, such as `http://[` */
function urlOf({ url = '/' }: IncomingMessage): URL {
  const base = 'http://gateway';
  if (URL.canParse(url, base)) return new URL(url, base);
  throw new RequestError(400, 'malformed-url', 'The address of the request is not a valid URL.');
}

const MAX_API_BYTES = 1_048_576;
/** Of clients without the token: many slow bodies must not fill the memory. */
const MAX_OPEN_BYTES = 4_096;

/** What an error means for the sender. Anything unexpected is logged, and answered without its details. */
export function describe(error: unknown, log: Log): Answerable {
  if (error instanceof RequestError) {
    const { status, code, message } = error;
    return { status, code, message, ...(error instanceof FieldError && { field: error.field }) };
  }
  if (error instanceof StoreError) {
    log.warn(`store: ${error.message}`);
    const status = error.code === 'busy' ? 429 : 503;
    return { status, code: error.code, message: answerOf(error), retryAfterSeconds: RETRY_SECONDS };
  }
  // The connection broke off within the body, so nothing can read the answer.
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET') {
    return { status: 400, code: 'incomplete', message: 'The body is incomplete.' };
  }
  log.error('a request failed', error);
  return { status: 500, code: 'failed', message: 'The gateway failed to handle the request.' };
}

/** @throws RequestError after it put the methods into the header `allow` */
function assertMethod({ method = '' }: IncomingMessage, response: ServerResponse, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  response.setHeader('allow', allowed.join(', '));
  throw new RequestError(405, 'wrong-method', `Use ${allowed[0]}.`);
}

function headersOf({ status, retryAfterSeconds }: Answerable): Record<string, string> {
  return {
    'x-content-type-options': 'nosniff',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  };
}

/**
 * Called before an answer to a request whose body was not read. What is left of it is passed over for a moment, so that
 * the client sees the answer and no broken connection.
 */
function leaveUnread(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  response.setHeader('connection', 'close');
  request.resume();
  response.on('finish', () => setTimeout(() => request.socket.destroy(), LINGER_MILLIS).unref());
}

const LINGER_MILLIS = 1_000;

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' });
  response.end(JSON.stringify(body));
}

function projectIn(request: IncomingMessage): string | undefined {
  return projectFrom(request.headers['x-spanport-project']);
}
