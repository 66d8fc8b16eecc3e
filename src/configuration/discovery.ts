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

/** Always here, wherever the gateway keeps its data: applications look for it. */
export function discoveryFile(environment: Environment): string {
  return join(userDataFolder(environment), 'gateway.json');
}

/** Undefined when there is no gateway, or when the file could have been written by another user. */
export function readDiscovery(file: string): DiscoveryRecord | undefined {
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

/** What a gateway answers to a challenge: it has the nonce, and whoever else takes its port does not. */
export function proofOf(nonce: string, challenge: string): string {
  // Imported, this module would load with every start, and few processes look for a gateway.
  return process.getBuiltinModule('node:crypto').createHmac('sha256', nonce).update(challenge).digest('hex');
}
