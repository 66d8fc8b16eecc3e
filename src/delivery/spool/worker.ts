/** The thread that writes: every commit, and every wait for the disk, happens here. */
import { parentPort, workerData } from 'node:worker_threads';
import { inside } from './gate.ts';
import { adoptProcessId } from './owner.ts';
import { SpoolFile } from './spool-file.ts';
import { createCalls } from './writer.ts';
import type { Reply, Request, ThreadSettings } from './writer-messages.ts';

const TIDY_MILLIS = 10_000;

const reply = (message: Reply): void => parentPort?.postMessage(message);
const { gate, processId, ...settings } = workerData as ThreadSettings;
adoptProcessId(processId);
const file = new SpoolFile({
  ...settings,
  isChecking: true,
  report: (report) => reply({ report }),
  onLost: (lost) => reply({ lost }),
});
const calls = createCalls(file);

const tidying = setInterval(() => {
  try {
    const totals = inside(gate, () =>
      file.run((outbox) => {
        outbox.release(false);
        outbox.tidy();
        return outbox.totals();
      }),
    );
    reply({ totals });
  } catch {
    // The disk is full or away: it shows in the next call.
  }
}, TIDY_MILLIS);

parentPort?.on('message', ({ id, method, args }: Request) => {
  try {
    // Both sides share the type `Calls`; a message carries no types.
    reply({ id, value: inside(gate, () => Reflect.apply(calls[method], calls, args)) });
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) });
  }
  if (method !== 'close') return;
  clearInterval(tidying);
  parentPort?.close();
});
