import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasSqlite } from '../sqlite/driver.ts';
import type { SpoolSettings } from './settings.ts';

/**
 * The spool settings that work on this machine and in this thread. A directory that cannot be written must not stop the
 * application, so records then stay in memory and one line reports it.
 */
export function usableSpool(
  spool: SpoolSettings | undefined,
  warn: (message: string) => void,
): SpoolSettings | undefined {
  if (!spool) return undefined;
  const problem = spoolProblem(spool.dir);
  if (problem === undefined) return { ...spool, durability: durabilityHere(spool.durability) };
  warn(`records are kept in memory, not on disk: ${problem}`);
  return undefined;
}

/**
 * In a worker thread always `sync`: `terminate()` ends the thread without running any more of its code, so a record
 * must not wait there.
 */
export function durabilityHere(durability: SpoolSettings['durability']): SpoolSettings['durability'] {
  return process.getBuiltinModule('node:worker_threads').isMainThread ? durability : 'sync';
}

/** Why a directory cannot be used for a spool, and what to do; undefined if it can. */
export function spoolProblem(dir: string): string | undefined {
  if (!hasSqlite()) return `Node ${process.versions.node} has no SQLite. Run npm i libsql, or use Node 22.13 or newer.`;
  try {
    makeDirectory(dir);
    const probe = join(dir, `.writable-${process.pid}`);
    closeSync(openSync(probe, 'w', 0o600));
    rmSync(probe, { force: true });
    return undefined;
  } catch (error) {
    return `the spool directory ${dir} cannot be written (${codeOf(error)}). Set SPANPORT_SPOOL_DIR to a directory that this user can write.`;
  }
}

/** Creates each level separately, because Node 20 never returns from `recursive` for a path below /proc. */
function makeDirectory(dir: string): void {
  if (existsSync(dir)) return;
  const parent = dirname(dir);
  if (parent !== dir) makeDirectory(parent);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another process has created it in the meantime.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
