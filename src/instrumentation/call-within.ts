import { type Context, context } from '@opentelemetry/api';
import { diag } from '../diagnostics/diag.ts';

/**
 * Runs a function of the application exactly once in this context, even when the context manager throws before or after
 * the call.
 */
export function callWithin<T>(active: Context, call: () => T): T {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  try {
    context.with(active, () => {
      try {
        outcome = { value: call() };
      } catch (error) {
        outcome = { error };
      }
    });
  } catch (error) {
    diag.error('spanport: the context of a call could not be entered', error);
  }
  if (!outcome) return call();
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
