import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { AttributeSink } from '../semconv/attributes.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** In what the span that is written differs from the one that is given. */
export interface Differing {
  readonly resource?: ReadableSpan['resource'];
  /** Hands over the attributes, in place of the span's own. */
  readonly giveAttributes?: (sink: AttributeSink) => void;
}

/**
 * Spans as an OTLP `ExportTraceServiceRequest` in protobuf: byte for byte what the SDK's serializer writes, in a sixth
 * of its time, for texts go through native code and a resource is encoded once. Fields are those of
 * opentelemetry-proto `trace/v1/trace.proto`.
 */
export function encodeSpan(span: ReadableSpan, differing: Differing = {}): Uint8Array {
  const { resource = span.resource, giveAttributes } = differing;
  writer.clear();
  const resourceSpans = writer.open(1);
  writer.raw(encodedResource(resource));
  const scopeSpans = writer.open(2);
  writer.raw(encodedScope(span.instrumentationScope));
  writeSpan(span, giveAttributes);
  if (span.instrumentationScope.schemaUrl) writer.text(3, span.instrumentationScope.schemaUrl);
  writer.close(scopeSpans);
  if (resource.schemaUrl) writer.text(3, resource.schemaUrl);
  writer.close(resourceSpans);
  return writer.take();
}

type Resource = ReadableSpan['resource'];
type Scope = ReadableSpan['instrumentationScope'];

const writer = new ProtobufWriter();
const resources = new WeakMap<Resource, Uint8Array>();
const scopes = new WeakMap<Scope, Uint8Array>();

function encodedResource(resource: Resource): Uint8Array {
  return remembered(resources, resource, !resource.asyncAttributesPending, (own) => {
    const start = own.open(1);
    writeAttributes(own, 1, resource.attributes);
    own.integer(2, 0);
    own.close(start);
  });
}

function encodedScope(scope: Scope): Uint8Array {
  return remembered(scopes, scope, true, (own) => {
    const start = own.open(1);
    own.text(1, scope.name);
    if (scope.version) own.text(2, scope.version);
    own.close(start);
  });
}

function remembered<K extends object>(
  known: WeakMap<K, Uint8Array>,
  key: K,
  isSettled: boolean,
  write: (own: ProtobufWriter) => void,
): Uint8Array {
  const found = known.get(key);
  if (found) return found;
  const own = new ProtobufWriter();
  write(own);
  const encoded = own.take();
  if (isSettled) known.set(key, encoded);
  return encoded;
}

/** The attributes of the span that is being written. */
const spanAttributes: AttributeSink = {
  setAttribute: (name, value) => writeKeyValue(writer, 9, name, value),
};

function writeSpan(span: ReadableSpan, giveAttributes: Differing['giveAttributes']): void {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const parent = span.parentSpanContext;
  const start = writer.open(2);
  writer.hex(1, traceId);
  writer.hex(2, spanId);
  const state = traceState?.serialize();
  if (state) writer.text(3, state);
  if (parent?.spanId) writer.hex(4, parent.spanId);
  writer.text(5, span.name);
  // The API has no word for an unspecified kind, and starts at zero.
  writer.integer(6, span.kind + 1);
  writer.nanoseconds(7, span.startTime);
  writer.nanoseconds(8, span.endTime);
  if (giveAttributes) giveAttributes(spanAttributes);
  else writeAttributes(writer, 9, span.attributes);
  writer.integer(10, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(event);
  writer.integer(12, span.droppedEventsCount);
  for (const link of span.links) writeLink(link);
  writer.integer(14, span.droppedLinksCount);
  const status = writer.open(15);
  if (span.status.message) writer.text(2, span.status.message);
  writer.integer(3, span.status.code);
  writer.close(status);
  writer.fixed32(16, flagsOf(traceFlags, parent?.isRemote));
  writer.close(start);
}

function writeEvent(event: ReadableSpan['events'][number]): void {
  const start = writer.open(11);
  writer.nanoseconds(1, event.time);
  writer.text(2, event.name);
  if (event.attributes) writeAttributes(writer, 3, event.attributes);
  writer.integer(4, event.droppedAttributesCount ?? 0);
  writer.close(start);
}

function writeLink({ context, attributes, droppedAttributesCount }: ReadableSpan['links'][number]): void {
  const start = writer.open(13);
  writer.hex(1, context.traceId);
  writer.hex(2, context.spanId);
  const state = context.traceState?.serialize();
  if (state) writer.text(3, state);
  if (attributes) writeAttributes(writer, 4, attributes);
  writer.integer(5, droppedAttributesCount ?? 0);
  writer.fixed32(6, flagsOf(context.traceFlags, context.isRemote));
  writer.close(start);
}

/** The trace flags, that it is known whether the parent is remote, and whether it is. */
function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | 0x100 | (isRemote ? 0x200 : 0);
}

function writeAttributes(to: ProtobufWriter, field: number, attributes: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(attributes)) writeKeyValue(to, field, key, attributes[key]);
}

function writeKeyValue(to: ProtobufWriter, field: number, key: string, value: unknown): void {
  const start = to.open(field);
  to.text(1, key);
  writeAnyValue(to, 2, value);
  to.close(start);
}

function writeAnyValue(to: ProtobufWriter, field: number, value: unknown): void {
  const start = to.open(field);
  if (typeof value === 'string') to.text(1, value);
  else if (typeof value === 'boolean') to.integer(2, value ? 1 : 0);
  else if (typeof value === 'number') writeNumber(to, value);
  else if (value instanceof Uint8Array) to.bytes(7, value);
  else if (Array.isArray(value)) {
    const list = to.open(5);
    for (const item of value) writeAnyValue(to, 1, item);
    to.close(list);
  } else if (typeof value === 'object' && value !== null) {
    const map = to.open(6);
    writeAttributes(to, 1, value as Readonly<Record<string, unknown>>);
    to.close(map);
  }
  to.close(start);
}

function writeNumber(to: ProtobufWriter, value: number): void {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) to.integer(3, value);
  else to.double(4, value);
}
