import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { userDataFolder } from './user-folders.ts';

/** How a running gateway is reached. Only its user can read the file that holds it. */
export interface DiscoveryRecord {
  readonly url: string;
  readonly nonce: string;
  readonly pid: number;
  readonly token?: string;
}

/**
 * Always here, wherever the gateway keeps its data: applications look for it. Undefined for a user without a home folder,
 * whose gateway has to be named.
 */
export function discoveryFile(environment: Environment): string | undefined {
  try {
    return join(userDataFolder(environment), 'gateway.json');
  } catch {
    return undefined;
  }
}

/** Undefined if no gateway runs, or if another user could have written the file. */
export function readDiscovery(file: string | undefined): DiscoveryRecord | undefined {
  if (file === undefined) return undefined;
  try {
    const { uid, mode } = statSync(file);
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
    if (!isOwn) return undefined;
    const record = JSON.parse(readFileSync(file, 'utf8')) as Partial<DiscoveryRecord>;
    const isWhole =
      typeof record.url === 'string' && typeof record.nonce === 'string' && typeof record.pid === 'number';
    return isWhole ? (record as DiscoveryRecord) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A gateway's answer to a challenge. Only the gateway knows the nonce, so a process that took over its port cannot
 * answer.
 */
export function proofOf(nonce: string, challenge: string): string {
  // Not imported, because few processes look for a gateway and an import would be loaded by every start.
  return process.getBuiltinModule('node:crypto').createHmac('sha256', nonce).update(challenge).digest('hex');
}
