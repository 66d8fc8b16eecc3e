import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';

/**
 * The key by which the SDK's `suppressTracing` marks a context: `createContextKey` gives equal keys for equal names.
 * Source: opentelemetry-js, packages/opentelemetry-core/src/trace/suppress-tracing.ts
 */
const suppressed = ROOT_CONTEXT.setValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);

/**
 * Runs in a context in which instrumentations make no spans. Where no context manager is registered, no code can read a
 * context, and the API's own no-op just calls the function: AsyncLocalStorage, which slows every later promise of the process on
 * Node < 24, is not entered for our sake.
 */
export function untraced<T>(run: () => T): T {
  return context.with(suppressed, run);
}
