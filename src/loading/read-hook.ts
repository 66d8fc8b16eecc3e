import { subscribe } from 'node:diagnostics_channel';
import { promises } from 'node:fs';
import { URL } from 'node:url';
import { diag } from '../diagnostics/diag.ts';
import { linesFor } from './module-loader.ts';
import { mayExportClient, type WatchedPackage } from './watched-package.ts';

/**
 * The module hook of Node 20, where a loader of `module.register` would start a thread. Node 20 reads each ES module
 * with `fs.promises.readFile`, which it looks up for each file: that function adds the lines that the loader adds. This
 * is not documented, but Node 20 has reached its end, so it stays as it is in its last releases, which the tests run.
 *
 * A process that has such a thread, because another tool registered a loader, reads ES modules there.
 * @param onThread called when another tool starts that thread
 * @returns false where modules are read in another way; nothing is hooked then
 */
export function hookReads(packages: readonly WatchedPackage[], onThread: () => void): boolean {
  if (!areModulesReadHere()) return false;
  const { readFile } = promises;
  const reading = function (this: unknown, ...args: Parameters<typeof readFile>): ReturnType<typeof readFile> {
    const read = readFile.apply(this, args);
    const [file, options] = args;
    const isCandidate =
      options === undefined && file instanceof URL && packages.some((each) => mayExportClient(file.pathname, each));
    if (!isCandidate || !isCalledByLoader()) return read;
    return read.then((source) => withLines(packages, file, source));
  };
  try {
    Object.defineProperty(reading, 'name', { value: readFile.name, configurable: true });
    Object.defineProperty(reading, 'length', { value: readFile.length, configurable: true });
    promises.readFile = reading as typeof readFile;
  } catch (error) {
    diag.debug('spanport: fs.promises.readFile cannot be replaced', error);
    return false;
  }
  let isThreadKnown = false;
  subscribe('worker_threads', () => {
    if (isThreadKnown || !hasLoaderThread()) return;
    isThreadKnown = true;
    // The thread is being created: a second loader can be registered once the first one is.
    queueMicrotask(onThread);
  });
  return true;
}

function areModulesReadHere(): boolean {
  const { node, bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
  if (!node?.startsWith('20.') || bun !== undefined || deno !== undefined) return false;
  // With a policy a file is compared with its checksum after it was read.
  const options = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  return internalModules().length > 0 && !hasLoaderThread() && !options.includes('--experimental-policy');
}

/** Node loads this part of itself before it starts the thread in which loaders run. */
function hasLoaderThread(): boolean {
  return internalModules().includes('NativeModule internal/modules/esm/hooks');
}

function internalModules(): readonly string[] {
  return (process as { readonly moduleLoadList?: readonly string[] }).moduleLoadList ?? [];
}

/** An application that reads the same file gets it as it is on the disk. */
function isCalledByLoader(): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 8;
  const { stack } = new Error('read');
  Error.stackTraceLimit = stackTraceLimit;
  return String(stack).includes('node:internal/modules/esm/load:');
}

function withLines<T extends string | Uint8Array>(
  packages: readonly WatchedPackage[],
  { href }: URL,
  source: T,
): T | Buffer<ArrayBuffer> {
  try {
    const lines = linesFor(packages, href, String(source));
    return lines === undefined ? source : Buffer.concat([Buffer.from(source), Buffer.from(lines)]);
  } catch (error) {
    diag.error(`spanport: ${href} could not be hooked`, error);
    return source;
  }
}
