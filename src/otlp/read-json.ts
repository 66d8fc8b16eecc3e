import type { LogData } from '../semconv/log-data.ts';
import type { HrTime, SpanData, SpanEvent, SpanLink } from '../semconv/span-data.ts';
import { Collector, type Decoded, MAX_VALUE_DEPTH } from './decoded.ts';
import { kindFrom, kindNumber, statusCodeFrom, statusNumber } from './enumerations.ts';
import { FormatError } from './format-error.ts';
import { logDataFrom } from './log-data.ts';
import { assertSpanIds, isId } from './span-ids.ts';

type Attributes = Record<string, unknown>;
type Scope = NonNullable<SpanData['scope']>;
/** Anything that was written as a JSON object. Its fields are checked where they are read. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * The spans of a text that is one OTLP/JSON request, or one per line, as the `file:` destination and the Collector's file
 * exporter write them.
 * @throws FormatError names the line
 */
export function spansFromOtlpJson(text: string): SpanData[] {
  const whole = parsed(text);
  if (isRequest(whole)) return everySpan(whole);
  return text.split('\n').flatMap((line, index) => spansFromOtlpLine(line, index + 1));
}

/** The spans of one line of such a file; none of an empty line. @throws FormatError names the line */
export function spansFromOtlpLine(line: string, number: number): SpanData[] {
  if (!line.trim()) return [];
  const request = parsed(line);
  if (!isRequest(request)) {
    throw new FormatError(`Line ${number} is not an OTLP/JSON request: it has no list named resourceSpans.`);
  }
  try {
    return everySpan(request);
  } catch (error) {
    throw error instanceof FormatError ? new FormatError(`Line ${number}: ${error.message}`) : error;
  }
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

function isRequest(value: unknown): boolean {
  return Array.isArray((value as Fields | null | undefined)?.['resourceSpans']);
}

/** A file with a malformed span is rejected as a whole, because an import that left spans out would look complete. */
function everySpan(request: unknown): SpanData[] {
  const { records, reason } = readTraceJson(request);
  if (reason !== undefined) throw new FormatError(reason);
  return [...records];
}

/**
 * The spans of an OTLP/JSON request after `JSON.parse`. Ids are hexadecimal, 64-bit numbers are text or numbers,
 * enumerations are numbers or names; unknown fields are ignored.
 * @throws FormatError when the envelope is malformed
 */
export function readTraceJson(request: unknown): Decoded<SpanData> {
  return readRequest(request, 'resourceSpans', 'scopeSpans', 'spans', spanFrom);
}

/** The log records of an OTLP/JSON request. @throws FormatError */
export function readLogsJson(request: unknown): Decoded<LogData> {
  return readRequest(request, 'resourceLogs', 'scopeLogs', 'logRecords', logFrom);
}

type ReadRecord<T> = (record: Fields, resource: Attributes, scope: Scope | undefined) => T;

function readRequest<T>(
  request: unknown,
  resources: string,
  scopes: string,
  records: string,
  readRecord: ReadRecord<T>,
): Decoded<T> {
  const found = new Collector<T>();
  const root = fieldsOf(request, 'The request');
  for (const [index, item] of listIn(root, resources).entries()) {
    const group = fieldsOf(item, `${resources}[${index}]`);
    const resource = attributesFrom(listIn(optional(group, 'resource'), 'attributes'), 0);
    for (const [inner, scopeItem] of listIn(group, scopes).entries()) {
      const scopeGroup = fieldsOf(scopeItem, `${resources}[${index}].${scopes}[${inner}]`);
      const scope = scopeFrom(optional(scopeGroup, 'scope'));
      for (const [position, record] of listIn(scopeGroup, records).entries()) {
        const path = `${resources}[${index}].${scopes}[${inner}].${records}[${position}]`;
        readInto(found, path, () => readRecord(fieldsOf(record, 'It'), resource, scope));
      }
    }
  }
  return found.done();
}

function readInto<T>(found: Collector<T>, path: string, read: () => T): void {
  try {
    found.add(read());
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    found.reject(`${path}: ${error.message}`);
  }
}

function spanFrom(span: Fields, resource: Attributes, scope: Scope | undefined): SpanData {
  const traceId = textIn(span, 'traceId').toLowerCase();
  const spanId = textIn(span, 'spanId').toLowerCase();
  const parentSpanId = textIn(span, 'parentSpanId').toLowerCase();
  assertSpanIds(traceId, spanId, parentSpanId);
  const status = optional(span, 'status');
  const message = textIn(status, 'message');
  const traceState = textIn(span, 'traceState');
  const events = listIn(span, 'events').map(eventFrom);
  const links = listIn(span, 'links').map(linkFrom);
  return {
    name: textIn(span, 'name'),
    kind: kindFrom(enumerationIn(span, 'kind', kindNumber)),
    traceId,
    spanId,
    ...(isId(parentSpanId, 16) && { parentSpanId }),
    ...(traceState && { traceState }),
    startTime: timeIn(span, 'startTimeUnixNano'),
    endTime: timeIn(span, 'endTimeUnixNano'),
    attributes: attributesFrom(listIn(span, 'attributes'), 0),
    resource,
    status: { code: statusCodeFrom(enumerationIn(status, 'code', statusNumber)), ...(message && { message }) },
    ...(scope && { scope }),
    ...(events.length > 0 && { events }),
    ...(links.length > 0 && { links }),
  };
}

function eventFrom(value: unknown, index: number): SpanEvent {
  const event = fieldsOf(value, `events[${index}]`);
  return {
    name: textIn(event, 'name'),
    time: timeIn(event, 'timeUnixNano'),
    attributes: attributesFrom(listIn(event, 'attributes'), 0),
  };
}

function linkFrom(value: unknown, index: number): SpanLink {
  const link = fieldsOf(value, `links[${index}]`);
  const attributes = attributesFrom(listIn(link, 'attributes'), 0);
  return {
    traceId: textIn(link, 'traceId').toLowerCase(),
    spanId: textIn(link, 'spanId').toLowerCase(),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
}

function logFrom(log: Fields, resource: Attributes, scope: Scope | undefined): LogData {
  return logDataFrom({
    time: timeIn(log, 'timeUnixNano'),
    observed: timeIn(log, 'observedTimeUnixNano'),
    traceId: textIn(log, 'traceId').toLowerCase(),
    spanId: textIn(log, 'spanId').toLowerCase(),
    eventName: textIn(log, 'eventName'),
    severity: Number(log['severityNumber'] ?? 0),
    body: valueFrom(optional(log, 'body'), 0),
    attributes: attributesFrom(listIn(log, 'attributes'), 0),
    resource,
    ...(scope && { scope }),
  });
}

function scopeFrom(scope: Fields): Scope | undefined {
  const name = textIn(scope, 'name');
  const version = textIn(scope, 'version');
  const attributes = attributesFrom(listIn(scope, 'attributes'), 0);
  const hasAttributes = Object.keys(attributes).length > 0;
  if (!name && !version && !hasAttributes) return undefined;
  return { name, ...(version && { version }), ...(hasAttributes && { attributes }) };
}

function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new FormatError(`${path} is not an object.`);
}

/** A message that may be left out, or be null, which proto3 JSON reads alike. */
function optional(fields: Fields, name: string): Fields {
  const value = fields[name];
  return value === undefined || value === null ? {} : fieldsOf(value, name);
}

function listIn(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new FormatError(`${name} is not a list.`);
  return value;
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new FormatError(`${name} is not a text.`);
  return value;
}

function enumerationIn(fields: Fields, name: string, numberOf: (name: string) => number): number {
  const value = fields[name];
  return typeof value === 'string' ? numberOf(value) : typeof value === 'number' ? value : 0;
}

const BILLION = 1_000_000_000n;
const MAX_TIME = 2n ** 64n;

function timeIn(fields: Fields, name: string): HrTime {
  const value = fields[name] ?? 0;
  if (value === 0 || value === '') return [0, 0];
  const isNumber = typeof value === 'number' && Number.isSafeInteger(Math.trunc(value / 1e6)) && value >= 0;
  if (!isNumber && !(typeof value === 'string' && /^\d{1,20}$/.test(value))) {
    throw new FormatError(`${name} is not a number of nanoseconds.`);
  }
  const time = BigInt(typeof value === 'number' ? Math.trunc(value) : value);
  if (time >= MAX_TIME) throw new FormatError(`${name} is not a number of nanoseconds.`);
  return [Number(time / BILLION), Number(time % BILLION)];
}

export function unixNanoFrom([seconds, nanoseconds]: HrTime): string {
  return String(BigInt(seconds) * BILLION + BigInt(nanoseconds));
}

function attributesFrom(list: readonly unknown[], depth: number): Attributes {
  const attributes: Attributes = {};
  for (const item of list) {
    const pair = fieldsOf(item, 'An attribute');
    const key = textIn(pair, 'key');
    const value = valueFrom(optional(pair, 'value'), depth);
    // An assignment to `__proto__` would change the record itself.
    if (value !== undefined && key !== '__proto__') attributes[key] = value;
  }
  return attributes;
}

function valueFrom(value: Fields, depth: number): unknown {
  if (depth > MAX_VALUE_DEPTH) throw new FormatError(`An attribute is nested deeper than ${MAX_VALUE_DEPTH} levels.`);
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (intValue !== undefined && intValue !== null) return integerFrom(intValue);
  if (typeof boolValue === 'boolean') return boolValue;
  // NaN and the infinities are texts in proto3 JSON.
  if (typeof doubleValue === 'number' || typeof doubleValue === 'string') return Number(doubleValue);
  if (typeof bytesValue === 'string') return bytesValue;
  if (value['arrayValue']) {
    const items = listIn(optional(value, 'arrayValue'), 'values');
    return items.map((item) => valueFrom(fieldsOf(item, 'A value'), depth + 1) ?? null);
  }
  if (value['kvlistValue']) return attributesFrom(listIn(optional(value, 'kvlistValue'), 'values'), depth + 1);
  return undefined;
}

/** An int64: a number where one holds it exactly, else its decimal digits. */
function integerFrom(value: unknown): number | string {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return value;
  if (Number.isFinite(number) && typeof value === 'number') return number;
  throw new FormatError(`intValue '${String(value).slice(0, 40)}' is not a whole number.`);
}
