import {
  type Context,
  ProxyTracerProvider,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  RandomIdGenerator,
  type ReadableSpan,
  type Span,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import type { Environment } from '../configuration/environment.ts';
import { diag } from '../diagnostics/diag.ts';
import type { ServiceInfo } from '../exporter/service-info.ts';
import type { SpanSource } from '../instrumentation/span-source.ts';
import type { OwnProvider } from '../instrumentation/tracer.ts';
import { defined } from '../interaction/defined.ts';
import { loadedCommonJs } from '../loading/module-hook.ts';
import { VERSION } from '../loading/version.ts';
import { SCOPE_NAME } from '../semconv/names.ts';
import type { ReadableResource } from '../semconv/span-data.ts';
import { leaseSlot } from './global-slot.ts';

export interface ProviderOptions {
  readonly serviceName?: string;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** Called with each span of another tracer that ends on this provider. The instrumentation passes on its own spans. */
  onForeignSpan(span: ReadableSpan): void;
  /** Called when another tracer starts a span on this provider: from then on the active span is read. */
  onForeignTracer(): void;
}

/**
 * Makes the spans while the application has no provider of its own. It is the SDK's, with limits and sampler from
 * `OTEL_*`, which the SDK's 2.x line reads itself. It never takes the global slot: see
 * {@link leaseGlobally}.
 */
export class OwnTracerProvider extends BasicTracerProvider implements OwnProvider {
  readonly #onForeignTracer: () => void;
  readonly sampling: OwnSampling;
  readonly spanSource: SpanSource | undefined;

  constructor(options: ProviderOptions, environment: Environment) {
    const resource = resourceOf(options, environment);
    super({ resource, spanProcessors: [new ForeignSpans(options.onForeignSpan)] });
    this.spanSource = spanSourceFor(resource, environment);
    this.#onForeignTracer = options.onForeignTracer;
    this.sampling = samplingFrom(environment['OTEL_TRACES_SAMPLER']?.trim() ?? '');
  }

  override getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    const tracer = super.getTracer(name, version, options);
    return name === SCOPE_NAME ? tracer : new NotingTracer(tracer, this.#onForeignTracer);
  }
}

function spanSourceFor(resource: ReadableResource, environment: Environment): SpanSource | undefined {
  if (SPAN_LIMITS.some((name) => environment[name]?.trim())) return undefined;
  const ids = new RandomIdGenerator();
  return {
    resource,
    scope: { name: SCOPE_NAME, version: VERSION },
    newTraceId: () => ids.generateTraceId(),
    newSpanId: () => ids.generateSpanId(),
  };
}

/** What limits the attributes of a span. */
const SPAN_LIMITS = [
  'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
];

type OwnSampling = NonNullable<OwnProvider['sampling']>;

/** As the SDK reads it, whose default is `parentbased_always_on`. */
function samplingFrom(sampler: string): OwnSampling {
  if (sampler === 'always_off') return 'none';
  return ['', 'always_on', 'parentbased_always_on'].includes(sampler) ? 'all' : 'per span';
}

/** A tracer of the application on our provider. It reports each span before it starts, since it may become the active one. */
class NotingTracer implements Tracer {
  readonly #tracer: Tracer;
  readonly #onSpan: () => void;

  constructor(tracer: Tracer, onSpan: () => void) {
    this.#tracer = tracer;
    this.#onSpan = onSpan;
  }

  startSpan(...args: Parameters<Tracer['startSpan']>): ReturnType<Tracer['startSpan']> {
    this.#onSpan();
    return this.#tracer.startSpan(...args);
  }

  startActiveSpan(...args: unknown[]): never {
    this.#onSpan();
    return startActive(this.#tracer, args);
  }
}

/** One call for all overloads. */
function startActive(tracer: Tracer, args: unknown[]): never {
  return (tracer.startActiveSpan as (...args: unknown[]) => never).apply(tracer, args);
}

/** Passes on the spans of other tracers. */
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

/** The provider that the application has registered. Undefined where it is ours or there is none. */
function foreignProvider(): TracerProvider | undefined {
  const provider = trace.getTracerProvider();
  const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  return delegate instanceof LeasedProvider || delegate instanceof OwnTracerProvider || isNoop(delegate)
    ? undefined
    : delegate;
}

/** Whether the application has registered a provider of its own. */
export function hasForeignProvider(): boolean {
  return foreignProvider() !== undefined;
}

/**
 * Makes global tracers reach our provider until the application registers one: of every copy of the API in the process.
 * The application's registration still succeeds, and wins.
 * @returns reverts it
 */
export function leaseGlobally(own: OwnTracerProvider): () => void {
  const leased = new LeasedProvider(own);
  // Tracers that were taken earlier belong to the proxy of their copy of the API.
  const proxies = [trace.getTracerProvider(), ...otherProxies()].filter(isUnused);
  const release = leaseSlot(leased, (registered) => {
    for (const proxy of proxies) if (proxy !== registered) proxy.setDelegate(registered);
  });
  if (!release) return () => {};
  for (const proxy of proxies) proxy.setDelegate(leased);
  return () => {
    release();
    leased.end();
    for (const proxy of proxies) if (proxy.getDelegate() === leased) proxy.setDelegate(noopProvider);
  };
}

interface Proxy extends TracerProvider {
  getDelegate(): TracerProvider;
  setDelegate(provider: TracerProvider): void;
}

/** Whether this is the proxy of a copy of the API that has no provider yet. */
function isUnused(provider: TracerProvider): provider is Proxy {
  const { getDelegate, setDelegate } = provider as Partial<Proxy>;
  if (typeof getDelegate !== 'function' || typeof setDelegate !== 'function') return false;
  return (provider as Proxy).getDelegate().constructor.name === noopProvider.constructor.name;
}

/** The proxies of the API's other copies, as far as CommonJS loaded them. */
function otherProxies(): TracerProvider[] {
  return loadedCommonJs(/[\\/]@opentelemetry[\\/]api[\\/](build[\\/]src[\\/]index\.js|dist[\\/]index\.cjs)$/).flatMap(
    (api) => {
      const { trace: other } = api as { readonly trace?: typeof trace };
      return other && other !== trace ? [other.getTracerProvider()] : [];
    },
  );
}

/**
 * Our provider as the global one. Tracers of the API find the application's provider whenever it is registered, and
 * applications keep tracers in constants, so tracers of this provider switch over as well.
 */
class LeasedProvider implements OwnProvider {
  readonly #own: OwnTracerProvider;
  readonly sampling: OwnSampling;
  readonly spanSource: SpanSource | undefined;
  #hasEnded = false;

  constructor(own: OwnTracerProvider) {
    this.#own = own;
    this.sampling = own.sampling;
    this.spanSource = own.spanSource;
  }

  getTracer(...args: Parameters<TracerProvider['getTracer']>): Tracer {
    const own = this.#own.getTracer(...args);
    return args[0] === SCOPE_NAME ? own : new LeasedTracer(own, this, args);
  }

  /** Tools look through the API's proxies this way. */
  getDelegate(): TracerProvider {
    return this.#own;
  }

  /** Whether `shutdown` was called. A tracer that the application kept then does what it would do without us. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  end(): void {
    this.#hasEnded = true;
  }
}

class LeasedTracer implements Tracer {
  readonly #own: Tracer;
  readonly #lender: LeasedProvider;
  readonly #args: Parameters<TracerProvider['getTracer']>;
  /** The application's tracer. Once there is one it stays, as with the API's own proxy. */
  #foreign: Tracer | undefined;

  constructor(own: Tracer, lender: LeasedProvider, args: Parameters<TracerProvider['getTracer']>) {
    this.#own = own;
    this.#lender = lender;
    this.#args = args;
  }

  startSpan(...args: Parameters<Tracer['startSpan']>): ReturnType<Tracer['startSpan']> {
    return this.#tracer().startSpan(...args);
  }

  startActiveSpan(...args: unknown[]): never {
    return startActive(this.#tracer(), args);
  }

  #tracer(): Tracer {
    this.#foreign ??= foreignProvider()?.getTracer(...this.#args);
    return this.#foreign ?? (this.#lender.hasEnded ? trace.getTracerProvider().getTracer(...this.#args) : this.#own);
  }
}

/** The API does not export its no-op provider; a fresh proxy has it. */
const noopProvider = new ProxyTracerProvider().getDelegate();

function isNoop(provider: TracerProvider): boolean {
  return provider === noopProvider;
}

/** What the environment says of the service, for spans whose provider does not know. */
export function serviceFrom(environment: Environment): ServiceInfo {
  const attributes = resourceAttributesFrom(environment);
  return defined({
    serviceName: environment['OTEL_SERVICE_NAME']?.trim() || attributes['service.name'],
    environment: attributes['deployment.environment.name'] ?? attributes['deployment.environment'],
  });
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

/** `OTEL_RESOURCE_ATTRIBUTES`: `k=v,k2=v2`, percent-encoded. An invalid entry is left out with a warning. */
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
        `OTEL_RESOURCE_ATTRIBUTES has the entry '${entry.trim()}', which is not a percent-encoded name=value pair. The entry is left out.`,
      );
    }
  }
  return attributes;
}
