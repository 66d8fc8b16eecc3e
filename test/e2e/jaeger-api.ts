import { findJaeger, type Jaeger, startJaeger } from '../../collector/jaeger.mjs';

/** A span as Jaeger gives it back, with the names of kinds and status codes spelled out. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: string; readonly message?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly service: string;
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

interface TraceAnswer {
  readonly result: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: readonly KeyValue[] };
      readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
    }[];
  };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes?: readonly KeyValue[];
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'];

/** Undefined where Jaeger was never built; `REQUIRE_REAL` makes that an error, so that CI cannot skip it unseen. */
export async function startJaegerIfBuilt(): Promise<Jaeger | undefined> {
  if (findJaeger() || process.env['REQUIRE_REAL']) return startJaeger();
  return undefined;
}

export async function readTrace(jaeger: Jaeger, traceId: string): Promise<readonly StoredSpan[]> {
  const { result } = await get<TraceAnswer>(`${jaeger.queryUrl}/api/v3/traces/${traceId}`);
  return result.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesFrom(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => storedSpan(span, service)));
  });
}

export async function readServices(jaeger: Jaeger): Promise<readonly string[]> {
  const { services } = await get<{ services: readonly string[] }>(`${jaeger.queryUrl}/api/v3/services`);
  return services;
}

/**
 * Ids of the traces of one service that hold a span with all of the attributes, by the older API that the web page uses.
 */
export async function findTraces(
  jaeger: Jaeger,
  service: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const query = new URLSearchParams({ service, tags: JSON.stringify(attributes) });
  const { data } = await get<{ data: readonly { traceID: string }[] }>(`${jaeger.queryUrl}/api/traces?${query}`);
  return data.map(({ traceID }) => traceID);
}

async function get<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} from ${url}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

function storedSpan(span: OtlpSpan, service: string): StoredSpan {
  const { traceId, spanId, parentSpanId, name, startTimeUnixNano, endTimeUnixNano, status = {} } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId && { parentSpanId }),
    name,
    kind: KINDS[span.kind] ?? String(span.kind),
    startTimeUnixNano,
    endTimeUnixNano,
    status: {
      code: STATUS_CODES[status.code ?? 0] ?? String(status.code),
      ...(status.message && { message: status.message }),
    },
    // Jaeger adds remarks of its own: a tool runs after the model asked for it, so it outlives its parent.
    attributes: attributesFrom((span.attributes ?? []).filter(({ key }) => !key.startsWith('@jaeger@'))),
    service,
  };
}

function attributesFrom(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueFrom(value)]));
}

function valueFrom({ intValue, arrayValue, ...value }: AnyValue): unknown {
  if (intValue !== undefined) return Number(intValue);
  if (arrayValue) return (arrayValue.values ?? []).map(valueFrom);
  return Object.values(value)[0];
}
