import type { Socket } from 'node:net';
import type { buildConnector as Connecting, Dispatcher as DispatcherType } from 'undici';
import connectTunnel from 'undici/lib/api/api-connect.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import type { Answer, OutgoingRequest } from '../delivery.ts';
import { type ProxyEnvironment, proxyFor } from './proxy.ts';

/** A longer response is cut. Only the response to a GET has content that is used. */
const MAX_RESPONSE_BYTES = 1 << 20;
const MAX_GET_RESPONSE_BYTES = 8 << 20;
const MAX_CONNECT_MILLIS = 10_000;
/** Idle connections are closed after this time. Most servers close theirs after 5 s, and losing that race costs an attempt. */
const IDLE_MILLIS = 4_000;

/** Certificates and keys, as PEM. */
export interface TlsOptions {
  /** Replaces the authorities that Node trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface HttpClientOptions {
  readonly timeoutMillis: number;
  readonly tls?: TlsOptions;
  readonly environment: ProxyEnvironment;
}

export interface HttpClient {
  send(request: OutgoingRequest, signal?: AbortSignal): Promise<Answer>;
}

export function createHttpClient({ timeoutMillis, tls, environment }: HttpClientOptions): HttpClient {
  const timeout = Math.min(timeoutMillis, MAX_CONNECT_MILLIS);
  // The deadline covers the whole exchange; idle timeouts would wait forever on a server that drips bytes.
  const common = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: IDLE_MILLIS, factory: poolFactory };
  const direct = new Agent({ ...common, connect: buildConnector({ ...tls, timeout }) });
  const proxies = new Map<string, DispatcherType>();
  // A tunnel is opened by a method that undici's entry adds to all dispatchers.
  Object.assign(Dispatcher.prototype, { connect: connectTunnel });

  const dispatcherFor = (url: URL): DispatcherType => {
    const uri = proxyFor(url, environment);
    if (uri === undefined) return direct;
    let proxy = proxies.get(uri);
    if (!proxy) {
      // Plain HTTP goes through the proxy as such: many allow tunnels to port 443 only.
      const tunnels = { proxyTunnel: false, proxyTls: { timeout }, requestTls: { ...tls, timeout } };
      proxy = new ProxyAgent({ ...common, ...tunnels, uri, clientFactory: poolFactory });
      proxies.set(uri, proxy);
    }
    return proxy;
  };

  /** Nearly all requests go to one URL. It is resolved again after a failure, when another proxy may be set. */
  let last: Target | undefined;
  const targetOf = (url: string): Target => {
    if (last?.url === url) return last;
    const parsed = new URL(url);
    const { origin, pathname, search } = parsed;
    last = { url, origin, path: pathname + search, dispatcher: dispatcherFor(parsed) };
    return last;
  };

  return {
    send: (request, signal) =>
      new Promise((resolve, reject) => {
        const { method, url, headers, body } = request;
        const { origin, path, dispatcher } = targetOf(url);
        const fail = (error: Error): void => {
          last = undefined;
          reject(error);
        };
        const exchange = new Exchange({ method, timeoutMillis, signal, resolve, reject: fail });
        dispatcher.dispatch(
          { origin, path, method, headers: { ...headers }, body: method === 'GET' ? null : body },
          exchange,
        );
      }),
  };
}

interface Target {
  readonly url: string;
  readonly origin: string;
  readonly path: string;
  readonly dispatcher: DispatcherType;
}

/**
 * What ends the exchanges under way when a signal aborts. All requests of a destination share one signal, and a listener
 * of its own for each request costs several microseconds.
 */
const exchanges = new WeakMap<AbortSignal, Set<() => void>>();

function exchangesOf(signal: AbortSignal): Set<() => void> {
  const known = exchanges.get(signal);
  if (known) return known;
  const added = new Set<() => void>();
  exchanges.set(signal, added);
  signal.addEventListener('abort', () => {
    for (const abort of added) abort();
  });
  return added;
}

interface ExchangeOptions {
  readonly method: OutgoingRequest['method'];
  readonly timeoutMillis: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** One request and its response, as undici reports them. */
class Exchange implements DispatcherType.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  readonly #deadline: NodeJS.Timeout;
  #bytes = 0;
  #status = 0;
  #headers: Answer['headers'] = {};
  #controller: DispatcherType.DispatchController | undefined;
  #abortReason: Error | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#maxBytes = options.method === 'GET' ? MAX_GET_RESPONSE_BYTES : MAX_RESPONSE_BYTES;
    const { timeoutMillis, signal } = options;
    const expire = (): void => this.#abort(new Error(`no answer within ${timeoutMillis} ms`));
    this.#deadline = setTimeout(expire, timeoutMillis).unref();
    if (signal) exchangesOf(signal).add(this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  onRequestStart(controller: DispatcherType.DispatchController): void {
    this.#controller = controller;
    // It may have been aborted while it waited for a connection.
    if (this.#abortReason) controller.abort(this.#abortReason);
  }

  onResponseStart(_: DispatcherType.DispatchController, status: number, headers: Headers): void {
    // 1xx: the response is still to come.
    if (status < 200) return;
    this.#status = status;
    this.#headers = joined(headers);
  }

  onResponseData(controller: DispatcherType.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk.subarray(0, this.#maxBytes - this.#bytes));
    this.#bytes += chunk.length;
    if (this.#bytes < this.#maxBytes) return;
    this.onResponseEnd();
    controller.abort(new Error('the response is too long'));
  }

  onResponseEnd(): void {
    this.#end();
    const [first = NOTHING] = this.#chunks;
    const bytes = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#options.resolve({ status: this.#status, headers: this.#headers, body: bytes.toString('utf8'), bytes });
  }

  onResponseError(_: DispatcherType.DispatchController, error: Error): void {
    this.#end();
    this.#options.reject(new Error(describe(error), { cause: error }));
  }

  readonly #onAbort = (): void => this.#abort(new Error('aborted'));

  #abort(reason: Error): void {
    this.#abortReason = reason;
    this.#end();
    this.#options.reject(reason);
    this.#controller?.abort(reason);
  }

  #end(): void {
    clearTimeout(this.#deadline);
    const { signal } = this.#options;
    if (signal) exchangesOf(signal).delete(this.#onAbort);
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const NOTHING = Buffer.alloc(0);

function joined(headers: Headers): Answer['headers'] {
  if (isPlain(headers)) return headers;
  const result: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) result[name] = Array.isArray(value) ? value.join(', ') : value;
  return result;
}

/** Whether no header came more than once. */
function isPlain(headers: Headers): headers is Answer['headers'] {
  for (const name in headers) if (Array.isArray(headers[name])) return false;
  return true;
}

/** Where several addresses were tried, the error itself has no message. */
function describe(error: Error): string {
  if (error.message !== '') return error.message;
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message : ((error as NodeJS.ErrnoException).code ?? error.name);
}

function poolFactory(origin: string | URL, options: object): DispatcherType {
  const { connect } = options as { connect?: Connecting.connector };
  return new Pool(origin as URL, { ...options, ...(connect && { connect: unreferenced(connect) }) });
}

/**
 * A connector whose sockets never keep the process alive. undici references them while a request is under way; a caller
 * that must wait for it keeps the process alive itself.
 */
function unreferenced(connect: Connecting.connector): Connecting.connector {
  return (options, callback) => {
    const connecting: unknown = connect(options, (...result) => {
      if (result[1]) unreference(result[1]);
      callback(...result);
    });
    if (isSocket(connecting)) unreference(connecting);
  };
}

function unreference(socket: Socket): void {
  socket.unref();
  socket.ref = (): Socket => socket;
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'unref' in value;
}
