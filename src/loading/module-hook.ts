import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { diag } from '../diagnostics/diag.ts';
import { LOADED, loaderFor } from './module-loader.ts';
import { createRequire, nodeModule } from './node-module.ts';
import { builtFile } from './own-files.ts';
import { hookReads } from './read-hook.ts';
import { sharedState } from './shared-state.ts';
import { mayExportClient, type WatchedPackage } from './watched-package.ts';

/** @param name the package's own name, not an alias */
export type OnLoaded = (name: string, exports: unknown, version: string | undefined) => void;

/**
 * Calls back with every copy of the packages that the process loads from now on, by `import` or by `require`, and with
 * the CommonJS copies that it has loaded already.
 *
 * The general hooks of OpenTelemetry (`require-in-the-middle`, `import-in-the-middle`) run for every module of the
 * application, which costs tens of milliseconds, and wrap what is imported. This one watches a list of packages and
 * replaces nothing.
 */
export function hookModules(packages: readonly WatchedPackage[], onLoaded: OnLoaded): void {
  const hooked = sharedState('hooked packages', () => new Set<string>());
  if (packages.every(({ name }) => hooked.has(name))) return;
  for (const { name } of packages) hooked.add(name);
  const report = (name: string, exports: unknown, file: string | undefined): void => {
    try {
      onLoaded(name, exports, file && manifestBeside(file)?.version);
    } catch (error) {
      diag.error(`spanport: ${name} could not be instrumented`, error);
    }
  };
  hookCommonJs(packages, report);
  hookImport(packages, report);
  reportLoaded(packages, report);
}

/** `import()` as a parameter, because bundlers warn about an import of a file that they do not know. */
export type ImportModule = (url: string) => Promise<unknown>;

type Report = (name: string, exports: unknown, file: string | undefined) => void;

interface CompilingModule extends NodeJS.Module {
  _compile(content: string, filename: string, ...rest: unknown[]): unknown;
}

/** Every file is compiled exactly once, independent of its name and of the resolver that found it. */
function hookCommonJs(packages: readonly WatchedPackage[], report: Report): void {
  const prototype = nodeModule.Module.prototype as unknown as CompilingModule;
  const original = prototype._compile;
  if (typeof original !== 'function') return;
  prototype._compile = function _compile(content, filename, ...rest) {
    const result = original.call(this, content, filename, ...rest);
    const found = packages.find((each) => isClientFile(filename, content, each));
    if (found) report(found.name, this.exports, filename);
    return result;
  };
}

/** The loader's own functions, which other tools replace in the same way. */
interface CommonJsLoader {
  _load(request: string, ...rest: unknown[]): unknown;
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

/**
 * Where a hook in a thread gave a CommonJS file its source, as tsx does, Node 20 loads what that file requires by itself:
 * it calls the CommonJS resolver and then compiles past {@link hookCommonJs}. So the client's file is loaded in the
 * ordinary way as soon as it is resolved outside that loader.
 */
function hookResolving(packages: readonly WatchedPackage[]): void {
  const loader = nodeModule.Module as unknown as CommonJsLoader;
  const { _load, _resolveFilename } = loader;
  let loading = 0;
  loader._load = function load(...args) {
    loading += 1;
    try {
      return _load.apply(this, args);
    } finally {
      loading -= 1;
    }
  };
  loader._resolveFilename = function resolveFilename(...args) {
    const file = _resolveFilename.apply(this, args);
    const isPending = loading === 0 && isWatchedFile(file, packages) && createRequire(file).cache[file] === undefined;
    if (isPending) loader._load(file);
    return file;
  };
}

function isWatchedFile(file: string, packages: readonly WatchedPackage[]): boolean {
  return packages.some((each) => mayExportClient(file, each) && manifestBeside(file)?.name === each.name);
}

function isClientFile(filename: string, content: string, watched: WatchedPackage): boolean {
  return (
    mayExportClient(filename, watched) &&
    content.includes(watched.client) &&
    manifestBeside(filename)?.name === watched.name
  );
}

function hookImport(packages: readonly WatchedPackage[], report: Report): void {
  const loaded = (name: string, exports: unknown, url: string): void => report(name, exports, fileOf(url));
  Object.defineProperty(globalThis, LOADED, { value: loaded, configurable: true });
  unlessRefused(() => {
    const { registerHooks } = nodeModule as Partial<SyncHooks>;
    if (registerHooks && areSyncHooksSound()) registerHooks({ load: loaderFor(packages) });
    else if (!hookReads(packages, () => unlessRefused(() => registerLoader(packages)))) registerLoader(packages);
  });
}

/** Jest and other runtimes with a module system of their own refuse hooks. */
function unlessRefused(hook: () => void): void {
  try {
    hook();
  } catch (error) {
    diag.info('spanport: ES modules are not hooked: pass clients to instrumentOpenAI()', error);
  }
}

/** The loader runs in a thread. The first one of a process starts it, which takes 34 ms and 10 MB. */
function registerLoader(packages: readonly WatchedPackage[]): void {
  const loader = builtFile('module-loader.js');
  if (!loader) throw new Error('This is a bundle without chunks/module-loader.js.');
  nodeModule.register(loader, { data: packages });
  hookResolving(packages);
}

function fileOf(url: string): string | undefined {
  return url.startsWith('file:') ? fileURLToPath(url) : undefined;
}

interface SyncHooks {
  registerHooks(hooks: { readonly load: ReturnType<typeof loaderFor> }): void;
}

/**
 * Before these releases a synchronous hook may not return a CommonJS module as it got it.
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

/** CommonJS files that were compiled before the hook was there. */
function reportLoaded(packages: readonly WatchedPackage[], report: Report): void {
  for (const [filename, module] of Object.entries(commonJsCache())) {
    if (!module) continue;
    const found = packages.find((each) => mayExportClient(filename, each) && exportsClient(module, each));
    if (found && manifestBeside(filename)?.name === found.name) report(found.name, module.exports, filename);
  }
}

/** What the CommonJS files exported that are loaded and whose path matches. */
export function loadedCommonJs(path: RegExp): unknown[] {
  return Object.entries(commonJsCache()).flatMap(([file, module]) =>
    module && path.test(file) ? [module.exports] : [],
  );
}

function commonJsCache(): NodeJS.Require['cache'] {
  return createRequire(join(process.cwd(), 'index.js')).cache;
}

function exportsClient({ exports }: NodeJS.Module, { client }: WatchedPackage): boolean {
  try {
    return typeof (exports as Record<string, unknown>)[client] === 'function';
  } catch {
    // A getter of another package's module that throws.
    return false;
  }
}

/**
 * Reports the ES modules of the packages that the application imports, loading those that it has not loaded yet. For an
 * application whose own modules import `spanport/register`: it was linked as a whole before the hook was there.
 */
export async function importPackages(
  packages: readonly WatchedPackage[],
  importModule: ImportModule,
  onLoaded: OnLoaded,
): Promise<void> {
  for (const watched of packages) {
    for (const { file, version } of installedCopies(watched.name)) {
      const report = async (): Promise<void> => {
        try {
          onLoaded(watched.name, await importModule(pathToFileURL(file.replace(/\.js$/, '.mjs')).href), version);
          // Bun loads CommonJS without Node's loader, so the hooks do not see it.
          if ('bun' in process.versions) onLoaded(watched.name, createRequire(file)(file), version);
        } catch (error) {
          diag.debug(`spanport: ${file} could not be imported`, error);
        }
      };
      // After the modules of the application have run, because one of them may configure the package.
      if (version !== undefined && watched.configuredFirst?.test(version)) setImmediate(report);
      else await report();
    }
  }
}

interface InstalledCopy {
  readonly file: string;
  readonly version: string | undefined;
}

/** The copies that the main module of the application reaches by name, aliases included. */
function installedCopies(name: string): InstalledCopy[] {
  const main = createRequire(process.argv[1] ?? join(process.cwd(), 'index.js'));
  return [name, ...aliasesOf(name)].flatMap((alias) => {
    try {
      const file = main.resolve(alias);
      return [{ file, version: manifestBeside(file)?.version }];
    } catch {
      return [];
    }
  });
}

/** Names that the application's package.json gives a package: `"ai": "npm:openai@6"`. */
function aliasesOf(name: string): string[] {
  for (let folder = dirname(process.argv[1] ?? join(process.cwd(), 'index.js')); ; folder = dirname(folder)) {
    const manifest = manifestBeside(join(folder, 'index.js'));
    if (manifest) {
      return Object.entries({ ...manifest.devDependencies, ...manifest.dependencies }).flatMap(([alias, range]) =>
        String(range).startsWith(`npm:${name}@`) ? [alias] : [],
      );
    }
    if (dirname(folder) === folder) return [];
  }
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestBeside(file: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(dirname(file), 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}
