import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './log.ts';
import { replaceFile } from './own-file.ts';

/**
 * The id that a gateway writes into the marker against loops. It is random and kept in the data folder, because containers
 * often have equal host names and paths. A copied folder has the id of the original.
 */
export function gatewayIdOf(folder: string, log: Pick<Log, 'warn'>): string {
  const file = join(folder, 'gateway-id');
  const known = idIn(file);
  if (known !== undefined) return known;
  const id = randomBytes(8).toString('hex');
  try {
    replaceFile(file, id);
  } catch (error) {
    log.warn(
      `the gateway has another id at its next start, because its own was not stored: ${(error as Error).message}`,
    );
  }
  return id;
}

/** Undefined for a file that is missing or does not hold an id. */
function idIn(file: string): string | undefined {
  try {
    return /^[0-9a-f]{16}$/.exec(readFileSync(file, 'utf8').trim())?.[0];
  } catch {
    return undefined;
  }
}
