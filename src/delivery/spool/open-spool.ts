import { resolve } from 'node:path';
import { systemClock, within } from '../clock.ts';
import { Spool } from './spool.ts';
import type { SpoolParts, SpoolSettings } from './spool-settings.ts';

const spools = new Map<string, Spool>();

/** The spool of a directory, shared by its destinations. The settings of the first one apply. */
export function openSpool(settings: SpoolSettings, parts: SpoolParts = {}): Spool {
  const dir = resolve(settings.dir);
  const spool = spools.get(dir) ?? new Spool({ ...settings, dir }, { ...parts, onLeave: () => spools.delete(dir) });
  spools.set(dir, spool);
  return spool;
}

/**
 * Resolves once the outcomes that this process knows are in the spool of a directory, or after this time. Its files
 * then show all dead letters and all that was delivered.
 */
export async function outcomesStored(dir: string, timeoutMillis: number): Promise<void> {
  const spool = spools.get(resolve(dir));
  if (spool) await within(systemClock, timeoutMillis, spool.outcomesStored());
}
