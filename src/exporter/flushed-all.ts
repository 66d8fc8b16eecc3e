import type { FlushResult } from '../delivery/delivery.ts';
import { diag } from '../diagnostics/diag.ts';

/** One destination's failure must not keep the others from ending. */
export async function flushedAll(endings: readonly Promise<FlushResult>[]): Promise<FlushResult> {
  let waiting = 0;
  let onDisk = 0;
  for (const ending of await Promise.allSettled(endings)) {
    if (ending.status === 'rejected') diag.error('spanport: a destination failed to flush', ending.reason);
    else {
      waiting += ending.value?.waiting ?? 0;
      onDisk += ending.value?.onDisk ?? 0;
    }
  }
  return { waiting, onDisk };
}
