import { type OperationName, paths } from './paths.ts';
import type { Answer, Body, QueryInput } from './routes.ts';

type ParamsOf<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamsOf<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;
type Params<N extends OperationName> = ParamsOf<(typeof paths)[N]['path']>;

/** What an operation takes: `params` for its path, `query`, `body`; only those that it has. */
export type Call<N extends OperationName> = ([Params<N>] extends [never]
  ? object
  : { readonly params: Readonly<Record<Params<N>, string>> }) &
  (QueryInput<N> extends undefined ? object : { readonly query?: QueryInput<N> }) &
  (Body<N> extends undefined ? object : { readonly body: Body<N> }) & { readonly signal?: AbortSignal };

export type Client = {
  readonly [N in OperationName]: object extends Call<N>
    ? (call?: Call<N>) => Promise<Answer<N>>
    : (call: Call<N>) => Promise<Answer<N>>;
};

export interface ClientOptions {
  /** Such as `http://127.0.0.1:4318`; empty for the page's own origin. */
  readonly baseUrl?: string;
  /** Sent as a Bearer token. A browser signs in once and has a cookie instead. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

/** An answer that is not a success. `code` is stable, `message` is a sentence for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface AnyCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** A client with one typed method per operation. It runs in browsers and in Node, and loads no schema. */
export function createClient(options: ClientOptions = {}): Client {
  const methods = Object.keys(paths).map((name) => [
    name,
    (call: AnyCall = {}) => send(paths[name as OperationName], call, options),
  ]);
  return Object.fromEntries(methods) as Client;
}

async function send(
  // The page's bundle leaves out what is the default.
  { method = 'get', path }: { readonly method?: string; readonly path: string },
  { params = {}, query = {}, body, signal }: AnyCall,
  { baseUrl = '', token, fetch: send = fetch }: ClientOptions,
): Promise<unknown> {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const entries = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const search = entries.length > 0 ? `?${new URLSearchParams(entries)}` : '';
  const response = await send(`${baseUrl.replace(/\/$/, '')}${filled}${search}`, {
    method: method.toUpperCase(),
    headers: {
      accept: 'application/json',
      // Every request that changes something is JSON: another site cannot send that without a CORS preflight.
      ...(method !== 'get' && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(method !== 'get' && { body: JSON.stringify(body ?? {}) }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as unknown;
  const { code = 'unknown', message = `The gateway answered ${response.status}.` } = errorIn(text);
  throw new ApiError(response.status, code, message);
}

function errorIn(text: string): { code?: string; message?: string } {
  try {
    return (JSON.parse(text) as { error?: { code?: string; message?: string } }).error ?? {};
  } catch {
    return {};
  }
}
