import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { spanToJson } from '../../src/otlp/write-json.ts';

const base: ReadableSpan = {
  name: 'chat gpt-4o-mini',
  kind: 2,
  spanContext: () => ({ traceId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90', spanId: '0123456789abcdef', traceFlags: 1 }),
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
  droppedAttributesCount: 1,
  droppedEventsCount: 2,
  droppedLinksCount: 3,
};
const remote = {
  traceId: 'f'.repeat(32),
  spanId: '8'.repeat(16),
  traceFlags: 0,
  isRemote: true,
  traceState: { serialize: () => 'a=1,b=2' } as never,
};

it.each<[string, Partial<ReadableSpan>]>([
  ['an ordinary span', {}],
  ['a remote parent and a trace state', { parentSpanContext: remote, spanContext: () => remote }],
  ['an error', { status: { code: 2, message: 'Überlastet' } }],
  [
    'events and links',
    {
      events: [{ name: 'said', time: [1, 2], attributes: { text: 'x' }, droppedAttributesCount: 3 }],
      links: [{ context: remote, attributes: { why: 'retry' } }, { context: { ...remote, isRemote: false } }],
    },
  ],
  [
    'schema URLs',
    {
      resource: { ...base.resource, schemaUrl: 'https://example.com/1' },
      instrumentationScope: { name: 's', schemaUrl: 'https://example.com/2' },
    },
  ],
  ['nested values', { attributes: { a: null, b: { c: [{ d: 1 }] }, e: new Uint8Array([1, 2]) } as never }],
])('writes %s as the SDK does', (_, differing) => {
  const span = { ...base, ...differing };
  const sdk = JSON.parse(new TextDecoder().decode(JsonTraceSerializer.serializeRequest([span]))) as unknown;
  expect(JSON.parse(spanToJson(span as never))).toEqual(sdk);
});

it('writes half a surrogate pair as the replacement character, wherever it is', () => {
  const half = 'a\ud83d';
  const text = spanToJson({
    ...base,
    name: half,
    status: { code: 2, message: half },
    attributes: { [half]: half, list: [half] },
    resource: { attributes: { half } },
  } as never);
  expect(text).not.toMatch(/\\ud83d/i);
  expect(spansFromOtlpJson(text)[0]).toMatchObject({
    name: 'a\ufffd',
    attributes: { 'a\ufffd': 'a\ufffd', list: ['a\ufffd'] },
  });
});
