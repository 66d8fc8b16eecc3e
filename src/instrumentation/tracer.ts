import { ProxyTracerProvider, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { VERSION } from '../loading/version.ts';
import { SCOPE_NAME } from '../semconv/names.ts';

/** What our own provider says of itself, and no other. */
export interface OwnProvider extends TracerProvider {
  /**
   * What its sampler says: `none` to whatever it is asked, so that nothing has to be made for it; `all` to spans that
   * begin a trace; or it has to be asked.
   */
  readonly sampling?: 'none' | 'all' | 'asked';
}

/** The API does not export its no-op provider; a fresh proxy has it. */
const noop = new ProxyTracerProvider().getDelegate();

let explicit: TracerProvider | undefined;
let current: OwnProvider = noop;
let tracer: Tracer | undefined;

/** A provider that was set on the instrumentation wins over the global one. */
export function setTracerProvider(provider: TracerProvider | undefined): void {
  explicit = provider;
}

let fallback: TracerProvider | undefined;

/** A provider for the calls that are made while nobody else makes spans. It is never seen by anybody but us. */
export function setFallbackProvider(provider: TracerProvider): void {
  fallback = provider;
}

/**
 * The provider at this moment: applications register theirs whenever they like. A proxy is looked through, since its
 * tracers stay with the first provider that they met.
 */
export function tracerProvider(): OwnProvider {
  const provider = explicit ?? trace.getTracerProvider();
  const found = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  return found === noop && fallback ? fallback : found;
}

/** Undefined while nobody makes spans. */
export function currentTracer(): Tracer | undefined {
  const provider = tracerProvider();
  if (provider !== current) {
    current = provider;
    tracer = provider === noop ? undefined : provider.getTracer(SCOPE_NAME, VERSION);
  }
  return tracer;
}

/** Whether spans are made by a provider of the application's, beside which other instrumentations may be at work. */
export function isForeign(): boolean {
  const provider = tracerProvider();
  return provider !== noop && provider.sampling === undefined;
}
