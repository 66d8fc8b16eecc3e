import { ProxyTracerProvider, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { VERSION } from '../loading/version.ts';
import { SCOPE_NAME } from '../semconv/names.ts';

/** A property that only our own provider has. */
export interface OwnProvider extends TracerProvider {
  /**
   * What its sampler decides: `none` for every span, so that nothing has to be made for it; `all` for spans that begin
   * a trace; or it has to be asked.
   */
  readonly sampling?: 'none' | 'all' | 'asked';
}

/** The API does not export its no-op provider; a fresh proxy has it. */
const noop = new ProxyTracerProvider().getDelegate();

/** Where a recorder's spans are made: by a provider set on it, else the global one, else a fallback. */
export class TracerSource {
  #fallback: TracerProvider | undefined;
  #explicit: TracerProvider | undefined;
  #current: OwnProvider = noop;
  #tracer: Tracer | undefined;

  /** @param fallback used while the application has registered no provider; only this source ever sees it */
  constructor(fallback?: TracerProvider) {
    this.#fallback = fallback;
  }

  setFallback(provider: TracerProvider): void {
    this.#fallback = provider;
  }

  /** A provider that was set wins over the global one. */
  setProvider(provider: TracerProvider | undefined): void {
    this.#explicit = provider;
  }

  /**
   * The provider at this moment: applications register theirs whenever they like. A proxy is replaced by its delegate,
   * since its tracers stay with the first provider that they met.
   */
  get provider(): OwnProvider {
    const explicit = withoutProxy(this.#explicit);
    const provider = explicit === undefined || explicit === noop ? withoutProxy(trace.getTracerProvider()) : explicit;
    return provider === undefined || provider === noop ? (this.#fallback ?? noop) : provider;
  }

  /** Undefined while no provider makes spans. */
  get tracer(): Tracer | undefined {
    const { provider } = this;
    if (provider !== this.#current) {
      this.#current = provider;
      this.#tracer = provider === noop ? undefined : provider.getTracer(SCOPE_NAME, VERSION);
    }
    return this.#tracer;
  }

  /** Whether spans are made by a provider of the application's, beside which other instrumentations may be at work. */
  get isForeign(): boolean {
    const { provider } = this;
    return provider !== noop && provider.sampling === undefined;
  }
}

function withoutProxy(provider: TracerProvider | undefined): OwnProvider | undefined {
  return provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
}
