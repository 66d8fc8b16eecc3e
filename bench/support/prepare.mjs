/** Brings about what a run needs: the peers, installed as locked, and a copy of what was built that nobody rebuilds. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDist } from '../../scripts/build-dist.mjs';
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
 * Builds Spanport into a folder below the repository, where its dependencies are found and no other build overwrites it.
 * Next to what is published it has the recorder, with which the benchmark makes the spans of calls without calls.
 * @param {string} [from] a folder that is built already, in place of building: to compare two versions
 * @returns the folder of the copy, and what removes it
 */
export async function buildSpanport(from) {
  mkdirSync(CACHE, { recursive: true });
  const copy = mkdtempSync(join(CACHE, 'bench-'));
  const dist = join(copy, 'dist');
  cpSync(join(REPOSITORY, 'package.json'), join(copy, 'package.json'));
  if (from) cpSync(from, dist, { recursive: true });
  else await buildDist(dist, { recorder: 'src/instrumentation/active-recorders.ts' });
  return { dist, remove: () => rmSync(copy, { recursive: true, force: true }) };
}
