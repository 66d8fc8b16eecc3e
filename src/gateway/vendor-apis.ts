import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Mask, maskJson } from '../interaction/mask.ts';
import type { Store } from '../store/store.ts';
import { vendorNamed } from '../vendors/index.ts';
import {
  matchRoute,
  type ReceivedEvent,
  type ReceivedFeedback,
  type RouteAnswer,
  type RouteChanges,
  RouteError,
  type RouteRequest,
  type RouteStore,
  runSteps,
  type VendorRoutes,
} from '../vendors/routes.ts';
import { parseJson, RequestError, readBody } from './body.ts';
import { acceptedKeys, type ClientKey } from './client-keys.ts';
import { PASSED_HEADER } from './forwarder.ts';
import { storeWriteFrom } from './vendor-writes.ts';

const MAX_DEPTH = 64;
/** How long a read waits for the index, so that a client finds what it has just written. */
const INDEX_MILLIS = 1_000;

export interface VendorApiOptions {
  readonly store: Store;
  /** Keys that vendors' clients may use, and the gateway's token. */
  readonly clientKeys: readonly ClientKey[];
  readonly token: string | undefined;
  readonly mask: Mask;
  readonly maxBytes: number;
  /** @param passed the gateways that the request has passed, as its sender names them */
  readonly onChanges?: (vendor: string, changes: RouteChanges, project: string, passed: string | undefined) => void;
}

/** The vendors' own APIs, each below its name. A vendor's routes are loaded by the first request for them. */
export class VendorApis {
  readonly #options: VendorApiOptions;
  readonly #loaded = new Map<string, Promise<VendorRoutes>>();
  /** The last request of each order key: requests that read and then write run one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(options: VendorApiOptions) {
    this.#options = options;
  }

  /** The vendor that a path belongs to. */
  vendorOf(path: string): string | undefined {
    const [, first] = path.split('/');
    const vendor = vendorNamed(first);
    return vendor?.routes && vendor.name;
  }

  /** @param onError how a failure of our own is described */
  async handle(
    vendor: string,
    request: IncomingMessage,
    url: URL,
    project: string,
    onError: (error: unknown) => { readonly status: number; readonly message: string },
  ): Promise<RouteAnswer & { readonly route: string }> {
    const api = await this.#load(vendor);
    let route = `/${vendor}`;
    try {
      const match = matchRoute(api, request.method ?? 'GET', url.pathname.slice(vendor.length + 1) || '/');
      if (!('route' in match)) return { ...unmatched(api, match.allowedMethods), route };
      route = `/${vendor}${match.route.path}`;
      const received = await this.#requestFrom(request, url, match.params);
      const keys = acceptedKeys(vendor, this.#options.clientKeys, this.#options.token);
      const refused = keys && (await api.authorize(received, keys));
      if (refused) return { ...refused, route };
      const key = match.route.orderKey?.(received);
      const run = async (): Promise<RouteAnswer> =>
        runSteps(match.route.handle(received), this.#store(vendor, project, received.headers[PASSED_HEADER]));
      return { ...(await (key === undefined ? run() : this.#inOrder(`${vendor}\n${project}\n${key}`, run))), route };
    } catch (error) {
      const { status, message } = error instanceof RouteError ? error : onError(error);
      const field = error instanceof RouteError ? error.field : undefined;
      return { ...api.errorAnswer({ status, message, ...(field !== undefined && { field }) }), route };
    }
  }

  #load(vendor: string): Promise<VendorRoutes> {
    let loaded = this.#loaded.get(vendor);
    if (!loaded) {
      const found = vendorNamed(vendor)?.routes;
      if (!found) throw new RequestError(404, 'not-found', 'There is no such route.');
      loaded = found();
      this.#loaded.set(vendor, loaded);
    }
    return loaded;
  }

  async #requestFrom(
    request: IncomingMessage,
    url: URL,
    params: Readonly<Record<string, string>>,
  ): Promise<RouteRequest> {
    const body = await readBody(request, { maxBytes: this.#options.maxBytes });
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    );
    const parsed = body.length === 0 ? undefined : parseJson(body, MAX_DEPTH);
    return {
      id: randomUUID(),
      method: request.method ?? 'GET',
      params,
      query: url.searchParams,
      headers,
      body: parsed,
      receivedAt: Date.now(),
    };
  }

  async #inOrder<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(key) ?? Promise.resolve();
    const run = before.then(work, work);
    this.#queues.set(key, run);
    try {
      return await run;
    } finally {
      if (this.#queues.get(key) === run) this.#queues.delete(key);
    }
  }

  #store(vendor: string, project: string, passed: string | undefined): RouteStore {
    const { store } = this.#options;
    const scope = { vendor, project };
    const fresh = (): Promise<void> => (store.progress.backlog > 0 ? store.settled(INDEX_MILLIS) : Promise.resolve());
    return {
      interactions: (query) => fresh().then(() => store.read.vendorInteractions(scope, query)),
      conversations: (query) => fresh().then(() => store.read.vendorConversations(scope, query)),
      documents: (query) => store.read.vendorDocuments(scope, query),
      feedback: async (query) => entries<ReceivedFeedback>(await store.read.vendorEntries('feedback', scope, query)),
      events: async (query) => entries<ReceivedEvent>(await store.read.vendorEntries('events', scope, query)),
      write: (changes) => this.#write(vendor, project, changes, passed),
    };
  }

  async #write(vendor: string, project: string, received: RouteChanges, passed: string | undefined): Promise<void> {
    const changes = maskJson(received, this.#options.mask);
    const write = { project, receivedBy: vendor, receivedUs: Date.now() * 1e3, ...storeWriteFrom(changes) };
    await this.#options.store.write(write);
    this.#options.onChanges?.(vendor, changes, project, passed);
  }
}

function entries<T>({ items, total }: { readonly items: unknown[]; readonly total: number }) {
  return { items: items as T[], total };
}

function unmatched(api: VendorRoutes, allowed: readonly string[]): RouteAnswer {
  if (allowed.length === 0) return api.errorAnswer({ status: 404, message: 'There is no such route.' });
  const answer = api.errorAnswer({ status: 405, message: `Use ${allowed.join(' or ')}.` });
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(', ') } };
}
