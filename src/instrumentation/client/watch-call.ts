import { context, diag } from '@opentelemetry/api';
import type { CallObserver, OpenAIClientLike, Operation } from './observer.ts';
import { type Transform, Watch } from './watch.ts';

type Method = (...args: unknown[]) => unknown;

/**
 * Calls the original once, with the same `this` and arguments, and gives back the very object that it gave. The SDK
 * parses an answer lazily and once, when its promise is first looked at; so do we look: `parse` is the one place that
 * every look passes, and it is patched on the promise's class.
 */
export function watchCall(original: Method, resource: object, args: unknown[], operation: Operation): unknown {
  let observer: CallObserver | undefined;
  try {
    observer = operation.observe({ resource, client: clientOf(resource), args });
  } catch (error) {
    diag.error(`spanport: ${operation.path} could not be observed`, error);
  }
  if (!observer) return original.apply(resource, args);

  const watch = new Watch(observer);
  const given = (observer.args ?? args) as unknown[];
  let result: unknown;
  try {
    result = observer.context
      ? context.with(observer.context, () => original.apply(resource, given))
      : original.apply(resource, given);
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

function clientOf(resource: object): OpenAIClientLike {
  const { _client, client } = resource as { _client?: OpenAIClientLike; client?: OpenAIClientLike };
  return _client ?? client ?? {};
}

/** The SDK's promise, as far as its majors agree. */
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
    // No major returns anything else; should one do so, its answers are not understood and the span says that it was made.
    diag.warn('spanport: openai answered with no APIPromise; the answer is not read');
    watch.end({ kind: 'complete' });
    return;
  }
  patchPromiseClass(result);
  result[WATCH] = watch;
  watch.endWhenForgotten(result);
  if (Object.hasOwn(result, 'then')) watchOwnThen(result, watch);
  if (Object.hasOwn(result, '_thenUnwrap')) result._thenUnwrap = unwrapping(result._thenUnwrap, watch);
}

/** Patches the class of the SDK's promises, where `parse`, `asResponse` and `_thenUnwrap` lie in every major. */
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
      // Whoever takes the raw response reads its body alone; the span ends when the headers are there.
      if (watch && !watch.isRead) {
        response.then(
          () => watch.isRead || watch.end({ kind: 'complete' }),
          (error: unknown) => watch.fail(error),
        );
      }
      return response;
    },
    _thenUnwrap(this: ApiPromise, transform: Transform): ApiPromise {
      const watch = this[WATCH];
      return watch
        ? handOver(_thenUnwrap.call(this, watch.seeing(transform)), watch)
        : _thenUnwrap.call(this, transform);
    },
  };
  for (const [name, value] of Object.entries(watching)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** The promise that `_thenUnwrap` makes parses for itself: it is the one to be watched from then on. */
function handOver(child: ApiPromise, watch: Watch): ApiPromise {
  child[WATCH] = watch;
  watch.endWhenForgotten(child);
  if (Object.hasOwn(child, '_thenUnwrap')) child._thenUnwrap = unwrapping(child._thenUnwrap, watch);
  return child;
}

/** From openai 7.5 on, promises carry a `_thenUnwrap` of their own. */
function unwrapping(original: ApiPromise['_thenUnwrap'], watch: Watch): ApiPromise['_thenUnwrap'] {
  return (transform) => handOver(original(watch.seeing(transform)), watch);
}

/** From openai 7.5 on, the promises of lists have methods of their own that lead to a hidden promise. */
function watchOwnThen(page: ApiPromise, watch: Watch): void {
  const then = page.then;
  let seen: Promise<unknown> | undefined;
  const look = (): Promise<unknown> => {
    if (!seen) {
      seen = then((value) => value);
      watch.read(seen);
    }
    return seen;
  };
  // biome-ignore lint/suspicious/noThenProperty: it has one already, and ours takes its place
  page.then = ((onValue, onError) => look().then(onValue, onError)) as ApiPromise['then'];
  page.catch = ((onError) => look().catch(onError)) as ApiPromise['catch'];
  page.finally = ((onEnd) => look().finally(onEnd)) as ApiPromise['finally'];
}
