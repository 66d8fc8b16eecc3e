import { ProxyTracerProvider, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { VERSION } from '../loading/version.ts';
import { SCOPE_NAME } from '../semconv/names.ts';
import type { SpanSource } from './span-source.ts';

/** A property that only our own provider has. */
export interface OwnProvider extends TracerProvider {
  /**
   * What its sampler decides. `none`: it samples no span, so nothing has to be allocated. `all`: it samples every span
   * that has no parent. `per span`: it has to run for each span.
   */
  readonly sampling?: 'none' | 'all' | 'per span';
  /** Undefined where the SDK has to make each span, because `OTEL_*` limits what is on it. */
  readonly spanSource?: SpanSource | undefined;
}

/** The no-op provider, which the API does not export. A new proxy delegates to it. */
const noop = new ProxyTracerProvider().getDelegate();

/** Selects the provider that makes a recorder's spans: the one set on it, else the global one, else a fallback. */
export class TracerSource {
  #fallback: TracerProvider | undefined;
  #explicit: TracerProvider | undefined;
  #current: OwnProvider = noop;
  #tracer: Tracer | undefined;

  /** @param fallback used while the application has registered no provider; it is not registered globally */
  constructor(fallback?: TracerProvider) {
    this.#fallback = fallback;
  }

  setFallback(provider: TracerProvider): void {
    this.#fallback = provider;
  }

  /** A provider that is set here takes precedence over the global one. */
  setProvider(provider: TracerProvider | undefined): void {
    this.#explicit = provider;
  }

  /**
   * The current provider: applications may register theirs at any time. A proxy is replaced by its delegate, because
   * the tracers of a proxy keep the first provider that they resolve.
   */
  get provider(): OwnProvider {
    const explicit = this.#explicit && withoutProxy(this.#explicit);
    const provider = explicit === undefined || explicit === noop ? withoutProxy(trace.getTracerProvider()) : explicit;
    return provider === undefined || provider === noop ? (this.#fallback ?? noop) : provider;
  }

  /** The provider when {@link tracer} was last read. Finding it again takes as long as the rest of a call's start. */
  get current(): OwnProvider {
    return this.#current;
  }

  /** The tracer of {@link current}. */
  get currentTracer(): Tracer | undefined {
    return this.#tracer;
  }

  /** Undefined if no provider makes spans. */
  get tracer(): Tracer | undefined {
    const { provider } = this;
    if (provider !== this.#current) {
      this.#current = provider;
      this.#tracer = provider === noop ? undefined : provider.getTracer(SCOPE_NAME, VERSION);
    }
    return this.#tracer;
  }
}

function withoutProxy(provider: TracerProvider): OwnProvider {
  return provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
}
