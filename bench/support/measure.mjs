/**
 * CPU time and bytes. Wall time is noise on a shared machine: it is never a figure here, except where waiting is what
 * is asked for.
 */
import { readFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';

/** Microseconds of CPU, user and system, of all threads of this process. */
export function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Microseconds of CPU of the calling thread; undefined where the kernel does not tell. */
export function threadCpuMicros() {
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  }
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ', 1)[0]) / 1e3;
  } catch {
    return undefined;
  }
}

/**
 * CPU of one call, batch by batch, in microseconds. A batch ends when all that its calls have set going is done, so
 * that nobody gains by putting work off.
 */
export async function cpuPerCall(call, settle, { calls, batches, warmup = calls }) {
  await repeat(call, warmup);
  await settle();
  const figures = [];
  for (let batch = 0; batch < batches; batch++) {
    const before = cpuMicros();
    await repeat(call, calls);
    await settle();
    figures.push((cpuMicros() - before) / calls);
  }
  return figures;
}

/**
 * Bytes that one call allocates, batch by batch. Needs a young generation that holds a whole batch: a batch in which
 * the collector ran tells nothing and is taken again with half the calls.
 */
export async function bytesPerCall(call, { calls, batches, warmup = calls * 3 }) {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  await repeat(call, warmup);
  const figures = [];
  while (figures.length < batches) {
    await turns(3);
    globalThis.gc?.();
    await turns(10);
    collections = 0;
    const before = bytesHeld();
    await repeat(call, calls);
    const after = bytesHeld();
    await turns(10);
    if (collections === 0) figures.push((after - before) / calls);
    else if (calls > 1) calls = Math.ceil(calls / 2);
    else throw new Error('The collector ran within a single call: give --max-semi-space-size.');
  }
  observer.disconnect();
  return figures;
}

/** Bytes on the heap and beside it. */
export function bytesHeld() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export async function repeat(call, times) {
  for (let index = 0; index < times; index++) await call(index);
}

export async function turns(count) {
  for (let index = 0; index < count; index++) await new Promise(setImmediate);
}
