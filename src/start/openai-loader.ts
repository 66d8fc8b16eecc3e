/**
 * The module hook that tells when `openai` is loaded as an ES module. It adds two lines to the end of its entry file and
 * wraps nothing: the methods are patched in place. Run in the main thread by `module.registerHooks`, or in a thread of
 * its own by `module.register`, where a result may be a promise. There is no `resolve` hook: it would meet every
 * `require` of the application, too.
 */
import { readFileSync } from 'node:fs';
import type { LoadFnOutput, LoadHookContext } from 'node:module';

/** The global function that is called with what was loaded, and the URL of the file. */
export const LOADED: unique symbol = Symbol.for('spanport.openai.loaded');

type MaybePromise<T> = T | Promise<T>;

const INSTALLED = /\/node_modules\/openai\/index\.mjs$/;

export function load(
  url: string,
  context: LoadHookContext,
  next: (url: string, context: LoadHookContext) => MaybePromise<LoadFnOutput>,
): MaybePromise<LoadFnOutput> {
  const loaded = next(url, context);
  return isEntry(url) ? then(loaded, (module) => telling(url, module)) : loaded;
}

function isEntry(url: string): boolean {
  return INSTALLED.test(url) || (url.endsWith('/index.mjs') && !url.includes('/node_modules/') && isCheckout(url));
}

/** A copy that is linked in lies in a folder of any name. */
function isCheckout(url: string): boolean {
  try {
    const manifest: { name?: unknown } = JSON.parse(readFileSync(new URL('package.json', url), 'utf8'));
    return manifest.name === 'openai';
  } catch {
    return false;
  }
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

/** The synchronous hook must not make a promise of what is none. */
function then<T>(value: MaybePromise<T>, work: (value: T) => T): MaybePromise<T> {
  return value instanceof Promise ? value.then(work) : work(value);
}
