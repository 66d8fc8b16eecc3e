import { toJson } from '../interaction/json.ts';
import type { LogData } from '../semconv/log-data.ts';
import { ATTR } from '../semconv/names.ts';
import type { HrTime, SpanData, SpanEvent, SpanLink } from '../semconv/span-data.ts';

/** A span as the store keeps it: columns for what is filtered, JSON for everything else. Made outside of the thread. */
export interface SpanRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: number;
  readonly status: number;
  readonly service: string | null;
  readonly operation: string | null;
  readonly startUs: number;
  readonly endUs: number;
  readonly resource: string;
  readonly isTruncated: boolean;
  readonly data: string;
}

export interface LogRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly data: string;
}

/** The parts of a span without a column. Names are short because every row repeats them. */
export interface SpanJson {
  readonly s: HrTime;
  readonly e: HrTime;
  readonly a: Readonly<Record<string, unknown>>;
  readonly m?: string;
  readonly sc?: SpanData['scope'];
  readonly ev?: readonly SpanEvent[];
  readonly l?: readonly SpanLink[];
  readonly t?: string;
}

/** A larger span loses its largest attributes, and says so. */
export const MAX_SPAN_CHARACTERS = 10_000_000;
const MAX_NAME = 4_096;

/** @param resourceJson the span's resource as JSON, which the spans of a request share */
export function spanRowFrom(span: SpanData, resourceJson: string): SpanRow {
  const json = jsonOf(span);
  let data = JSON.stringify(json);
  const isTruncated = data.length > MAX_SPAN_CHARACTERS;
  if (isTruncated) data = JSON.stringify(withoutLargest(json, data.length));
  const operation = span.attributes[ATTR.operationName];
  const service = span.resource['service.name'];
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: span.parentSpanId ?? null,
    name: storable(span.name).slice(0, MAX_NAME),
    kind: span.kind,
    status: span.status.code,
    service: typeof service === 'string' && service !== '' ? storable(service).slice(0, MAX_NAME) : null,
    operation: typeof operation === 'string' ? storable(operation).slice(0, MAX_NAME) : null,
    startUs: microsFrom(span.startTime),
    endUs: microsFrom(span.endTime),
    resource: resourceJson,
    isTruncated,
    data,
  };
}

export function resourceJsonOf(resource: SpanData['resource']): string {
  return JSON.stringify(toJson(resource));
}

/** Only a record that names its span can be joined to it. */
export function logRowFrom(log: LogData): LogRow | undefined {
  const { traceId, spanId, name, body, attributes, time } = log;
  if (traceId === undefined || spanId === undefined) return undefined;
  const data = JSON.stringify(toJson({ name, body, attributes, time }));
  return data.length > MAX_SPAN_CHARACTERS ? undefined : { traceId, spanId, data };
}

export interface LogJson {
  readonly name?: string;
  readonly body?: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly time: HrTime;
}

/** The columns that a span is read from. */
export interface SpanRecord {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly kind: number;
  readonly status: number;
  readonly data: string;
}

export function spanFromRow(row: SpanRecord, resource: SpanData['resource']): SpanData {
  const json = JSON.parse(row.data) as SpanJson;
  return {
    name: row.name,
    kind: row.kind,
    traceId: row.trace_id,
    spanId: row.span_id,
    ...(row.parent_id !== null && { parentSpanId: row.parent_id }),
    startTime: json.s,
    endTime: json.e,
    attributes: json.a,
    resource,
    status: { code: row.status, ...(json.m !== undefined && { message: json.m }) },
    ...(json.sc && { scope: json.sc }),
    ...(json.ev && { events: json.ev }),
    ...(json.l && { links: json.l }),
    ...(json.t !== undefined && { traceState: json.t }),
  };
}

function jsonOf({ startTime, endTime, attributes, status, scope, events, links, traceState }: SpanData): SpanJson {
  return toJson({
    s: startTime,
    e: endTime,
    a: attributes,
    m: status.message,
    sc: scope,
    ev: events,
    l: links,
    t: traceState,
  }) as SpanJson;
}

function withoutLargest(json: SpanJson, length: number): SpanJson {
  const sizes = Object.entries(json.a).map(([name, value]) => [name, JSON.stringify(value).length] as const);
  let left = length;
  const dropped = new Set<string>();
  for (const [name, size] of sizes.toSorted((a, b) => b[1] - a[1])) {
    if (left <= MAX_SPAN_CHARACTERS) break;
    dropped.add(name);
    left -= size;
  }
  const kept = Object.fromEntries(Object.entries(json.a).filter(([name]) => !dropped.has(name)));
  const { ev: _, l: __, ...own } = json;
  return left > MAX_SPAN_CHARACTERS ? { ...own, a: kept } : { ...json, a: kept };
}

export function microsFrom([seconds, nanoseconds]: HrTime): number {
  return Math.min(seconds * 1e6 + Math.floor(nanoseconds / 1e3), Number.MAX_SAFE_INTEGER);
}

/** SQLite ends a text at NUL, and half a surrogate pair is not UTF-8. */
export function storable(text: string): string {
  return toJson(text);
}
