import type { Answer, OutgoingRequest } from '../delivery.ts';
import type { HttpClient, TlsOptions } from './http-client.ts';
import type { ProxyEnvironment } from './proxy.ts';
import { DEFAULT_REQUEST_MILLIS } from './request-time.ts';
import { untraced } from './untraced.ts';

/**
 * Sends one request. Resolves with any response; rejects when none came, or when aborted. Follows no redirect.
 * @param keys of the records that the request carries
 */
export type Transport = (request: OutgoingRequest, signal?: AbortSignal, keys?: readonly string[]) => Promise<Answer>;

export interface TransportOptions {
  /** For one request, from its start to the last byte of the response. Default 30,000. */
  readonly timeoutMillis?: number | undefined;
  /** For destinations with a certificate of their own authority, or that require one of the client. */
  readonly tls?: TlsOptions | undefined;
  /** Where the proxy variables are read. Default: `process.env`. */
  readonly environment?: ProxyEnvironment | undefined;
}

/**
 * HTTP over connections of our own, so that the application's agents, its `fetch` and their limits are not touched. The
 * client is loaded by the first request: a process that sends nothing pays nothing for it.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { timeoutMillis = DEFAULT_REQUEST_MILLIS, tls, environment = process.env } = options;
  let client: HttpClient | undefined;
  let loading: Promise<HttpClient> | undefined;
  const load = async (): Promise<HttpClient> => {
    const { createHttpClient } = await import('./http-client.ts');
    client = createHttpClient({ timeoutMillis, environment, ...(tls && { tls }) });
    return client;
  };
  const send = async (request: OutgoingRequest, signal?: AbortSignal): Promise<Answer> => {
    loading ??= load();
    const loaded = await loading.catch((error) => {
      loading = undefined;
      throw error;
    });
    return untraced(() => loaded.send(request, signal));
  };
  return (request, signal) => {
    const loaded = client;
    return loaded ? untraced(() => loaded.send(request, signal)) : send(request, signal);
  };
}
