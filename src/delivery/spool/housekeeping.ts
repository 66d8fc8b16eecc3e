import type { SpoolFile } from './spool-file.ts';
import type { Notice } from './writer-messages.ts';

const TIDY_MILLIS = 10_000;

/**
 * What the writer does without being called: it adopts the records of processes that died, in turns of its own so that
 * commits come in between, and tidies the file.
 * @param guard runs each access to the file
 * @returns ends it
 */
export function keepHouse(
  file: SpoolFile,
  onNotice: (notice: Notice) => void,
  guard: <T>(work: () => T) => T,
): () => void {
  let isAdopting = false;
  let hasEnded = false;

  const adopt = (): void => {
    if (isAdopting) return;
    isAdopting = true;
    setImmediate(adoptNext);
  };
  const adoptNext = (): void => {
    isAdopting = false;
    if (hasEnded) return;
    try {
      const adopted = guard(() => file.adopt());
      if (!adopted) return;
      onNotice({ totals: adopted.totals, dropped: adopted.dropped });
      adopt();
    } catch {
      // The disk is full or absent: the next call reports it.
    }
  };
  const tidying = setInterval(() => {
    try {
      const totals = guard(() =>
        file.run((outbox) => {
          outbox.releaseAbandoned(false);
          outbox.tidy();
          return outbox.totals();
        }),
      );
      onNotice({ totals });
      adopt();
    } catch {
      // As above.
    }
  }, TIDY_MILLIS).unref();
  adopt();

  return () => {
    hasEnded = true;
    clearInterval(tidying);
  };
}
