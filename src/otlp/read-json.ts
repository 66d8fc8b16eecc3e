import { type HrTime, type SpanData, SpanKind, SpanStatusCode } from '../semconv/span-data.ts';

/** OTLP/JSON as it comes: ids in hex, 64-bit numbers as text or as numbers, enumerations by number or by name. */
interface OtlpRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: number | string;
  readonly startTimeUnixNano?: string | number;
  readonly endTimeUnixNano?: string | number;
  readonly attributes?: readonly KeyValue[];
  readonly status?: { readonly code?: number | string; readonly message?: string };
}
interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}
interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}

/** A file that is not what it should be. The message says where. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/**
 * The spans of a text that is one OTLP/JSON request, or one per line, as the `file:` destination and the Collector's file
 * exporter write them.
 * @throws FormatError names the line
 */
export function spansFromOtlpJson(text: string): SpanData[] {
  const whole = parsed(text);
  if (isRequest(whole)) return spansFrom(whole);
  return text.split('\n').flatMap((line, index) => {
    if (!line.trim()) return [];
    const request = parsed(line);
    if (!isRequest(request)) {
      throw new FormatError(`Line ${index + 1} is no OTLP/JSON request: it has no list named resourceSpans.`);
    }
    return spansFrom(request);
  });
}

/** Whether a text looks like spans and not like something else, by its first line. */
export function isOtlpJson(text: string): boolean {
  return isRequest(parsed(text)) || isRequest(parsed(text.slice(0, text.indexOf('\n') + 1)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRequest(value: unknown): value is OtlpRequest {
  return Array.isArray((value as OtlpRequest | null | undefined)?.resourceSpans);
}

function spansFrom(request: OtlpRequest): SpanData[] {
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const shared = attributesFrom(resource?.attributes);
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => spanFrom(span, shared)));
  });
}

function spanFrom(span: OtlpSpan, resource: Readonly<Record<string, unknown>>): SpanData {
  const { message } = span.status ?? {};
  return {
    name: span.name ?? '',
    kind: kindFrom(span.kind),
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId && { parentSpanId: span.parentSpanId }),
    startTime: hrTimeFrom(span.startTimeUnixNano),
    endTime: hrTimeFrom(span.endTimeUnixNano),
    attributes: attributesFrom(span.attributes),
    resource,
    status: { code: statusFrom(span.status?.code), ...(message && { message }) },
  };
}

/** OTLP counts kinds from 1, with 0 for unspecified; the API counts from 0. */
const kinds = [
  SpanKind.INTERNAL,
  SpanKind.INTERNAL,
  SpanKind.SERVER,
  SpanKind.CLIENT,
  SpanKind.PRODUCER,
  SpanKind.CONSUMER,
];

function kindFrom(kind: number | string | undefined): SpanKind {
  if (typeof kind === 'string') return SpanKind[kind.replace(/^SPAN_KIND_/, '') as keyof typeof SpanKind];
  return kinds[kind ?? 0] ?? SpanKind.INTERNAL;
}

function statusFrom(code: number | string | undefined): SpanStatusCode {
  if (typeof code === 'string') return SpanStatusCode[code.replace(/^STATUS_CODE_/, '') as keyof typeof SpanStatusCode];
  return code === 1 ? SpanStatusCode.OK : code === 2 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET;
}

const BILLION = 1_000_000_000n;

function hrTimeFrom(nanos: string | number = 0): HrTime {
  const time = BigInt(nanos);
  return [Number(time / BILLION), Number(time % BILLION)];
}

export function unixNanoFrom([seconds, nanoseconds]: HrTime): string {
  return String(BigInt(seconds) * BILLION + BigInt(nanoseconds));
}

function attributesFrom(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueFrom(value ?? {})]));
}

function valueFrom(value: AnyValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(valueFrom);
  if (value.kvlistValue) return attributesFrom(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
}
