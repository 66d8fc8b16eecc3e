import { once } from 'node:events';
import { parentPort, Worker as Thread } from 'node:worker_threads';
import { Failure } from './failure.ts';
import { untilSignal } from './until-signal.ts';

/**
 * V8 sizes a heap by the memory of the machine: on a large one it lets the heap grow to four times of what is alive before
 * it collects garbage. Below 2 GB it is twice at most. What is alive has bounds of its own, and is far below the limit.
 */
const LIMITS = { maxYoungGenerationSizeMb: 48, maxOldGenerationSizeMb: 2_000 };
const STOP = 'stop';
/** A broker that does not answer would keep the worker for minutes. */
const STOP_MILLIS = 30_000;

/** Runs this command once more, in a thread whose heap grows less, until it ends there. */
export async function runInThread(): Promise<void> {
  const [, entry = ''] = process.argv;
  const thread = new Thread(entry, { argv: process.argv.slice(2), resourceLimits: LIMITS });
  void untilSignal().then(() => {
    thread.postMessage(STOP);
    setTimeout(() => {
      process.stderr.write(
        `The worker did not end within ${STOP_MILLIS / 1e3} s, so it was stopped. What it has not committed is read again.\n`,
      );
      void thread.terminate();
    }, STOP_MILLIS).unref();
  });
  const [code] = await once(thread, 'exit').catch(explain);
  process.exitCode = code;
}

/** Resolves when the command that runs here is to stop. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    parentPort?.once('message', () => resolve());
    // A command that fails at the start ends without a message.
    parentPort?.unref();
  });
}

function explain(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
  throw new Failure(
    `The worker needs more than its ${LIMITS.maxOldGenerationSizeMb} MB of memory and ended. What it has not delivered is still in Kafka.`,
  );
}
