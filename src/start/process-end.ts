import { beforeSignalFlush } from '../delivery/endings.ts';

/**
 * Calls a function when the process really ends: it has nothing left to do, it exits, or a signal ends it that the
 * application does not handle. The function comes before the deliveries flush, and may be called more than once.
 * @returns a function that reverts it
 */
export function onProcessEnd(close: () => void): () => void {
  process.prependListener('beforeExit', close);
  process.prependListener('exit', close);
  const leave = beforeSignalFlush(close);
  return () => {
    process.off('beforeExit', close);
    process.off('exit', close);
    leave();
  };
}
