import type { CallObserver } from '../../client/observer.ts';

/** Reads the answer of a call, and nothing else of it. */
export function watchValue(see: (value: unknown) => void): CallObserver {
  return { value: see, end: () => {} };
}
