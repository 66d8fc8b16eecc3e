import type { Context } from '@opentelemetry/api';
import { diag } from '../../diagnostics/diag.ts';
import { callWithin } from '../call-within.ts';
import { observe } from './observe.ts';
import type { CallObserver, Client, Operation } from './observer.ts';
import { type Transform, Watch } from './watch.ts';

type Method = (...args: unknown[]) => unknown;

/**
 * Calls the original exactly once, with the same `this` and arguments, and returns the same object that it returned.
 * The SDK parses an answer once, when its promise is first read. Every read goes through `parse`, so we patch that
 * method on the promise's class and read the answer at the same time.
 */
export function watchCall(original: Method, resource: object, args: unknown[], operation: Operation): unknown {
  let observer: CallObserver | undefined;
  let active: Context | undefined;
  let sent = args;
  try {
    observer = observe(operation, { resource, client: clientOf(resource), args });
    active = observer?.context;
    sent = (observer?.takeArgs?.() as unknown[] | undefined) ?? args;
  } catch (error) {
    diag.error(`spanport: ${operation.path} could not be observed`, error);
  }
  if (!observer) return original.apply(resource, args);

  const watch = new Watch(observer);
  let result: unknown;
  try {
    result = active ? callWithin(active, () => original.apply(resource, sent)) : original.apply(resource, sent);
  } catch (error) {
    watch.end({ kind: 'failed', error });
    throw error;
  }
  try {
    watchPromise(result, watch);
  } catch (error) {
    diag.error(`spanport: the answer of ${operation.path} could not be observed`, error);
    watch.end({ kind: 'complete' });
  }
  return result;
}

function clientOf(resource: object): Client {
  const { _client, client } = resource as { _client?: Client; client?: Client };
  return _client ?? client ?? {};
}

/** The SDK's promise: what its major versions have in common. */
interface ApiPromise extends Promise<unknown> {
  parse(): Promise<unknown>;
  asResponse(): Promise<unknown>;
  _thenUnwrap(transform: Transform): ApiPromise;
  [WATCH]?: Watch;
}

const WATCH: unique symbol = Symbol('spanport.watch');
const patchedPrototypes = new WeakSet<object>();

function isApiPromise(value: unknown): value is ApiPromise {
  const { parse, asResponse, _thenUnwrap } = (value ?? {}) as Partial<ApiPromise>;
  return typeof parse === 'function' && typeof asResponse === 'function' && typeof _thenUnwrap === 'function';
}

function watchPromise(result: unknown, watch: Watch): void {
  if (!isApiPromise(result)) {
    // No tested version returns anything else. A future one that does still gets a span, without the answer.
    diag.warn('spanport: openai returned something other than an APIPromise; the answer is not recorded');
    watch.end({ kind: 'complete' });
    return;
  }
  patchPromiseClass(result);
  result[WATCH] = watch;
  watch.endWhenForgotten(result);
  if (Object.hasOwn(result, 'then')) watchOwnThen(result, watch);
  watchOwnUnwrap(result, watch);
}

/**
 * Patches the class of the SDK's promises, which has `parse`, `asResponse` and `_thenUnwrap` in every major version.
 */
function patchPromiseClass(promise: ApiPromise): void {
  const own = Object.getPrototypeOf(promise) as object;
  if (patchedPrototypes.has(own)) return;
  patchedPrototypes.add(own);
  let prototype = own;
  while (!Object.hasOwn(prototype, 'parse')) prototype = Object.getPrototypeOf(prototype) as object;
  if (prototype !== own && patchedPrototypes.has(prototype)) return;
  patchedPrototypes.add(prototype);
  const { parse, asResponse, _thenUnwrap } = prototype as ApiPromise;
  const watching = {
    parse(this: ApiPromise): Promise<unknown> {
      const parsing = parse.call(this);
      const watch = this[WATCH];
      if (watch && !watch.isRead) watch.read(parsing);
      return parsing;
    },
    asResponse(this: ApiPromise): Promise<unknown> {
      const response = asResponse.call(this);
      const watch = this[WATCH];
      return watch && !watch.isRead ? watch.readResponse(response) : response;
    },
    _thenUnwrap(this: ApiPromise, transform: Transform): ApiPromise {
      return unwrap(this, _thenUnwrap, transform, this[WATCH]);
    },
  };
  for (const [name, value] of Object.entries(watching)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** The promise that `_thenUnwrap` returns parses the answer itself, so it is watched from then on. */
function unwrap(
  promise: ApiPromise,
  original: ApiPromise['_thenUnwrap'],
  transform: Transform,
  watch: Watch | undefined,
): ApiPromise {
  if (!watch) return original.call(promise, transform);
  const child = original.call(promise, watch.observing(transform));
  try {
    child[WATCH] = watch;
    watch.endWhenForgotten(child);
    watchOwnUnwrap(child, watch);
  } catch (error) {
    diag.error('spanport: the promise of a helper could not be observed', error);
  }
  return child;
}

/**
 * Some promises have their own `_thenUnwrap` property: those of openai 7.5 and later, and those that other tools
 * change.
 */
function watchOwnUnwrap(promise: ApiPromise, watch: Watch): void {
  if (!Object.hasOwn(promise, '_thenUnwrap')) return;
  const original = promise._thenUnwrap;
  promise._thenUnwrap = (transform) => unwrap(promise, original, transform, watch);
}

/**
 * From openai 7.5 on, the promises of lists have their own `then`, `catch` and `finally`, which use a hidden promise.
 */
function watchOwnThen(page: ApiPromise, watch: Watch): void {
  const { then } = page;
  let seen: Promise<unknown> | undefined;
  const read = (): Promise<unknown> => {
    if (!seen) {
      seen = then.call(page, (value) => value) as Promise<unknown>;
      watch.read(seen);
    }
    return seen;
  };
  // biome-ignore lint/suspicious/noThenProperty: the promise already has one, which ours replaces
  page.then = ((onValue, onError) => read().then(onValue, onError)) as ApiPromise['then'];
  page.catch = ((onError) => read().catch(onError)) as ApiPromise['catch'];
  page.finally = ((onEnd) => read().finally(onEnd)) as ApiPromise['finally'];
}
