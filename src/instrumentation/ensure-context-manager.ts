import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { diag } from '../diagnostics/diag.ts';
import { AsyncContextManager } from './context-manager.ts';

const probe = ROOT_CONTEXT.setValue(createContextKey('spanport.probe'), true);
const isProbeActive = (): boolean => context.active() === probe;

/**
 * Registers our context manager if the process has none. Callers wait until a context has to be propagated, because
 * before Node 24 a context manager makes every promise of the process more expensive.
 */
export function ensureContextManager(): void {
  if (hasContextManager()) return;
  const manager = new AsyncContextManager();
  if (!context.setGlobalContextManager(manager)) diag.debug('spanport: a context manager was registered meanwhile');
}

/**
 * Whether a context that is set becomes active. The API offers no other way to find out whether a manager is
 * registered.
 */
export function hasContextManager(): boolean {
  if (context.active() !== ROOT_CONTEXT) return true;
  return context.with(probe, isProbeActive);
}
