/** The thread that writes: every commit, and every wait for the disk, happens here. */
import { parentPort, workerData } from 'node:worker_threads';
import { SpoolFile } from './spool-file.ts';
import type { Calls, Reply, Request, WorkerSettings } from './worker-messages.ts';

const TIDY_MILLIS = 10_000;
const TOTALS_MILLIS = 100;

const reply = (message: Reply): void => parentPort?.postMessage(message);
const file = new SpoolFile({ ...(workerData as WorkerSettings), report: (report) => reply({ report }) });
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
    sendTotals();
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
    const value = Reflect.apply(calls[method], calls, args);
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
    work();
  } catch {
    // The disk is full or away.
  }
}
