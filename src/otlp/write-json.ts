import { wellFormed } from '../interaction/text.ts';
import type { AttributeSink } from '../semconv/attributes.ts';
import {
  type HrTime,
  isSpanData,
  parentIdOf,
  type ReadableSpanLike,
  type SpanData,
  type SpanScope,
  scopeOf,
} from '../semconv/span-data.ts';
import { unixNanoFrom } from './read-json.ts';
import { flagsOf, noScope, resourceOf, type SpanChanges } from './span-changes.ts';

type Attributes = Readonly<Record<string, unknown>>;

/**
 * A span as an OTLP export request in JSON, in the form of the SDK's serializer. The serializer itself would bring the
 * SDK's metrics and logs with it.
 */
export function spanToJson(span: ReadableSpanLike | SpanData, changes: SpanChanges = {}): string {
  const { resource = resourceOf(span) } = changes;
  const scope = (isSpanData(span) ? span.scope : scopeOf(span)) ?? noScope;
  const schemaUrl = resource.schemaUrl || undefined;
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource.attributes), droppedAttributesCount: 0, schemaUrl },
        scopeSpans: [
          { scope: scopeFrom(scope, changes), spans: [spanFrom(span, changes)], schemaUrl: scope.schemaUrl },
        ],
        schemaUrl,
      },
    ],
  });
}

function scopeFrom({ name, version, attributes }: SpanScope, changes: SpanChanges): object {
  return { name: wellFormed(name), version, attributes: attributes && linkKeyValues(attributes, changes) };
}

/** Fields that are undefined are left out by `JSON.stringify`. */
function spanFrom(span: ReadableSpanLike | SpanData, changes: SpanChanges): object {
  const { giveAttributes, statusMessage } = changes;
  const { code, message = undefined } = span.status;
  return {
    ...(isSpanData(span) ? dataIds(span) : sdkIds(span)),
    name: wellFormed(changes.name ?? span.name),
    // The API has no unspecified kind and counts from zero.
    kind: span.kind + 1,
    startTimeUnixNano: unixNano(span.startTime),
    endTimeUnixNano: unixNano(span.endTime),
    attributes: giveAttributes ? given(giveAttributes) : keyValues(span.attributes),
    ...(isSpanData(span) ? dataEvents(span, changes) : sdkEvents(span, changes)),
    status: { code, message: optional(statusMessage ?? message) },
    flags: isSpanData(span) ? 1 : flagsOf(span.spanContext(), span.parentSpanContext),
  };
}

function dataIds({ traceId, spanId, parentSpanId, traceState }: SpanData): object {
  return { traceId, spanId, parentSpanId, traceState };
}

function sdkIds(span: ReadableSpanLike): object {
  const { traceId, spanId, traceState } = span.spanContext();
  return { traceId, spanId, parentSpanId: parentIdOf(span) || undefined, traceState: traceState?.serialize() };
}

function dataEvents({ events = [], links = [] }: SpanData, changes: SpanChanges): object {
  return {
    events: events.map(({ name, time, attributes }) => eventFrom(name, time, attributes, changes)),
    links: links.map(({ traceId, spanId, attributes = {} }) => ({
      attributes: linkKeyValues(attributes, changes),
      spanId,
      traceId,
    })),
  };
}

function sdkEvents(span: ReadableSpanLike, changes: SpanChanges): object {
  return {
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    events: (span.events ?? []).map(({ name, time, attributes = {}, droppedAttributesCount = 0 }) => ({
      ...eventFrom(name, time, attributes, changes),
      droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount ?? 0,
    links: (span.links ?? []).map(({ context, attributes = {}, droppedAttributesCount = 0 }) => ({
      attributes: linkKeyValues(attributes, changes),
      spanId: context.spanId,
      traceId: context.traceId,
      traceState: context.traceState?.serialize(),
      droppedAttributesCount,
      flags: flagsOf(context, context),
    })),
    droppedLinksCount: span.droppedLinksCount ?? 0,
  };
}

function eventFrom(name: string, time: HrTime, attributes: Attributes, { eventAttributes }: SpanChanges): object {
  const allowed = eventAttributes ? eventAttributes(name, attributes) : attributes;
  return { attributes: keyValues(allowed), name: wellFormed(name), timeUnixNano: unixNano(time) };
}

function linkKeyValues(attributes: Attributes, { linkAttributes }: SpanChanges): object[] {
  return keyValues(linkAttributes ? linkAttributes(attributes) : attributes);
}

function given(giveAttributes: (sink: AttributeSink) => void): object[] {
  const list: object[] = [];
  giveAttributes({ setAttribute: (name, value) => list.push(keyValue(name, value)) });
  return list;
}

function keyValues(attributes: Attributes): object[] {
  return Object.keys(attributes).map((name) => keyValue(name, attributes[name]));
}

function keyValue(name: string, value: unknown): object {
  return { key: wellFormed(name), value: anyValue(value) };
}

function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: wellFormed(value) };
  if (typeof value === 'number') return numberValue(value);
  if (typeof value === 'boolean') return { boolValue: value };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (typeof value === 'object' && value !== null) return { kvlistValue: { values: keyValues(value as Attributes) } };
  return {};
}

/** JSON cannot write NaN and infinity as numbers; protobuf's JSON form writes their names. */
function numberValue(value: number): object {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) return { intValue: value };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

function unixNano([seconds, nanoseconds]: HrTime): string {
  return unixNanoFrom([seconds, Math.floor(nanoseconds)]);
}

function optional(text: string | undefined): string | undefined {
  return text === undefined ? undefined : wellFormed(text);
}
