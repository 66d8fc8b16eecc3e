import type { CallObserver } from '../../client/observer.ts';

/** Observes only the answer of a call, or its error. */
export function watchValue(
  see: (value: unknown) => void,
  fail?: (failed: { readonly thrown: unknown }) => void,
): CallObserver {
  return {
    value: see,
    end(outcome) {
      if (outcome.kind === 'failed') fail?.({ thrown: outcome.error });
    },
  };
}
