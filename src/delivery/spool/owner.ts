import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';

const PROCESS_ID = Symbol.for('spanport.spool.process');

/** Names this process, for good: `boot pid random`. All copies of this module in one process agree on it. */
export function ownerOf(clock: Clock): string {
  const shared = globalThis as { [PROCESS_ID]?: string };
  shared[PROCESS_ID] ??= randomUUID();
  return `${clock.boot} ${process.pid} ${shared[PROCESS_ID]}`;
}

/** Whether that owner is surely gone. One of another machine, or of this process's namesakes, may be alive. */
export function isDead(owner: string, self: string): boolean {
  if (owner === self) return false;
  const [boot, pid] = owner.split(' ');
  const [ownBoot, ownPid] = self.split(' ');
  if (boot !== ownBoot) return false;
  // A container's first process is number 1 each time: who had our number before us is gone.
  if (pid === ownPid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
