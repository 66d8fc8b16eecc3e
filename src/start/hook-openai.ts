import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diag } from '@opentelemetry/api';
import { LOADED, load } from './openai-loader.ts';

type OnLoaded = (openai: unknown, version: string | undefined) => void;

/**
 * Calls back with every copy of `openai` that the process loads from now on, by `import` or by `require`.
 *
 * The general hooks of OpenTelemetry (`require-in-the-middle`, `import-in-the-middle`) look at every module of the
 * application, which costs tens of milliseconds, and put a wrapper around what is imported. Here one package is
 * watched, and nothing is replaced.
 */
export function hookOpenAI(onLoaded: OnLoaded): void {
  const tell = (openai: unknown, file: string | undefined): void => {
    try {
      onLoaded(openai, file && versionOf(file));
    } catch (error) {
      diag.error('spanport: openai could not be instrumented', error);
    }
  };
  hookRequire(tell);
  hookImport(tell);
}

/** `openai` and its main file under any name that `require` takes. */
const REQUESTED = /^openai(\/index(\.js)?)?$|[\\/]node_modules[\\/]openai([\\/]index(\.js)?)?$/;

function hookRequire(tell: (openai: unknown, file: string | undefined) => void): void {
  const prototype = Module.prototype as { require(this: NodeJS.Module, id: string): unknown };
  const original = prototype.require;
  const told = new Set<unknown>();
  prototype.require = function require(...args) {
    const loaded = original.apply(this, args);
    if (REQUESTED.test(args[0]) && !told.has(loaded)) {
      told.add(loaded);
      tell(loaded, fileOf(args[0], this));
    }
    return loaded;
  };
}

function fileOf(request: string, parent: NodeJS.Module): string | undefined {
  try {
    return createRequire(parent.filename).resolve(request);
  } catch {
    // A parent that is no file, such as the REPL's.
    return undefined;
  }
}

function hookImport(tell: (openai: unknown, file: string | undefined) => void): void {
  const loaded = (openai: unknown, url: string): void =>
    tell(openai, url.startsWith('file:') ? fileURLToPath(url) : undefined);
  Object.defineProperty(globalThis, LOADED, { value: loaded, configurable: true });
  const { registerHooks } = Module as Partial<SyncHooks>;
  if (registerHooks && areSyncHooksSound()) registerHooks({ load });
  else Module.register(new URL('./openai-loader.js', import.meta.url));
}

interface SyncHooks {
  registerHooks(hooks: { readonly load: typeof load }): void;
}

/**
 * Before these releases a synchronous hook may not hand back a CommonJS module as it got it.
 * @see https://github.com/nodejs/node/pull/59929
 */
function areSyncHooksSound(): boolean {
  const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map(Number);
  const isFrom = (m: number, p: number): boolean => minor > m || (minor === m && patch >= p);
  if (major === 22) return isFrom(22, 3);
  if (major === 24) return isFrom(11, 1);
  if (major === 25) return isFrom(1, 0);
  return major >= 26;
}

function versionOf(file: string): string | undefined {
  try {
    const manifest: { version?: unknown } = JSON.parse(readFileSync(join(dirname(file), 'package.json'), 'utf8'));
    return typeof manifest.version === 'string' ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}
