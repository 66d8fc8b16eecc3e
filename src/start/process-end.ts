import { beforeSignalFlush } from '../delivery/endings.ts';
import { diag } from '../diagnostics/diag.ts';

const closers = new Set<() => void>();
/** Reverts the listeners, which all closers share: Node warns of more than ten listeners for one event. */
const listening: (() => void)[] = [];

/**
 * Calls a function when the process really ends: it has nothing left to do, it exits, or a signal ends it that the
 * application does not handle. The function comes before the deliveries flush, and may be called more than once.
 * @returns a function that reverts it
 */
export function onProcessEnd(close: () => void): () => void {
  if (closers.size === 0) listen();
  closers.add(close);
  return () => {
    if (closers.delete(close) && closers.size === 0) for (const revert of listening.splice(0)) revert();
  };
}

function listen(): void {
  process.prependListener('beforeExit', closeAll);
  process.prependListener('exit', closeAll);
  listening.push(
    () => process.off('beforeExit', closeAll),
    () => process.off('exit', closeAll),
    beforeSignalFlush(closeAll),
  );
}

function closeAll(): void {
  for (const close of closers) {
    try {
      close();
    } catch (error) {
      diag.error('spanport: not everything could be recorded at the end of the process', error);
    }
  }
}
