import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { diag } from '../diagnostics/diag.ts';
import { AsyncContextManager } from './context-manager.ts';

const PROBE = createContextKey('spanport.probe');

/**
 * Registers a context manager of ours where there is none, and only once something has to be carried: before Node 24 a
 * context manager makes every promise of the process more expensive.
 */
export function ensureContextManager(): void {
  if (hasContextManager()) return;
  const manager = new AsyncContextManager();
  if (!context.setGlobalContextManager(manager)) diag.debug('spanport: a context manager was registered meanwhile');
}

/** Whether a context that is set is also found: the API has no other way to ask. */
export function hasContextManager(): boolean {
  if (context.active() !== ROOT_CONTEXT) return true;
  const probe = ROOT_CONTEXT.setValue(PROBE, true);
  return context.with(probe, () => context.active() === probe);
}
