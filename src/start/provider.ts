import {
  type Context,
  diag,
  ProxyTracerProvider,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, type ReadableSpan, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { SCOPE_NAME } from '../semconv/names.ts';
import type { Environment } from '../vendors/vendor.ts';

export interface ProviderOptions {
  readonly serviceName?: string;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** Each span that ends on this provider and that is not the instrumentation's own, which arrives by its hand. */
  onForeignSpan(span: ReadableSpan): void;
  /** Called when somebody else asks this provider for a tracer: only then does anybody read the active span. */
  onForeignTracer(): void;
}

/**
 * The provider that makes the spans while the application has none of its own. It is the SDK's, with limits and
 * sampler from `OTEL_*` (the SDK's Node 20 line reads those itself), and never takes the global slot: the API's own
 * proxy delegates to it until the application registers a provider, which then succeeds and wins.
 */
export class OwnTracerProvider extends BasicTracerProvider {
  readonly #onForeignTracer: () => void;
  /** True when the sampler will never say yes, whatever it is asked. */
  readonly neverSamples: boolean;

  constructor(options: ProviderOptions, environment: Environment) {
    super({ resource: resourceOf(options, environment), spanProcessors: [new ForeignSpans(options.onForeignSpan)] });
    this.#onForeignTracer = options.onForeignTracer;
    this.neverSamples = environment['OTEL_TRACES_SAMPLER']?.trim() === 'always_off';
  }

  override getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    if (name !== SCOPE_NAME) this.#onForeignTracer();
    return super.getTracer(name, version, options);
  }
}

/** Hands on what the instrumentation does not hand on itself. */
class ForeignSpans implements SpanProcessor {
  readonly #onEnd: (span: ReadableSpan) => void;

  constructor(onEnd: (span: ReadableSpan) => void) {
    this.#onEnd = onEnd;
  }

  onStart(_span: Span, _context: Context): void {}

  onEnd(span: ReadableSpan): void {
    if (span.instrumentationScope.name !== SCOPE_NAME && (span.spanContext().traceFlags & 1) === 1) this.#onEnd(span);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Whether the application has registered a provider of its own. */
export function hasForeignProvider(own: TracerProvider): boolean {
  const provider = trace.getTracerProvider();
  const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  return delegate !== own && !isNoop(delegate);
}

/**
 * Makes global tracers reach our provider for as long as nobody registers one.
 * @returns undoes it
 */
export function lendGlobally(own: TracerProvider): () => void {
  const proxy = trace.getTracerProvider();
  if (!(proxy instanceof ProxyTracerProvider) || !isNoop(proxy.getDelegate())) return () => {};
  const noop = proxy.getDelegate();
  proxy.setDelegate(own);
  return () => {
    if (proxy.getDelegate() === own) proxy.setDelegate(noop);
  };
}

/** The API does not export its no-op provider; a fresh proxy has it. */
const noopProvider = new ProxyTracerProvider().getDelegate();

function isNoop(provider: TracerProvider): boolean {
  return provider === noopProvider;
}

function resourceOf(
  { serviceName, resourceAttributes }: ProviderOptions,
  environment: Environment,
): ReturnType<typeof defaultResource> {
  const name = serviceName ?? environment['OTEL_SERVICE_NAME']?.trim();
  return defaultResource()
    .merge(resourceFromAttributes(resourceAttributesFrom(environment)))
    .merge(resourceFromAttributes({ ...resourceAttributes, ...(name && { 'service.name': name }) }));
}

/** `OTEL_RESOURCE_ATTRIBUTES`: `k=v,k2=v2`, percent-encoded. An entry that is none is left out with a warning. */
export function resourceAttributesFrom(environment: Environment): Record<string, string> {
  const text = environment['OTEL_RESOURCE_ATTRIBUTES']?.trim();
  const attributes: Record<string, string> = {};
  for (const entry of text ? text.split(',') : []) {
    const cut = entry.indexOf('=');
    try {
      if (cut < 1) throw new URIError('no name');
      attributes[entry.slice(0, cut).trim()] = decodeURIComponent(entry.slice(cut + 1).trim());
    } catch {
      diag.warn(
        `OTEL_RESOURCE_ATTRIBUTES has the entry '${entry.trim()}', which is not name=value, percent-encoded: it is left out.`,
      );
    }
  }
  return attributes;
}
