/** Who is in the worker's native code. */
const IDLE = 0;
const INSIDE = 1;
/** Nobody gets in any more. */
const CLOSED = 2;

/** One word of memory that both threads see. */
export function createGate(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/**
 * Runs native code of the worker. `libsql` aborts the whole process when its thread is ended in the middle of a call,
 * which is what Node does at exit; so the main thread closes the gate before, and nobody gets in after that.
 */
export function inside<T>(gate: Int32Array, work: () => T): T {
  // At a closed gate the thread waits for its end.
  while (Atomics.compareExchange(gate, 0, IDLE, INSIDE) === CLOSED) Atomics.wait(gate, 0, CLOSED);
  try {
    return work();
  } finally {
    Atomics.store(gate, 0, IDLE);
    Atomics.notify(gate, 0);
  }
}

/** Waits for the worker to come out and lets it in no more, at the latest after the time. */
export function closeGate(gate: Int32Array, timeoutMillis: number): void {
  const end = performance.now() + timeoutMillis;
  while (Atomics.compareExchange(gate, 0, IDLE, CLOSED) === INSIDE && performance.now() < end) {
    Atomics.wait(gate, 0, INSIDE, end - performance.now());
  }
}
