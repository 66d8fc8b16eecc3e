import { randomUUID } from 'node:crypto';
import type { AnyVendor } from '../../src/vendors/index.ts';
import {
  type ClientKeys,
  matchRoute,
  type Route,
  type RouteAnswer,
  RouteError,
  type RouteRequest,
  runSteps,
  type VendorRoutes,
} from '../../src/vendors/routes.ts';
import { MemoryStore } from './memory-store.ts';

/** What a test sends to a route, without a network. */
export interface SentRequest {
  readonly method: string;
  /** Below the vendor's prefix, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The gateway's part of the contract over a store in memory: what a client is answered, and what is stored. */
export class RoutesHarness {
  readonly store: MemoryStore = new MemoryStore();
  /** The clock: when a request is received. */
  now = 1763000100000;
  readonly #routes: VendorRoutes;
  readonly #keys: ClientKeys | undefined;

  /** @param keys without them every client is accepted, as in open local mode */
  constructor(routes: VendorRoutes, keys?: ClientKeys) {
    this.#routes = routes;
    this.#keys = keys;
  }

  async send({ method, path, headers = {}, body }: SentRequest): Promise<RouteAnswer> {
    const { pathname, searchParams } = new URL(path, 'http://gateway');
    const request = { id: randomUUID(), method, query: searchParams, headers, body, receivedAt: this.now, params: {} };
    try {
      const refusal = this.#keys && (await this.#routes.authorize(request, this.#keys));
      if (refusal) return refusal;
      const match = matchRoute(this.#routes, method, pathname);
      if ('route' in match) return await this.#run(match.route, { ...request, params: match.params });
      const [status, message] =
        match.allowedMethods.length > 0 ? [405, `Use ${match.allowedMethods.join(' or ')}.`] : [404, 'Unknown path.'];
      return this.#routes.errorAnswer({ status: Number(status), message: String(message) });
    } catch (error) {
      if (error instanceof RouteError) return this.#routes.errorAnswer(error);
      throw error;
    }
  }

  readonly #lastOf = new Map<string, Promise<unknown>>();

  async #run(route: Route, request: RouteRequest): Promise<RouteAnswer> {
    const key = route.orderKey?.(request);
    const before = key === undefined ? undefined : this.#lastOf.get(key);
    const answer = Promise.resolve(before)
      .catch(() => {})
      .then(() => runSteps(route.handle(request), this.store));
    if (key !== undefined) this.#lastOf.set(key, answer);
    return answer;
  }
}

export async function harnessOf(vendor: AnyVendor, keys?: ClientKeys): Promise<RoutesHarness> {
  const routes = await vendor.routes?.();
  if (!routes) throw new Error(`${vendor.name} has no routes`);
  return new RoutesHarness(routes, keys);
}

/** Keys for a gateway that is not open: one secret, with an id where the vendor's key has two halves. */
export function keysOf(secret: string, id?: string): ClientKeys {
  return {
    accepts: (given, givenId) => given === secret && (id === undefined || givenId === id),
    secretsOf: (clientId) => (id === undefined || clientId === id ? [secret] : []),
  };
}
