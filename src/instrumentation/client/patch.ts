import { diag } from '../../diagnostics/diag.ts';
import { sharedState } from '../../loading/shared-state.ts';
import type { Adaptation, Operation } from './observer.ts';
import { watchCall } from './watch-call.ts';

type Method = (...args: unknown[]) => unknown;
type Holder = Record<string, unknown>;

/**
 * Prototypes that were patched, with the names of their patched methods. The ESM and CommonJS copies of a package have
 * separate prototypes.
 */
const patched = sharedState('patched methods', () => new WeakMap<object, Set<string>>());

/** Marks a patched method, for copies of this package that share no state with this one. */
const PATCHED: unique symbol = Symbol.for('spanport.patched');

const patchedClasses = sharedState('patched classes', () => ({ count: 0 }));

/** Whether any class in this process is instrumented. */
export function isAnyClassPatched(): boolean {
  return patchedClasses.count > 0;
}

/**
 * Patches the methods listed in the tables, on the prototypes of the resource classes, once for each class.
 * @returns the number of methods that are watched now
 */
export function patchClass(
  clientClass: object,
  operations: readonly Operation[],
  adaptations: readonly Adaptation[],
): number {
  let watched = 0;
  for (const operation of operations) {
    const isThere = patchMethod(
      clientClass,
      operation.path,
      (original) => (resource, args) => watchCall(original, resource, args, operation),
    );
    if (isThere) watched += 1;
  }
  for (const { path, adapt } of adaptations) {
    patchMethod(
      clientClass,
      path,
      (original) => (resource, args) => original.apply(resource, adapted(args, adapt, path)),
    );
  }
  if (watched > 0) patchedClasses.count += 1;
  return watched;
}

const warnings = new Set<string>();

function warnOnce(message: string): void {
  if (warnings.has(message)) return;
  warnings.add(message);
  diag.warn(message);
}

function adapted(args: unknown[], adapt: Adaptation['adapt'], path: string): unknown[] {
  try {
    return [...adapt(args)];
  } catch (error) {
    diag.error(`spanport: ${path} could not be adapted`, error);
    return args;
  }
}

function patchMethod(
  clientClass: object,
  path: string,
  wrap: (original: Method) => (resource: object, args: unknown[]) => unknown,
): boolean {
  const [name = '', ...holders] = path.split('.').reverse();
  const prototype = prototypeAt(clientClass, holders.reverse());
  const original = prototype?.[name];
  // Methods are added and removed between major versions, so a missing one is not an error.
  if (!prototype || typeof original !== 'function') return false;
  const done = patched.get(prototype) ?? new Set();
  patched.set(prototype, done);
  if (done.has(name)) return true;
  done.add(name);
  if (PATCHED in original) {
    warnOnce(
      'spanport: another version of spanport has patched this openai, and records its calls in place of this one',
    );
    return true;
  }
  const call = wrap(original as Method);
  const watching = {
    // A computed method name gives the wrapper the name of the original.
    [name](this: object, ...args: unknown[]): unknown {
      return call(this, args);
    },
  }[name] as Method;
  Object.defineProperty(watching, PATCHED, { value: true });
  Object.defineProperty(watching, 'length', { value: original.length, configurable: true });
  Object.defineProperty(prototype, name, { value: watching, writable: true, configurable: true, enumerable: false });
  return true;
}

/**
 * The prototype of the resource at this path of a client. Most resource classes are static properties of the client
 * class (`OpenAI.Chat.Completions`). The few others (openai 4: `beta.chat`) are found on a temporary instance of the
 * resource above them.
 */
function prototypeAt(clientClass: object, path: readonly string[]): Holder | undefined {
  let found: unknown = clientClass;
  for (const [index, step] of path.entries()) {
    const next = (found as Holder | undefined)?.[step.charAt(0).toUpperCase() + step.slice(1)];
    if (typeof next !== 'function') return index === 0 ? undefined : prototypeOnInstance(found, path.slice(index));
    found = next;
  }
  return (found as { prototype?: Holder }).prototype;
}

function prototypeOnInstance(resourceClass: unknown, path: readonly string[]): Holder | undefined {
  try {
    // The constructor of a resource only stores the client and creates the resources below it.
    let found: unknown = new (resourceClass as new (client: undefined) => object)(undefined);
    for (const step of path) found = (found as Holder)[step];
    return Object.getPrototypeOf(found) as Holder;
  } catch {
    return undefined;
  }
}
