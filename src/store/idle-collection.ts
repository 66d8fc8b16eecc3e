import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MILLIS = 2_000;
/** A thread that works less than this share of the time is idle. */
const IDLE_SHARE = 0.05;
/** A heap that has grown less is not worth the pause. */
const GROWTH_BYTES = 6_000_000;

/**
 * Collects garbage while this thread is idle. V8 does so only when something is allocated, so that a thread without work
 * would keep what a burst took. Only for threads and processes of our own: the pause is as long as the heap is large.
 */
export class IdleCollection {
  #seen = performance.eventLoopUtilization();
  #size = heapSize();

  /** Looks every two seconds, and does not keep the process alive. */
  start(): void {
    setInterval(() => this.look(), LOOK_MILLIS).unref();
  }

  /** Collects if the thread was idle since the last look, and its heap has grown since the last collection. */
  look(): void {
    const seen = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(seen, this.#seen);
    this.#seen = seen;
    if (utilization > IDLE_SHARE || heapSize() < this.#size + GROWTH_BYTES) return;
    collect();
    this.#size = heapSize();
  }
}

function heapSize(): number {
  return getHeapStatistics().total_heap_size;
}

function collect(): void {
  // The function exists in contexts that are made while the flag is set.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  gc();
}
