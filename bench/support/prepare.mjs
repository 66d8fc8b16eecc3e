/** Brings about what a run needs: the peers, installed as locked, and a copy of what was built that nobody rebuilds. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';

export const BENCH = fileURLToPath(new URL('..', import.meta.url));
export const REPOSITORY = join(BENCH, '..');
export const CACHE = join(REPOSITORY, '.cache');

/** Installs the peers unless they are there as the lockfile has them. */
export function installPeers() {
  const installed = join(BENCH, 'node_modules', '.package-lock.json');
  const lock = join(BENCH, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('Installing the peers (npm ci) …');
  npm(['ci', '--ignore-scripts'], BENCH);
}

/**
 * Builds Spanport and copies the result below the repository, where its dependencies are found.
 * @param {string} [from] a folder that is built already, in place of building: to compare two versions
 * @returns the folder of the copy, and what removes it
 */
export function buildSpanport(from) {
  if (!from) npm(['run', 'build'], REPOSITORY);
  mkdirSync(CACHE, { recursive: true });
  const copy = mkdtempSync(join(CACHE, 'bench-'));
  cpSync(from ?? join(REPOSITORY, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(REPOSITORY, 'package.json'), join(copy, 'package.json'));
  return { dist: join(copy, 'dist'), remove: () => rmSync(copy, { recursive: true, force: true }) };
}
