/** The thread is not in native code. */
const IDLE = 0;
const INSIDE = 1;
/** The thread can no longer enter native code. */
const CLOSED = 2;

/** One word of shared memory. */
export function createGate(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/**
 * Runs native code of the worker. `libsql` aborts the whole process when its thread is ended in the middle of a call,
 * which is what Node does at exit. So the main thread closes the gate before, and the worker cannot enter after that.
 */
export function inside<T>(gate: Int32Array, work: () => T): T {
  // At a closed gate the thread waits until it is ended.
  while (Atomics.compareExchange(gate, 0, IDLE, INSIDE) === CLOSED) Atomics.wait(gate, 0, CLOSED);
  try {
    return work();
  } finally {
    Atomics.store(gate, 0, IDLE);
    Atomics.notify(gate, 0);
  }
}

/** Waits until the worker has left native code, up to the timeout, and closes the gate. */
export function closeGate(gate: Int32Array, timeoutMillis: number): void {
  const end = performance.now() + timeoutMillis;
  while (Atomics.compareExchange(gate, 0, IDLE, CLOSED) === INSIDE && performance.now() < end) {
    Atomics.wait(gate, 0, INSIDE, end - performance.now());
  }
}

/** Runs work of the main thread while the worker is outside of native code, or after the timeout. */
export function outside<T>(gate: Int32Array, timeoutMillis: number, work: () => T): T {
  closeGate(gate, timeoutMillis);
  try {
    return work();
  } finally {
    if (Atomics.compareExchange(gate, 0, CLOSED, IDLE) === CLOSED) Atomics.notify(gate, 0);
  }
}
