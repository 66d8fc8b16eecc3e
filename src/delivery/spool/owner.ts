import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';

const MAX_PROCESS_ID = 0x7fff_ffff;
const PROCESS_ID = Symbol.for('spanport.spool.process');

/** The random part of this process's name. Copies of this module in one thread share it; other threads receive it. */
export function processId(): string {
  const shared = globalThis as { [PROCESS_ID]?: string };
  shared[PROCESS_ID] ??= process.getBuiltinModule('node:crypto').randomUUID();
  return shared[PROCESS_ID];
}

/** For a thread that works for another one: both have the same name, or each would treat the other as dead. */
export function adoptProcessId(id: string): void {
  (globalThis as { [PROCESS_ID]?: string })[PROCESS_ID] = id;
}

/** A name of this process that no other process ever has: `boot pid start random`. */
export function ownerOf(clock: Clock): string {
  return `${clock.boot} ${process.pid} ${startOf(process.pid)} ${processId()}`;
}

/** The boot of the machine that the owner ran in. */
export function bootOf(owner: string): string {
  return owner.slice(0, owner.indexOf(' '));
}

/** Whether that owner is certainly dead. An owner on another machine, or in another thread of this process, may be alive. */
export function isDead(owner: string, self: string): boolean {
  if (owner === self) return false;
  const [boot = '', pid, start] = owner.split(' ');
  if (boot !== bootOf(self)) return isEarlierBoot(boot, bootOf(self));
  const id = Number(pid);
  // A bit of the owner has flipped: no process has such an id.
  if (!Number.isInteger(id) || id < 1 || id > MAX_PROCESS_ID) return true;
  try {
    process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  // Process ids are reused, and the first process of a container always has id 1.
  return start !== startOf(id);
}

/** Whether the machine has started again since. Machines that share a directory have names of their own. */
function isEarlierBoot(boot: string, current: string): boolean {
  const [machine, id] = boot.split('/');
  const [here, currentId] = current.split('/');
  // Where the system does not name its boots, nothing is known.
  return machine === here && id !== undefined && currentId !== undefined && id !== currentId;
}

/** When a process started, in ticks since the boot; `-` where the system does not report it. */
function startOf(pid: number): string {
  try {
    // Fields are counted behind the name, which may hold blanks and parentheses: this is field 22 of proc(5).
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}
