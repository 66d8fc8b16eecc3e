import type { CallObserver } from '../../client/observer.ts';

/** Observes only the answer of a call. */
export function watchValue(see: (value: unknown) => void): CallObserver {
  return { value: see, end: () => {} };
}
