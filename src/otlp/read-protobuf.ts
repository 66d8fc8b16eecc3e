import type { Writable } from '../interaction/interaction.ts';
import type { LogData } from '../semconv/log-data.ts';
import type { HrTime, SpanData, SpanEvent, SpanLink, SpanStatusCode } from '../semconv/span-data.ts';
import { Collector, type Decoded, MAX_VALUE_DEPTH } from './decoded.ts';
import { kindFrom, statusCodeFrom } from './enumerations.ts';
import { FormatError } from './format-error.ts';
import { logDataFrom } from './log-data.ts';
import { ProtobufReader, type Range } from './protobuf-reader.ts';
import { assertSpanIds, isId } from './span-ids.ts';

type Attributes = Record<string, unknown>;
type Scope = NonNullable<SpanData['scope']>;

/**
 * The spans of an `ExportTraceServiceRequest`. Field numbers are those of opentelemetry-proto `trace/v1/trace.proto`.
 * @throws FormatError when the bytes are not protobuf of this shape
 */
export function readTraceProtobuf(bytes: Uint8Array): Decoded<SpanData> {
  return readRequest(bytes, (reader, resource, scope) => readSpan(reader, resource, scope));
}

/** The records of an `ExportLogsServiceRequest`, after `logs/v1/logs.proto`. @throws FormatError */
export function readLogsProtobuf(bytes: Uint8Array): Decoded<LogData> {
  return readRequest(bytes, (reader, resource, scope) => readLog(reader, resource, scope));
}

type ReadRecord<T> = (reader: ProtobufReader, resource: Attributes, scope: Scope | undefined) => T;

/** Traces and logs have the same envelope: resources (1), in them scopes (2), in those records (2). */
function readRequest<T>(bytes: Uint8Array, readRecord: ReadRecord<T>): Decoded<T> {
  const reader = new ProtobufReader(bytes);
  const found = new Collector<T>();
  while (reader.next()) {
    if (reader.field === 1) readResourceGroup(reader, found, readRecord);
    else reader.skip();
  }
  return found.done();
}

/** The resource may stand behind its records, so that they are read in a second pass. */
function readResourceGroup<T>(reader: ProtobufReader, found: Collector<T>, readRecord: ReadRecord<T>): void {
  const outer = reader.enter();
  const { end } = reader;
  let resource: Attributes = {};
  const groups: Range[] = [];
  while (reader.next()) {
    if (reader.field === 1) resource = readAttributesMessage(reader, 1);
    else if (reader.field === 2) groups.push(reader.range());
    else reader.skip();
  }
  for (const group of groups) {
    reader.moveTo(group.start, group.end);
    readScopeGroup(reader, resource, found, readRecord);
  }
  reader.moveTo(end, outer);
}

function readScopeGroup<T>(
  reader: ProtobufReader,
  resource: Attributes,
  found: Collector<T>,
  readRecord: ReadRecord<T>,
): void {
  let scope: Scope | undefined;
  const records: Range[] = [];
  while (reader.next()) {
    if (reader.field === 1) scope = readScope(reader);
    else if (reader.field === 2) records.push(reader.range());
    else reader.skip();
  }
  for (const { start, end } of records) {
    reader.moveTo(start, end);
    try {
      found.add(readRecord(reader, resource, scope));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      found.reject(error.message);
    }
  }
}

function readScope(reader: ProtobufReader): Scope | undefined {
  const outer = reader.enter();
  let name = '';
  let version = '';
  const attributes: Attributes = {};
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) version = reader.text();
    else if (reader.field === 3) readKeyValue(reader, attributes, 0);
    else reader.skip();
  }
  reader.leave(outer);
  const hasAttributes = Object.keys(attributes).length > 0;
  if (!name && !version && !hasAttributes) return undefined;
  return { name, ...(version && { version }), ...(hasAttributes && { attributes }) };
}

const EPOCH: HrTime = [0, 0];

function readSpan(reader: ProtobufReader, resource: Attributes, scope: Scope | undefined): SpanData {
  const attributes: Attributes = {};
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let traceState = '';
  let name = '';
  let kind = 0;
  let startTime = EPOCH;
  let endTime = EPOCH;
  let status: SpanData['status'] = unset;
  while (reader.next()) {
    if (reader.field === 9) readKeyValue(reader, attributes, 0);
    else if (reader.field === 1) traceId = reader.hex();
    else if (reader.field === 2) spanId = reader.hex();
    else if (reader.field === 3) traceState = reader.text();
    else if (reader.field === 4) parentSpanId = reader.hex();
    else if (reader.field === 5) name = reader.text();
    else if (reader.field === 6) kind = reader.varint();
    else if (reader.field === 7) startTime = reader.nanoseconds();
    else if (reader.field === 8) endTime = reader.nanoseconds();
    else if (reader.field === 11) events.push(readEvent(reader));
    else if (reader.field === 13) links.push(readLink(reader));
    else if (reader.field === 15) status = readStatus(reader);
    else reader.skip();
  }
  assertSpanIds(traceId, spanId, parentSpanId);
  const span: Writable<SpanData> = {
    name,
    kind: kindFrom(kind),
    traceId,
    spanId,
    startTime,
    endTime,
    attributes,
    resource,
    status,
  };
  if (parentSpanId !== '' && isId(parentSpanId, 16)) span.parentSpanId = parentSpanId;
  if (traceState !== '') span.traceState = traceState;
  if (scope) span.scope = scope;
  if (events.length > 0) span.events = events;
  if (links.length > 0) span.links = links;
  return span;
}

const unset = { code: statusCodeFrom(0) };

function readStatus(reader: ProtobufReader): { code: SpanStatusCode; message?: string } {
  const outer = reader.enter();
  let code = 0;
  let message = '';
  while (reader.next()) {
    if (reader.field === 2) message = reader.text();
    else if (reader.field === 3) code = reader.varint();
    else reader.skip();
  }
  reader.leave(outer);
  return { code: statusCodeFrom(code), ...(message && { message }) };
}

function readEvent(reader: ProtobufReader): SpanEvent {
  const outer = reader.enter();
  const attributes: Attributes = {};
  let name = '';
  let time = EPOCH;
  while (reader.next()) {
    if (reader.field === 1) time = reader.nanoseconds();
    else if (reader.field === 2) name = reader.text();
    else if (reader.field === 3) readKeyValue(reader, attributes, 0);
    else reader.skip();
  }
  reader.leave(outer);
  return { name, time, attributes };
}

function readLink(reader: ProtobufReader): SpanLink {
  const outer = reader.enter();
  const attributes: Attributes = {};
  let traceId = '';
  let spanId = '';
  while (reader.next()) {
    if (reader.field === 1) traceId = reader.hex();
    else if (reader.field === 2) spanId = reader.hex();
    else if (reader.field === 4) readKeyValue(reader, attributes, 0);
    else reader.skip();
  }
  reader.leave(outer);
  return { traceId, spanId, ...(Object.keys(attributes).length > 0 && { attributes }) };
}

function readLog(reader: ProtobufReader, resource: Attributes, scope: Scope | undefined): LogData {
  const attributes: Attributes = {};
  let time = EPOCH;
  let observed = EPOCH;
  let severity = 0;
  let body: unknown;
  let traceId = '';
  let spanId = '';
  let eventName = '';
  while (reader.next()) {
    if (reader.field === 6) readKeyValue(reader, attributes, 0);
    else if (reader.field === 1) time = reader.nanoseconds();
    else if (reader.field === 11) observed = reader.nanoseconds();
    else if (reader.field === 2) severity = reader.varint();
    else if (reader.field === 5) body = readValue(reader, 0);
    else if (reader.field === 9) traceId = reader.hex();
    else if (reader.field === 10) spanId = reader.hex();
    else if (reader.field === 12) eventName = reader.text();
    else reader.skip();
  }
  const ids = { traceId, spanId, eventName };
  return logDataFrom({ time, observed, ...ids, severity, body, attributes, resource, ...(scope && { scope }) });
}

/** A message whose field `field` is a list of attributes. */
function readAttributesMessage(reader: ProtobufReader, field: number, depth = 0): Attributes {
  const outer = reader.enter();
  const attributes: Attributes = {};
  while (reader.next()) {
    if (reader.field === field) readKeyValue(reader, attributes, depth);
    else reader.skip();
  }
  reader.leave(outer);
  return attributes;
}

function readKeyValue(reader: ProtobufReader, into: Attributes, depth: number): void {
  const outer = reader.enter();
  let key = '';
  let value: unknown;
  while (reader.next()) {
    if (reader.field === 1) key = reader.key();
    else if (reader.field === 2) value = readValue(reader, depth);
    else reader.skip();
  }
  reader.leave(outer);
  // An assignment to `__proto__` would change the record itself.
  if (value !== undefined && key !== '__proto__') into[key] = value;
}

/** An `AnyValue`. Bytes come out as base64, as OTLP/JSON writes them. */
function readValue(reader: ProtobufReader, depth: number): unknown {
  if (depth > MAX_VALUE_DEPTH) throw new FormatError(`An attribute is nested deeper than ${MAX_VALUE_DEPTH} levels.`);
  const outer = reader.enter();
  let value: unknown;
  while (reader.next()) {
    if (reader.field === 1) value = reader.text();
    else if (reader.field === 2) value = reader.varint() !== 0;
    else if (reader.field === 3) value = reader.int64();
    else if (reader.field === 4) value = reader.double();
    else if (reader.field === 5) value = readList(reader, depth + 1);
    else if (reader.field === 6) value = readAttributesMessage(reader, 1, depth + 1);
    else if (reader.field === 7) value = reader.bytes().toString('base64');
    else reader.skip();
  }
  reader.leave(outer);
  return value;
}

function readList(reader: ProtobufReader, depth: number): unknown[] {
  const outer = reader.enter();
  const values: unknown[] = [];
  while (reader.next()) {
    if (reader.field === 1) values.push(readValue(reader, depth) ?? null);
    else reader.skip();
  }
  reader.leave(outer);
  return values;
}
