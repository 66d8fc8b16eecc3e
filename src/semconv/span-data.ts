import { type SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Content, Facts, Writable } from '../interaction/interaction.ts';

/** Seconds and nanoseconds since the Unix epoch. */
export type HrTime = readonly [seconds: number, nanoseconds: number];

/** An event on a span. Attribute values are scalars, lists of scalars, or (over OTLP) nested maps. */
export interface SpanEvent {
  /** The name of the event. */
  readonly name: string;
  /** When it happened. */
  readonly time: HrTime;
  /** Attributes of the event. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The instrumentation that made a span. */
export interface SpanScope {
  /** The name of the instrumentation. */
  readonly name: string;
  /** Its version. */
  readonly version?: string;
  /** The schema of its attributes. */
  readonly schemaUrl?: string;
  /** Its own attributes. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** A link to another span. */
export interface SpanLink {
  /** 32 lowercase hexadecimal digits. */
  readonly traceId: string;
  /** 16 lowercase hexadecimal digits. */
  readonly spanId: string;
  /** Attributes of the link. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/**
 * An ended span as plain data, from this process, a file or OTLP. The pipeline, the gateway and the worker use it, so
 * that they do not depend on the objects of an SDK.
 */
export interface SpanData {
  /** The name of the span. */
  readonly name: string;
  /** The kind of the span. */
  readonly kind: SpanKind;
  /** 32 lowercase hexadecimal digits. */
  readonly traceId: string;
  /** 16 lowercase hexadecimal digits. */
  readonly spanId: string;
  /** 16 lowercase hexadecimal digits; missing at the root of a trace. */
  readonly parentSpanId?: string;
  /** When it began. */
  readonly startTime: HrTime;
  /** When it ended. */
  readonly endTime: HrTime;
  /** Attributes by name. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** Status, as the instrumentation set it. */
  readonly status: { readonly code: SpanStatusCode; readonly message?: string };
  /** The instrumentation that made the span. */
  readonly scope?: SpanScope;
  /** W3C trace state, in its header form. */
  readonly traceState?: string;
  /** Events on the span. */
  readonly events?: readonly SpanEvent[];
  /** Links to other spans. */
  readonly links?: readonly SpanLink[];
  /** The content, if it is not in the attributes. */
  readonly content?: Content;
  /** The facts in the attributes, if they are already known. The attributes are then not read. */
  readonly facts?: Facts;
}

/**
 * The part of an SDK span that we read. The spans of SDK 1.x, 2.x and 3.x have this type, so that no SDK is imported.
 */
export interface ReadableSpanLike {
  readonly name: string;
  readonly kind: SpanKind;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext;
  /** SDK 1.x has only the id of the parent. */
  readonly parentSpanId?: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: ReadableResource;
  readonly status: { readonly code: SpanStatusCode; readonly message?: string };
  readonly instrumentationScope?: SpanScope;
  /** The name of the scope in SDK 1.x. */
  readonly instrumentationLibrary?: SpanScope;
  readonly events?: readonly ReadableEvent[];
  readonly links?: readonly ReadableLink[];
  readonly droppedAttributesCount?: number;
  readonly droppedEventsCount?: number;
  readonly droppedLinksCount?: number;
}

export interface ReadableResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly schemaUrl?: string;
  readonly asyncAttributesPending?: boolean;
}

export interface ReadableEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount?: number;
}

export interface ReadableLink {
  readonly context: SpanContext;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount?: number;
}

/** An ended span that is created when it is read. */
export interface LateSpan {
  /** Returns the same object each time. Undefined if the span is not recorded. */
  read(): ReadableSpanLike | undefined;
}

export type { LateSpan as UnreadSpan };

export function isSpanData(span: ReadableSpanLike | SpanData): span is SpanData {
  return typeof (span as ReadableSpanLike).spanContext !== 'function';
}

/**
 * @param content the content, if it is not in the attributes
 * @param facts the facts in the attributes, if they are already known
 */
export function spanDataFrom(span: ReadableSpanLike, content: Content | undefined, facts?: Facts): SpanData {
  const { traceId, spanId, traceState } = span.spanContext();
  const { events, links } = span;
  const data: Writable<SpanData> = {
    name: span.name,
    kind: span.kind,
    traceId,
    spanId,
    startTime: span.startTime,
    endTime: span.endTime,
    attributes: span.attributes,
    resource: span.resource.attributes,
    status: span.status,
  };
  // Assigned one by one: this runs for every span, and conditional spreads are slow.
  const parentSpanId = parentIdOf(span);
  const scope = scopeOf(span);
  if (parentSpanId) data.parentSpanId = parentSpanId;
  if (scope) data.scope = scope;
  if (traceState) data.traceState = traceState.serialize();
  if (events && events.length > 0) data.events = events.map(eventFrom);
  if (links && links.length > 0) data.links = links.map(linkFrom);
  if (content) data.content = content;
  if (facts) data.facts = facts;
  return data;
}

export function parentIdOf(span: ReadableSpanLike): string | undefined {
  return span.parentSpanContext?.spanId ?? span.parentSpanId;
}

export function scopeOf(span: ReadableSpanLike): SpanScope | undefined {
  return span.instrumentationScope ?? span.instrumentationLibrary;
}

/** The parts of a span that identify its tracer. */
export function originOf(span: ReadableSpanLike | SpanData): Pick<SpanData, 'attributes' | 'scope'> {
  if (isSpanData(span)) return span;
  const { attributes } = span;
  const scope = scopeOf(span);
  return scope ? { attributes, scope } : { attributes };
}

function eventFrom({ name, time, attributes = {} }: ReadableEvent): SpanEvent {
  return { name, time, attributes };
}

function linkFrom({ context, attributes }: ReadableLink): SpanLink {
  return { traceId: context.traceId, spanId: context.spanId, ...(attributes && { attributes }) };
}

/** Unix milliseconds as seconds and nanoseconds. */
export function hrTimeFrom(millis: number): HrTime {
  const seconds = Math.floor(millis / 1e3);
  const nanoseconds = Math.round((millis - seconds * 1e3) * 1e6);
  return nanoseconds === 1e9 ? [seconds + 1, 0] : [seconds, nanoseconds];
}

/** Unix milliseconds with a fraction. */
export function millisFrom([seconds, nanoseconds]: HrTime): number {
  return seconds * 1e3 + nanoseconds / 1e6;
}

export { SpanKind, SpanStatusCode };
