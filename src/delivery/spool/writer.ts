import { framesOf, markCommitted } from './slab.ts';
import type { SpoolFile } from './spool-file.ts';
import type { Calls } from './writer-messages.ts';

const NO_FRAMES = Buffer.alloc(0);

/** The calls of the main thread, done on a file. */
export function createCalls(file: SpoolFile): Calls {
  return {
    commit(shared, settlements) {
      // A copy, because drivers may not take shared memory.
      const frames = shared ? Buffer.from(framesOf(shared)) : NO_FRAMES;
      const committed = file.commit(frames, settlements);
      if (shared) markCommitted(shared);
      return committed;
    },
    take: (...args) => file.run((outbox) => outbox.take(...args)),
    hurry: (...args) => file.run((outbox) => outbox.hurry(...args)),
    probe: () => file.run((outbox) => outbox.probe()),
    close(isClean) {
      file.run((outbox) => outbox.release(true));
      file.close(isClean);
    },
  };
}
