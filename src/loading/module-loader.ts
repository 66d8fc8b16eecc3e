/**
 * The module hook that reports when a watched package is loaded as an ES module. It adds a line or two to the end of
 * the file that exports the client class and wraps nothing: methods are patched in place. `module.registerHooks` runs it in
 * the main thread, `module.register` in a thread of its own, where a result may be a promise. There is no `resolve`
 * hook, because that would also run for every `require` of the application.
 */
import { readFileSync } from 'node:fs';
import type { LoadFnOutput, LoadHookContext } from 'node:module';
import { mayExportClient, type WatchedPackage } from './watched-package.ts';

/** The global function that is called with the package's name, what the file exports, and its URL. */
export const LOADED: unique symbol = Symbol.for('spanport.loaded');

type MaybePromise<T> = T | Promise<T>;
type Load = (
  url: string,
  context: LoadHookContext,
  next: (url: string, context: LoadHookContext) => MaybePromise<LoadFnOutput>,
) => MaybePromise<LoadFnOutput>;

/** `module.register` passes its `data` here. */
export function initialize(packages: readonly WatchedPackage[]): void {
  registered.packages = packages;
}

const registered: { packages: readonly WatchedPackage[] } = { packages: [] };

export const load: Load = (url, context, next) => loadWatching(registered.packages, url, context, next);

/** The hook for the main thread. */
export function loaderFor(packages: readonly WatchedPackage[]): Load {
  return (url, context, next) => loadWatching(packages, url, context, next);
}

function loadWatching(
  packages: readonly WatchedPackage[],
  ...[url, context, next]: Parameters<Load>
): ReturnType<Load> {
  const loaded = next(url, context);
  const candidates = packages.filter((each) => mayExportClient(pathOf(url), each));
  return candidates.length === 0 ? loaded : then(loaded, (module) => reporting(candidates, url, module));
}

/** Without the query that other loaders add. */
function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

function reporting(candidates: readonly WatchedPackage[], url: string, loaded: LoadFnOutput): LoadFnOutput {
  const { format, source } = loaded;
  // A CommonJS file has a source here when another hook provided it; otherwise it is compiled elsewhere.
  if (!source || (format !== 'module' && format !== 'commonjs')) return loaded;
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  const found = watchedIn(candidates, text, manifestBeside(url));
  return found ? { ...loaded, source: `${text}\n${reportFrom(format, found.name, url)}` } : loaded;
}

/** The lines to add to a file that is read for `import`. Undefined for all but the ES modules that export a client. */
export function linesFor(packages: readonly WatchedPackage[], url: string, text: string): string | undefined {
  const candidates = packages.filter((each) => mayExportClient(pathOf(url), each));
  const manifest = candidates.length > 0 ? manifestBeside(url) : undefined;
  const isModule = pathOf(url).endsWith('.mjs') || manifest?.type === 'module';
  const found = isModule ? watchedIn(candidates, text, manifest) : undefined;
  return found && `\n${reportFrom('module', found.name, url)}`;
}

function watchedIn(
  candidates: readonly WatchedPackage[],
  text: string,
  manifest: Manifest | undefined,
): WatchedPackage | undefined {
  // Another copy of this package added its lines already.
  if (text.includes('spanport$loaded')) return undefined;
  return candidates.find(({ client, name }) => text.includes(client) && manifest?.name === name);
}

/** The lines that report what a file exports. */
function reportFrom(format: 'module' | 'commonjs', name: string, url: string): string {
  const imports = format === 'module' ? `import * as spanport$loaded from ${JSON.stringify(url)};\n` : '';
  const exported = format === 'module' ? 'spanport$loaded' : 'module.exports/* spanport$loaded */';
  const report = `globalThis[Symbol.for(${JSON.stringify(LOADED.description)})]`;
  return `${imports}${report}?.(${JSON.stringify(name)}, ${exported}, ${JSON.stringify(pathOf(url))});\n`;
}

interface Manifest {
  readonly name?: unknown;
  readonly type?: unknown;
}

/** A package is known by its package.json, since an alias or a linked checkout is in a folder of any name. */
function manifestBeside(url: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(new URL('package.json', pathOf(url)), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** The synchronous hook must not turn a plain result into a promise. */
function then<T>(value: MaybePromise<T>, work: (value: T) => T): MaybePromise<T> {
  return value instanceof Promise ? value.then(work) : work(value);
}
