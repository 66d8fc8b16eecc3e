/**
 * Module hooks that tell when `openai` is loaded as an ES module. They add two lines to the end of its entry file and
 * wrap nothing: the methods are patched in place. Run in the main thread by `module.registerHooks`, or in a thread of
 * their own by `module.register`, where a result may be a promise.
 */
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module';

/** The global function that is called with what was loaded, and the URL of the file. */
export const LOADED: unique symbol = Symbol.for('spanport.openai.loaded');

type MaybePromise<T> = T | Promise<T>;

const ENTRY = /\/node_modules\/openai\/index\.mjs$/;
/** Entry files outside a `node_modules` folder, such as a linked checkout, are known by who asked for them. */
const linked = new Set<string>();

export function resolve(
  specifier: string,
  context: ResolveHookContext,
  next: (specifier: string, context: ResolveHookContext) => MaybePromise<ResolveFnOutput>,
): MaybePromise<ResolveFnOutput> {
  const resolved = next(specifier, context);
  return specifier === 'openai' ? then(resolved, noted) : resolved;
}

export function load(
  url: string,
  context: LoadHookContext,
  next: (url: string, context: LoadHookContext) => MaybePromise<LoadFnOutput>,
): MaybePromise<LoadFnOutput> {
  const loaded = next(url, context);
  return ENTRY.test(url) || linked.has(url) ? then(loaded, (module) => telling(url, module)) : loaded;
}

function noted(resolved: ResolveFnOutput): ResolveFnOutput {
  linked.add(resolved.url);
  return resolved;
}

function telling(url: string, loaded: LoadFnOutput): LoadFnOutput {
  const { format, source } = loaded;
  if (format !== 'module' || !source) return loaded;
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  // Another copy of this package was here.
  if (text.includes('spanport$openai')) return loaded;
  return {
    ...loaded,
    source: `${text}
import * as spanport$openai from ${JSON.stringify(url)};
globalThis[Symbol.for(${JSON.stringify(LOADED.description)})]?.(spanport$openai, import.meta.url);
`,
  };
}

/** The synchronous hooks must not make a promise of what is none. */
function then<T>(value: MaybePromise<T>, work: (value: T) => T): MaybePromise<T> {
  return value instanceof Promise ? value.then(work) : work(value);
}
