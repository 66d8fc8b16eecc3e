import type { Attributes } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeSpan } from '../../src/otlp/write-protobuf.ts';

const base: ReadableSpan = {
  name: 'chat gpt-4o-mini',
  kind: 2,
  spanContext: () => ({ traceId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90', spanId: '0123456789ABCDEF', traceFlags: 1 }),
  startTime: [1_760_000_000, 123_456_789],
  endTime: [1_760_000_001, 0],
  duration: [0, 876_543_211],
  ended: true,
  status: { code: 0 },
  attributes: { 'gen_ai.operation.name': 'chat', list: ['a', 'b'], count: 5, part: 0.5, yes: true },
  links: [],
  events: [],
  resource: { attributes: { 'service.name': 'shop' }, merge: () => base.resource, getRawAttributes: () => [] },
  instrumentationScope: { name: 'spanport', version: '0.1.0' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

const stock = (span: ReadableSpan): Uint8Array | undefined => ProtobufTraceSerializer.serializeRequest([span]);

const context = {
  traceId: 'f'.repeat(32),
  spanId: '8'.repeat(16),
  traceFlags: 0,
  isRemote: true,
  traceState: { serialize: () => 'a=1,b=2' } as never,
};

it.each<[string, Partial<ReadableSpan>]>([
  ['an ordinary span', {}],
  ['a remote parent and a trace state', { parentSpanContext: context, spanContext: () => context }],
  ['an error', { status: { code: 2, message: 'Überlastet: '.repeat(40) } }],
  [
    'events and links',
    {
      events: [{ name: 'said', time: [1, 2], attributes: { text: 'x'.repeat(200) }, droppedAttributesCount: 3 }],
      links: [{ context, attributes: { why: 'retry' } }, { context: { ...context, isRemote: false } }],
    },
  ],
  [
    'schema URLs',
    {
      resource: { ...base.resource, schemaUrl: 'https://example.com/1' },
      instrumentationScope: { name: 's', schemaUrl: 'https://example.com/2' },
    },
  ],
  ['a megabyte of text', { attributes: { text: 'wörter '.repeat(200_000) } }],
  ['texts on the borders of a length', { attributes: Object.fromEntries(borders()) }],
  ['numbers on the borders', { attributes: Object.fromEntries(numbers().map((value, index) => [`n${index}`, value])) }],
  ['what attributes should not hold', { attributes: { a: null, b: { c: [{ d: 1 }] } } as unknown as Attributes }],
])('writes %s as the SDK does', (_, differing) => {
  const span = { ...base, ...differing };
  expect(Buffer.from(encodeSpan(span)).equals(stock(span) ?? Buffer.of())).toBe(true);
});

it('writes whatever attributes hold as the SDK does', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.array(fc.string()),
  );
  const time = fc.tuple(fc.integer({ min: 0, max: 2 ** 33 }), fc.integer({ min: 0, max: 999_999_999 }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), time, fc.string(), (attributes, startTime, name) => {
      const span: ReadableSpan = { ...base, attributes, startTime, name };
      expect(Buffer.from(encodeSpan(span)).equals(stock(span) ?? Buffer.of())).toBe(true);
    }),
  );
});

it('goes on after a message that outgrew its buffer', () => {
  const large: ReadableSpan = { ...base, attributes: { text: 'x'.repeat(3 << 20) } };
  expect(encodeSpan(large).length).toBe(stock(large)?.length);
  expect(Buffer.from(encodeSpan(base)).equals(stock(base) ?? Buffer.of())).toBe(true);
});

it('goes on after a span that cannot be written', () => {
  const broken = Object.create(base, { startTime: { get: () => undefined } }) as ReadableSpan;
  expect(() => encodeSpan(broken)).toThrow();
  expect(Buffer.from(encodeSpan(base)).equals(stock(base) ?? Buffer.of())).toBe(true);
});

function borders(): [string, string][] {
  return [1, 31, 32, 33, 127, 128, 16_383, 16_384].flatMap((length): [string, string][] => [
    [`ascii ${length}`, 'a'.repeat(length)],
    [`wide ${length}`, 'é'.repeat(length)],
    [`wide at the end ${length}`, `${'a'.repeat(length - 1)}€`],
    [`lone surrogate ${length}`, `${'a'.repeat(length - 1)}\ud800`],
  ]);
}

function numbers(): number[] {
  return [0, -0, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, -(2 ** 63), 2 ** 63, 0.1, Number.NaN, Infinity];
}

it('spans of any size that are written one after the other do not change each other', () => {
  const spans = Array.from({ length: 300 }, (_, index) => ({
    ...base,
    name: `span ${index}`,
    // Some need more than the memory that others share.
    attributes: { text: 'wörter '.repeat(index % 50 === 7 ? 20_000 : (index * 61) % 900), [`key ${index}`]: index },
  }));
  const written = spans.map((span) => encodeSpan(span));
  for (const [index, span] of spans.entries())
    expect(Buffer.compare(written[index] ?? NONE, stock(span) ?? NONE)).toBe(0);
});

const NONE = new Uint8Array();
