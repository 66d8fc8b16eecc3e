import { builtFile } from '../../loading/own-files.ts';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { keepHouse } from './housekeeping.ts';
import { SpoolFile } from './spool-file.ts';
import { createCalls } from './writer.ts';
import type { Notice, WriterSettings } from './writer-messages.ts';
import { type StartWriter, type Writer, WriterThread } from './writer-thread.ts';

/** A thread, or the calling thread where the thread's file is missing: a bundler does not copy it. */
export const startWriter: StartWriter = (settings, onNotice) => {
  const file = builtFile('spool-worker.js');
  if (file) return new WriterThread(file, settings, onNotice);
  // Later, because the members that receive notices join the spool after it was created.
  queueMicrotask(() =>
    onNotice({
      report:
        'the spool writes in the calling thread, which waits for the disk: chunks/spool-worker.js is not in this bundle. Install spanport next to the bundle, or mark it as external',
    }),
  );
  const { end, ...writer } = writeHere(settings, onNotice, systemClock);
  const endHousekeeping = keepHouse(writer.file, onNotice, (work) => work());
  return {
    ...writer,
    end: (isClean) => {
      endHousekeeping();
      return end(isClean);
    },
  };
};

/** Writes in the calling thread. */
export function writeHere(
  settings: WriterSettings,
  onNotice: (notice: Notice) => void,
  clock: Clock,
): Writer & { readonly file: SpoolFile } {
  const file = new SpoolFile({
    ...settings,
    clock,
    isChecking: true,
    report: (report) => onNotice({ report }),
    onLost: (lost) => onNotice({ lost }),
  });
  const calls = createCalls(file);
  const call = async (method: keyof typeof calls, ...args: unknown[]): Promise<unknown> =>
    Reflect.apply(calls[method], calls, args);
  return {
    file,
    call: call as Writer['call'],
    end: async (isClean) => calls.close(isClean),
    isAlive: false,
    between: (work) => work(),
  };
}
