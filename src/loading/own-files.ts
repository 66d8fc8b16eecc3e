import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from './node-module.ts';
import { VERSION } from './version.ts';

/**
 * The URL of the file that runs this code. A bundler that writes CommonJS leaves `import.meta` empty; `__filename` then
 * names the bundle.
 */
export const moduleUrl: string = import.meta.url ?? pathToFileURL(__filename).href;

/** Where built files are, seen from the ES modules, from the CommonJS build, and from a TypeScript source under test. */
const FOLDERS = ['./', '../../chunks/', '../../dist/chunks/'];

/**
 * A built file of this package that a thread loads by its path. Undefined where it cannot be found, as in a bundle that
 * was copied to a machine without `node_modules`.
 */
export function builtFile(name: string): URL | undefined {
  return FOLDERS.map((folder) => new URL(`${folder}${name}`, moduleUrl)).find(exists) ?? installedFile(name);
}

/** The file of the installed package, for a bundle that runs next to `node_modules`. */
function installedFile(name: string): URL | undefined {
  for (const from of [moduleUrl, join(process.cwd(), 'index.js')]) {
    try {
      const manifest = createRequire(from).resolve('spanport/package.json');
      // The messages between a thread and its owner may differ in another version.
      if ((JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version !== VERSION) continue;
      const file = new URL(`./dist/chunks/${name}`, pathToFileURL(manifest));
      if (exists(file)) return file;
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

function exists(file: URL): boolean {
  return file.protocol === 'file:' && existsSync(file);
}
