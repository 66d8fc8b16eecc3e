import { PLACE_BYTES } from './overflow.ts';
import { copyOf, markCommitted } from './slab.ts';
import type { SpoolFile } from './spool-file.ts';
import type { Calls } from './writer-messages.ts';

const NO_FRAMES = Buffer.alloc(0);

/** The calls of the main thread, done on a file. */
export function createCalls(file: SpoolFile): Calls {
  // Always the same one, because many commits follow closely.
  const copy = Buffer.allocUnsafeSlow(PLACE_BYTES);
  return {
    commit(shared, settlements, leaseMillis) {
      // What cannot be read back has no ids, by which the main thread counts it.
      const frames = shared && copyOf(shared, copy);
      const committed = file.commit(frames ?? NO_FRAMES, settlements, leaseMillis);
      if (shared) markCommitted(shared.status);
      return committed;
    },
    take: (...args) => file.run((outbox) => outbox.take(...args)),
    retryNow: (...args) => file.run((outbox) => outbox.retryNow(...args)),
    probe: () => file.run((outbox) => outbox.probe()),
    close(isClean) {
      file.run((outbox) => outbox.releaseAbandoned(true));
      file.close(isClean);
    },
  };
}
