import { type SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Content, Facts } from '../interaction/interaction.ts';

/** Seconds and nanoseconds since the Unix epoch. */
export type HrTime = readonly [seconds: number, nanoseconds: number];

/** An event on a span. Attribute values are scalars, lists of scalars, or (over OTLP) nested maps. */
export interface SpanEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A link to another span. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/**
 * An ended span as plain data, whether it comes from this process, from a file or over OTLP. This is what the pipeline,
 * the gateway and the worker pass around; no SDK object is needed to make one.
 */
export interface SpanData {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: SpanStatusCode; readonly message?: string };
  /** The instrumentation that made the span. */
  readonly scope?: { readonly name: string; readonly version?: string };
  readonly events?: readonly SpanEvent[];
  readonly links?: readonly SpanLink[];
  /** Content that travelled beside the span. */
  readonly content?: Content;
  /** What the attributes say, where it is known already: they are then not read. */
  readonly facts?: Facts;
}

/** What we read of an SDK span. Both SDK lines satisfy it; it is spelled out so that neither is imported. */
export interface ReadableSpanLike {
  readonly name: string;
  readonly kind: SpanKind;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: { readonly attributes: Readonly<Record<string, unknown>> };
  readonly status: { readonly code: SpanStatusCode; readonly message?: string };
  readonly instrumentationScope?: { readonly name: string };
}

/** A span that has ended and that is made once somebody looks. */
export interface UnreadSpan {
  /** The same each time. Undefined when nothing is recorded. */
  read(): ReadableSpanLike | undefined;
}

/**
 * @param content what travelled beside the span
 * @param facts what its attributes say, where it is known
 */
export function spanDataFrom(span: ReadableSpanLike, content: Content | undefined, facts?: Facts): SpanData {
  const { traceId, spanId } = span.spanContext();
  return {
    name: span.name,
    kind: span.kind,
    traceId,
    spanId,
    ...(span.parentSpanContext && { parentSpanId: span.parentSpanContext.spanId }),
    startTime: span.startTime,
    endTime: span.endTime,
    attributes: span.attributes,
    resource: span.resource.attributes,
    status: span.status,
    ...(content && { content }),
    ...(facts && { facts }),
  };
}

/** Unix milliseconds with a fraction. */
export function millisFrom([seconds, nanoseconds]: HrTime): number {
  return seconds * 1e3 + nanoseconds / 1e6;
}

export { SpanKind, SpanStatusCode };
