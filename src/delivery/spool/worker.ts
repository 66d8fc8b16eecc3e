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

let isAdopting = false;
let isClosing = false;

/** Looks for what others left, in turns of its own, so that commits come in between. */
function adopt(): void {
  if (isAdopting) return;
  isAdopting = true;
  setImmediate(adoptNext);
}

function adoptNext(): void {
  isAdopting = false;
  if (isClosing) return;
  try {
    const adopted = inside(gate, () => file.adopt());
    if (!adopted) return;
    reply({ totals: adopted.totals, dropped: adopted.dropped });
    adopt();
  } catch {
    // The disk is full or away: it shows in the next call.
  }
}

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
    adopt();
  } catch {
    // As above.
  }
}, TIDY_MILLIS);

parentPort?.on('message', ({ id, method, args }: Request) => {
  isClosing = method === 'close';
  try {
    // Both sides share the type `Calls`; a message carries no types.
    reply({ id, value: inside(gate, () => Reflect.apply(calls[method], calls, args)) });
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) });
  }
  if (!isClosing) return;
  clearInterval(tidying);
  parentPort?.close();
});
adopt();
