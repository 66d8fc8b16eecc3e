import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ContentMode } from '../exporter/content-policy.ts';
import { type Mask, maskJson } from '../interaction/mask.ts';
import type { ErasedInteraction } from '../store/port.ts';
import type { Store } from '../store/store.ts';
import { vendorNamed } from '../vendors/index.ts';
import {
  matchRoute,
  type ReceivedEvent,
  type ReceivedFeedback,
  type Route,
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
import { Gate, received } from './gate.ts';
import { maskedId, withMaskedIds, withMaskedQuery } from './masked-ids.ts';
import { PASSED_HEADER } from './passed-gateways.ts';
import { changesWithContent } from './vendor-content.ts';
import { storeWriteFrom } from './vendor-writes.ts';

const MAX_DEPTH = 64;
/** Bytes of bodies that are read at a time from clients whose key is in the body; small bodies do not count. */
const unknownClients = new Gate(20 * 1_048_576, {
  limit: 1_048_576_000,
  refusal: 'Requests arrive faster than they can be read.',
});
const SMALL = 65_536;
/** How long a read waits for the index, so that a client finds what it has just written. */
const INDEX_MILLIS = 1_000;

export interface VendorApiOptions {
  readonly store: Store;
  /** Keys that vendors' clients may use, and the gateway's token. */
  readonly clientKeys: readonly ClientKey[];
  readonly token: string | undefined;
  readonly mask: Mask;
  /** How much content is stored. */
  readonly content: ContentMode;
  readonly maxBytes: number;
  /** @param passed the gateways that the request has passed, as its sender names them */
  readonly onChanges?: (vendor: string, changes: RouteChanges, project: string, passed: string | undefined) => void;
  /** Called with the interactions of conversations that a client deleted. */
  readonly onErased?: (interactions: readonly ErasedInteraction[]) => Promise<void>;
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
      const sent = requestFrom(request, url, match.params);
      const keys = acceptedKeys(vendor, this.#options.clientKeys, this.#options.token);
      const matched = { vendor, project, sent, route: match.route };
      if (keys && api.hasKeyInBody) {
        const authorize: Authorize = (whole) => api.authorize(whole, keys);
        return { ...(await this.#unknown(request, () => this.#answer(request, matched, authorize))), route };
      }
      // Before the body is read, so that clients without a key do not fill the memory.
      const refused = keys && (await api.authorize(sent, keys));
      return { ...(refused ?? (await this.#answer(request, matched))), route };
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

  /** Reads a body of a client that nothing is known of yet. Few large ones are read at a time. */
  #unknown<T>(request: IncomingMessage, read: () => Promise<T>): Promise<T> {
    const { 'content-length': length, 'content-encoding': encoding } = request.headers;
    const isKnown = length !== undefined && (encoding ?? 'identity') === 'identity';
    const bytes = isKnown ? Math.min(Number(length), this.#options.maxBytes) : this.#options.maxBytes;
    if (bytes <= SMALL) return read();
    return unknownClients.run(bytes, read);
  }

  async #answer(
    request: IncomingMessage,
    { vendor, project, sent, route }: Matched,
    authorize?: Authorize,
  ): Promise<RouteAnswer> {
    const body = await readBody(request, { maxBytes: this.#options.maxBytes });
    const answer = async (): Promise<RouteAnswer> => {
      const whole = {
        ...sent,
        body: body.length === 0 ? undefined : body.read((bytes) => parseJson(bytes, MAX_DEPTH)),
      };
      const refused = await authorize?.(whole);
      if (refused) return refused;
      const masked = this.#withMaskedIds(whole);
      const key = route.orderKey?.(masked);
      const run = async (): Promise<RouteAnswer> =>
        runSteps(route.handle(masked), this.#store(vendor, project, masked.headers[PASSED_HEADER]));
      return key === undefined ? run() : this.#inOrder(`${vendor}\n${project}\n${key}`, run);
    };
    return body.length === 0 ? answer() : received.run(body.length, answer);
  }

  /** In the whole request, so that a client finds what it wrote by the id that it knows. */
  #withMaskedIds(request: RouteRequest): RouteRequest {
    const { mask } = this.#options;
    const params = Object.entries(request.params).map(([name, value]) => [name, maskedId(value, mask)]);
    return {
      ...request,
      params: Object.fromEntries(params),
      query: withMaskedQuery(request.query, mask),
      body: withMaskedIds(request.body, mask),
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

  async #write(vendor: string, project: string, sent: RouteChanges, passed: string | undefined): Promise<void> {
    const { mask, content } = this.#options;
    const changes = changesWithContent(maskJson(sent, mask), content, mask);
    const write = { project, receivedBy: vendor, receivedUs: Date.now() * 1e3, ...storeWriteFrom(changes) };
    const [result] = await this.#options.store.writeAll([write]);
    await this.#options.onErased?.(result?.erased ?? []);
    this.#options.onChanges?.(vendor, changes, project, passed);
  }
}

/** The refusal of a request whose key is in its body. */
type Authorize = (whole: RouteRequest) => RouteAnswer | undefined | Promise<RouteAnswer | undefined>;

interface Matched {
  readonly vendor: string;
  readonly project: string;
  readonly route: Route;
  /** Without its body. */
  readonly sent: RouteRequest;
}

function requestFrom(request: IncomingMessage, url: URL, params: RouteRequest['params']): RouteRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  return {
    id: randomUUID(),
    method: request.method ?? 'GET',
    params,
    query: url.searchParams,
    headers,
    body: undefined,
    receivedAt: Date.now(),
  };
}

function entries<T>({ items, total }: { readonly items: unknown[]; readonly total: number }) {
  return { items: items as T[], total };
}

function unmatched(api: VendorRoutes, allowed: readonly string[]): RouteAnswer {
  if (allowed.length === 0) return api.errorAnswer({ status: 404, message: 'There is no such route.' });
  const answer = api.errorAnswer({ status: 405, message: `Use ${allowed.join(' or ')}.` });
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(', ') } };
}
