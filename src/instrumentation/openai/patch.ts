import { diag } from '@opentelemetry/api';
import { watchCall } from './observe-call.ts';
import type { Operation } from './observer.ts';

type Method = (...args: unknown[]) => unknown;
type Holder = Record<string, unknown>;

/** Prototypes that were patched, with the methods as they were: ESM and CommonJS copies of openai have their own. */
const patched = new WeakMap<object, Set<string>>();

/**
 * Patches the leaf methods that the table names, on the prototypes of the resource classes, once for each class. The
 * classes hang on the client class as statics in every major (`OpenAI.Chat.Completions`).
 * @returns how many methods are watched now
 */
export function patchClass(clientClass: object, operations: readonly Operation[]): number {
  let watched = 0;
  for (const operation of operations) {
    const path = operation.path.split('.');
    const name = path.pop() ?? '';
    let holder: unknown = clientClass;
    for (const step of path) holder = (holder as Holder | undefined)?.[step.charAt(0).toUpperCase() + step.slice(1)];
    const prototype = (holder as { prototype?: Holder } | undefined)?.prototype;
    // Resources come and go over the majors: one that is not there is no fault.
    if (prototype && patchMethod(prototype, name, operation)) watched += 1;
  }
  if (watched === 0)
    diag.warn('spanport: this openai has none of the methods that are instrumented; no spans will be made');
  return watched;
}

function patchMethod(prototype: Holder, name: string, operation: Operation): boolean {
  const original = prototype[name];
  if (typeof original !== 'function') return false;
  const done = patched.get(prototype) ?? new Set();
  patched.set(prototype, done);
  if (done.has(name)) return true;
  done.add(name);
  const method = original as Method;
  const watching = {
    // A method by this name keeps its name and its arity for whoever asks.
    [name](this: object, ...args: unknown[]): unknown {
      return watchCall(method, this, args, operation);
    },
  }[name] as Method;
  Object.defineProperty(watching, 'length', { value: method.length, configurable: true });
  Object.defineProperty(prototype, name, { value: watching, writable: true, configurable: true, enumerable: false });
  return true;
}
