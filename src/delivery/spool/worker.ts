/** The thread that writes: every commit, and every wait for the disk, happens here. */
import { parentPort, workerData } from 'node:worker_threads';
import { inside } from './gate.ts';
import { keepHouse } from './housekeeping.ts';
import { adoptProcessId } from './owner.ts';
import { SpoolFile } from './spool-file.ts';
import { ATTEMPT_MILLIS, untilFree } from './until-free.ts';
import { createCalls } from './writer.ts';
import type { Reply, Request, ThreadSettings } from './writer-messages.ts';

const reply = (message: Reply): void => parentPort?.postMessage(message);
const { gate, processId, ...settings } = workerData as ThreadSettings;
adoptProcessId(processId);
const file = new SpoolFile({
  ...settings,
  isChecking: true,
  busyMillis: ATTEMPT_MILLIS,
  report: (report) => reply({ report }),
  onLost: (lost) => reply({ lost }),
});
const calls = createCalls(file);
const guarded = <T>(work: () => T): T => untilFree(() => inside(gate, work));

const endHousekeeping = keepHouse(file, reply, guarded);

parentPort?.on('message', ({ id, method, args }: Request) => {
  if (method === 'close') endHousekeeping();
  try {
    // Both sides share the type `Calls`; a message carries no types.
    reply({ id, value: guarded(() => Reflect.apply(calls[method], calls, args)) });
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) });
  }
  if (method !== 'close') return;
  // Deno's ports cannot be closed; in a thread, this ends nothing but the thread.
  if (parentPort?.close) parentPort.close();
  else process.exit();
});
