import { framesOf, markCommitted } from './slab.ts';
import type { SpoolFile } from './spool-file.ts';
import type { Calls, SharedFrames } from './writer-messages.ts';

/** The calls of the main thread, done on a file. */
export function createCalls(file: SpoolFile): Calls {
  let copy = Buffer.alloc(0);
  /** A copy, because drivers may not take shared memory; always in the same place, because many commits follow closely. */
  const framesFrom = (shared: SharedFrames): Buffer => {
    const frames = framesOf(shared);
    if (frames.byteLength > copy.byteLength) copy = Buffer.allocUnsafeSlow(frames.byteLength);
    copy.set(frames);
    return copy.subarray(0, frames.byteLength);
  };
  return {
    commit(shared, settlements) {
      const frames = shared ? framesFrom(shared) : copy.subarray(0, 0);
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
