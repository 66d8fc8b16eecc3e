/** The thread that writes: every commit, and every wait for the disk, happens here. */
import { parentPort, workerData } from 'node:worker_threads';
import { inside } from './gate.ts';
import { adoptProcessId } from './owner.ts';
import { SpoolFile } from './spool-file.ts';
import type { Calls, Reply, Request, WorkerSettings } from './worker-messages.ts';

const TIDY_MILLIS = 10_000;
const TOTALS_MILLIS = 100;

const reply = (message: Reply): void => parentPort?.postMessage(message);
const { gate, ...settings } = workerData as WorkerSettings;
adoptProcessId(settings.processId);
const file = new SpoolFile({ ...settings, report: (report) => reply({ report }) });
let totalsTimer: NodeJS.Timeout | undefined;

const calls: Calls = {
  append: (records) => file.append(records),
  take: (...args) => file.run((outbox) => outbox.take(...args)),
  delivered: (...args) => file.run((outbox) => outbox.delivered(...args)),
  rejected: (...args) => file.run((outbox) => outbox.rejected(...args)),
  giveBack: (...args) => file.run((outbox) => outbox.giveBack(...args)),
  hurry: (...args) => file.run((outbox) => outbox.hurry(...args)),
  close(isClean): void {
    clearInterval(tidying);
    clearTimeout(totalsTimer);
    file.run((outbox) => outbox.release(true));
    reply({ totals: file.run((outbox) => outbox.totals()) });
    file.close(isClean);
    parentPort?.close();
  },
};

const tidying = setInterval(() => {
  quietly(() =>
    file.run((outbox) => {
      outbox.release(false);
      outbox.tidy();
    }),
  );
  sendTotals();
}, TIDY_MILLIS);

parentPort?.on('message', ({ id, method, args }: Request) => {
  try {
    // Both sides share the type `Calls`; a message carries no types.
    const value = inside(gate, () => Reflect.apply(calls[method], calls, args));
    // Totals go first, so that whoever waited for the reply sees them.
    if (method === 'append') sendTotals();
    else if (method !== 'close') totalsTimer ??= setTimeout(sendTotals, TOTALS_MILLIS);
    reply({ id, value });
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) });
  }
});

function sendTotals(): void {
  clearTimeout(totalsTimer);
  totalsTimer = undefined;
  quietly(() => reply({ totals: file.run((outbox) => outbox.totals()) }));
}

/** Nobody waits for these; what is wrong shows in the next call. */
function quietly(work: () => void): void {
  try {
    inside(gate, work);
  } catch {
    // The disk is full or away.
  }
}
