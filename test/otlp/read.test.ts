import { SpanKind, TraceFlags } from '@opentelemetry/api';
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/otlp/format-error.ts';
import { readLogsJson, readTraceJson, spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { readLogsProtobuf, readTraceProtobuf } from '../../src/otlp/read-protobuf.ts';
import { spanToJson } from '../../src/otlp/write-json.ts';
import { encodeSpan } from '../../src/otlp/write-protobuf.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits - 1}}[1-9a-f]$`), { size: 'max' });
// Half a surrogate pair is no UTF-8: both serialisers replace it, each at another moment.
const anyText = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 300 }));
const anyScalar = fc.oneof(
  anyText,
  fc.boolean(),
  // Beyond 2^53 the SDK writes a whole number as an int64, of which a number holds no more than 53 bits.
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value))
    .map((value) => value + 0),
  fc.integer(),
  fc.maxSafeInteger(),
);
// A key that would be the prototype is left out by the readers.
const anyKey = anyText.filter((key) => key !== '__proto__');
const anyAttributes = fc.dictionary(anyKey, fc.oneof(anyScalar, fc.array(anyText), fc.array(fc.boolean())), {
  maxKeys: 6,
});
const anyTime = fc.tuple(fc.integer({ min: 0, max: 2 ** 33 }), fc.integer({ min: 0, max: 999_999_999 }));
const anyContext = fc.record({ traceId: hex(32), spanId: hex(16), traceFlags: fc.constant(TraceFlags.SAMPLED) });
const anySpan = fc.record({
  name: anyText,
  kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
  context: anyContext,
  parent: fc.option(anyContext, { nil: undefined }),
  startTime: anyTime,
  endTime: anyTime,
  attributes: anyAttributes,
  // The SDK's resources lose names such as `toString`.
  resource: fc.dictionary(fc.constantFrom('service.name', 'host.name', 'x'), anyScalar),
  scope: fc.record({ name: fc.string({ minLength: 1 }), version: fc.string({ minLength: 1 }) }),
  events: fc.array(fc.record({ name: anyText, time: anyTime, attributes: anyAttributes }), { maxLength: 3 }),
  links: fc.array(fc.record({ context: anyContext, attributes: anyAttributes }), { maxLength: 3 }),
  status: fc.record({ code: fc.constantFrom(0, 1, 2), message: fc.string({ minLength: 1 }) }),
});
type AnySpan = typeof anySpan extends fc.Arbitrary<infer T> ? T : never;

function sdkSpan({ context, parent, resource, scope, ...span }: AnySpan): ReadableSpan {
  return {
    ...span,
    spanContext: () => context,
    ...(parent && { parentSpanContext: parent }),
    duration: [0, 0],
    ended: true,
    resource: resourceFromAttributes(resource),
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function expected({ context, parent, events, links, ...span }: AnySpan): SpanData {
  return {
    ...span,
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parent && { parentSpanId: parent.spanId }),
    ...(events.length > 0 && { events }),
    ...(links.length > 0 && {
      links: links.map(({ context: { traceId, spanId }, attributes }) => ({
        traceId,
        spanId,
        ...(Object.keys(attributes).length > 0 && { attributes }),
      })),
    }),
  };
}

const json = (spans: readonly ReadableSpan[]): unknown =>
  JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest([...spans]) ?? []).toString());
const protobuf = (spans: readonly ReadableSpan[]): Uint8Array =>
  ProtobufTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array();

const ordinary: AnySpan = {
  name: 'chat gpt-4o',
  kind: SpanKind.CLIENT,
  context: { traceId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90', spanId: '0123456789abcdef', traceFlags: 1 },
  parent: undefined,
  startTime: [1_760_000_000, 123_456_789],
  endTime: [1_760_000_001, 987_654_321],
  attributes: { 'gen_ai.operation.name': 'chat', count: 5, part: 0.5, yes: true, list: ['a', 'b'] },
  resource: { 'service.name': 'shop' },
  scope: { name: 'spanport', version: '1' },
  events: [],
  links: [],
  status: { code: 0, message: 'm' },
};

describe('spans that the SDK serialised', () => {
  it('come back from protobuf', () => {
    fc.assert(
      fc.property(fc.array(anySpan, { minLength: 1, maxLength: 4 }), (spans) => {
        const { records, rejected } = readTraceProtobuf(protobuf(spans.map(sdkSpan)));
        expect(rejected).toBe(0);
        expect(new Set(records)).toEqual(new Set(spans.map(expected)));
      }),
    );
  });

  it('come back from JSON', () => {
    fc.assert(
      fc.property(fc.array(anySpan, { minLength: 1, maxLength: 4 }), (spans) => {
        const { records, rejected } = readTraceJson(json(spans.map(sdkSpan)));
        expect(rejected).toBe(0);
        expect(new Set(records)).toEqual(new Set(spans.map(expected)));
      }),
    );
  });

  it('keep times to the nanosecond up to the largest', () => {
    const span = { ...ordinary, startTime: [18_446_744_073, 709_551_615] as [number, number] };
    expect(readTraceProtobuf(protobuf([sdkSpan(span)])).records[0]?.startTime).toEqual([18_446_744_073, 709_551_615]);
  });
});

it('attributes of a scope come back from JSON and protobuf', () => {
  const scope = { name: 'my.library', version: '1', attributes: { text: 'x', count: 5, list: ['a', { b: true }] } };
  const span = { ...expected(ordinary), scope };
  expect(spansFromOtlpJson(spanToJson(span))).toEqual([span]);
  expect(readTraceProtobuf(encodeSpan(span)).records).toEqual([span]);
});

/** The messages within a message, by the number of their field. */
interface Layout {
  readonly [field: number]: Layout;
}
const KEY_VALUE: Layout = { 2: {} };
const SPAN: Layout = { 9: KEY_VALUE, 11: { 3: KEY_VALUE }, 13: { 4: KEY_VALUE }, 15: {} };
const REQUEST: Layout = { 1: { 1: { 1: KEY_VALUE }, 2: { 1: {}, 2: SPAN } } };

function varint(value: number): Buffer {
  return value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value & 127) | 128), varint(value >>> 7)]);
}

/** The same message with unknown fields before, between and behind the fields of every message in it. */
function withUnknownFields(bytes: Buffer, layout: Layout, unknown: Buffer): Buffer {
  const parts = [unknown];
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = number();
    const inner = layout[tag >>> 3];
    if ((tag & 7) === 2) {
      const length = number();
      const content = bytes.subarray(at, at + length);
      at += length;
      const changed = inner ? withUnknownFields(content, inner, unknown) : content;
      parts.push(varint(tag), varint(changed.length), changed);
    } else {
      if ((tag & 7) === 0) number();
      else at += (tag & 7) === 1 ? 8 : 4;
      parts.push(bytes.subarray(start, at));
    }
    parts.push(unknown);
  }
  return Buffer.concat(parts);
}

const unknownField = fc.oneof(
  fc.nat().map((value) => Buffer.concat([varint(900 << 3), varint(value)])),
  fc.constant(Buffer.concat([varint((901 << 3) | 1), Buffer.alloc(8, 255)])),
  fc
    .uint8Array({ maxLength: 300 })
    .map((value) => Buffer.concat([varint((902 << 3) | 2), varint(value.length), value])),
  fc.constant(Buffer.concat([varint((903 << 3) | 5), Buffer.alloc(4, 255)])),
);

it('fields that a later version of the protocol adds are passed over', () => {
  fc.assert(
    fc.property(fc.array(anySpan, { minLength: 1, maxLength: 3 }), fc.array(unknownField), (spans, unknown) => {
      const bytes = Buffer.from(protobuf(spans.map(sdkSpan)));
      const read = readTraceProtobuf(withUnknownFields(bytes, REQUEST, Buffer.concat(unknown)));
      expect(read).toEqual(readTraceProtobuf(bytes));
      expect(read.records).toHaveLength(spans.length);
    }),
  );
});

describe('log records', () => {
  const record = {
    hrTime: [1_760_000_000, 5],
    hrTimeObserved: [1_760_000_001, 6],
    spanContext: ordinary.context,
    severityNumber: 9,
    body: { role: 'user', content: 'Hi', parts: [1, { deep: true }] },
    eventName: 'gen_ai.client.inference.operation.details',
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    instrumentationScope: { name: 'python' },
    attributes: { 'gen_ai.operation.name': 'chat' },
    droppedAttributesCount: 0,
  } as unknown as ReadableLogRecord;
  const read = {
    time: [1_760_000_000, 5],
    name: 'gen_ai.client.inference.operation.details',
    traceId: ordinary.context.traceId,
    spanId: ordinary.context.spanId,
    severity: 9,
    body: { role: 'user', content: 'Hi', parts: [1, { deep: true }] },
    attributes: { 'gen_ai.operation.name': 'chat' },
    resource: { 'service.name': 'shop' },
    scope: { name: 'python' },
  };

  it('are read from protobuf and JSON alike', () => {
    const bytes = ProtobufLogsSerializer.serializeRequest([record]) ?? new Uint8Array();
    expect(readLogsProtobuf(bytes).records).toEqual([read]);
    const text = Buffer.from(JsonLogsSerializer.serializeRequest([record]) ?? []).toString();
    expect(readLogsJson(JSON.parse(text)).records).toEqual([read]);
  });

  it('without a time have that of their observation', () => {
    const bytes = ProtobufLogsSerializer.serializeRequest([{ ...record, hrTime: [0, 0], resource: emptyResource() }]);
    expect(readLogsProtobuf(bytes ?? new Uint8Array()).records[0]?.time).toEqual([1_760_000_001, 6]);
  });
});

describe('malformed input', () => {
  it('in protobuf is a FormatError or leaves spans out, whatever the bytes are', () => {
    const good = protobuf([
      sdkSpan(ordinary),
      sdkSpan({ ...ordinary, events: [{ name: 'e', time: [1, 2], attributes: {} }] }),
    ]);
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(good.length), (changes, length) => {
        const bytes = Uint8Array.from(good.subarray(0, length));
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        try {
          readTraceProtobuf(bytes);
          readLogsProtobuf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('in JSON is a FormatError or leaves spans out, whatever the values are', () => {
    const paths = ['resourceSpans', 'scopeSpans', 'spans', 'resource', 'attributes', 'traceId', 'startTimeUnixNano'];
    const text = JSON.stringify(json([sdkSpan(ordinary)]));
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const request: unknown = JSON.parse(text, (key, found: unknown) => (key === path ? value : found));
        try {
          readTraceJson(request);
          readLogsJson(request);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('names the field of the envelope', () => {
    expect(() => readTraceJson({ resourceSpans: 5 })).toThrow('resourceSpans is not a list.');
    expect(() => readTraceJson({ resourceSpans: [{ scopeSpans: [7] }] })).toThrow(
      'resourceSpans[0].scopeSpans[0] is not an object.',
    );
    expect(() => readTraceJson([])).toThrow('The request is not an object.');
  });

  it('leaves out a span with a wrong id and keeps the others', () => {
    const request = json([
      sdkSpan(ordinary),
      sdkSpan({ ...ordinary, context: { ...ordinary.context, traceId: 'xyz' } }),
    ]);
    expect(readTraceJson(request)).toMatchObject({
      records: [{ name: 'chat gpt-4o' }],
      rejected: 1,
      reason: "resourceSpans[1].scopeSpans[0].spans[0]: traceId 'xyz' is not an id of 32 hexadecimal digits.",
    });
  });

  it('nested deeper than 64 levels leaves the span out', () => {
    const nested = (levels: number): unknown =>
      levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(levels - 1)] } };
    const spans = [60, 70].map((levels) => ({
      ...ordinary.context,
      attributes: [{ key: 'deep', value: nested(levels) }],
    }));
    const { records, rejected } = readTraceJson({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    expect([records.length, rejected]).toEqual([1, 1]);
  });

  it('never sets a prototype', () => {
    const attributes = [
      { key: '__proto__', value: { kvlistValue: { values: [{ key: 'polluted', value: { intValue: 1 } }] } } },
    ];
    const { records } = readTraceJson({
      resourceSpans: [{ scopeSpans: [{ spans: [{ ...ordinary.context, attributes }] }] }],
    });
    expect(records[0]?.attributes).toEqual({});
    expect({}).not.toHaveProperty('polluted');
  });

  it('in a line of a file names the line', () => {
    const good = JSON.stringify(json([sdkSpan(ordinary)]));
    expect(() => spansFromOtlpJson(`${good}\n${good.replaceAll(ordinary.context.spanId, 'zz')}`)).toThrow(
      /^Line 2: resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]: spanId 'zz' is not/,
    );
  });
});

it('keeps 64-bit numbers exact', () => {
  const values = ['9007199254740993', '-9223372036854775808', '9223372036854775807', '-5', 7];
  const attributes = values.map((intValue, index) => ({ key: `n${index}`, value: { intValue } }));
  const { records } = readTraceJson({
    resourceSpans: [{ scopeSpans: [{ spans: [{ ...ordinary.context, attributes }] }] }],
  });
  expect(Object.values(records[0]?.attributes ?? {})).toEqual([
    '9007199254740993',
    '-9223372036854775808',
    '9223372036854775807',
    -5,
    7,
  ]);
});

it('reads keys of any characters from protobuf, the first time and again', () => {
  const keys = ['', 'gen_ai.request.model', 'é', 'Ã©', 'ключ', '鍵', 'k'.repeat(48), 'k'.repeat(49)];
  const attributes = Object.fromEntries(keys.map((key, index) => [key, index]));
  const bytes = encodeSpan({
    name: 'keys',
    kind: SpanKind.INTERNAL,
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    startTime: [1, 0],
    endTime: [2, 0],
    attributes,
    resource: {},
    status: { code: 0 },
  });
  for (const _ of ['first', 'again']) expect(readTraceProtobuf(bytes).records[0]?.attributes).toEqual(attributes);
});
