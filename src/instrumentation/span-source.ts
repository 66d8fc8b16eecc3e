import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { Facts } from '../interaction/interaction.ts';
import type { Attributes } from '../semconv/attributes.ts';
import { ATTR } from '../semconv/names.ts';
import { RecordedSpan } from '../semconv/recorded-span.ts';
import { hrTimeFrom, type ReadableResource, type SpanScope } from '../semconv/span-data.ts';
import { spanName } from './capped.ts';
import type { Ending, Start } from './span-ends.ts';

/** What a provider needs for spans that are made after their call, without the SDK. */
export interface SpanSource {
  readonly resource: ReadableResource;
  readonly scope: SpanScope;
  newTraceId(): string;
  newSpanId(): string;
}

/**
 * The span of a call that has ended without an error and whose parent is not a span. Times are Unix milliseconds or
 * those of `performance.now()`, which the SDK distinguishes in the same way.
 */
export function spanFrom(
  source: SpanSource,
  { name, kind, attributes }: Start,
  ending: Ending,
  facts: Facts,
  [startTime, endTime]: readonly [number, number],
): RecordedSpan {
  const { resource, scope } = source;
  const context: SpanContext = {
    traceId: source.newTraceId(),
    spanId: source.newSpanId(),
    traceFlags: TraceFlags.SAMPLED,
  };
  const now = performance.now();
  // The system clock may have been set since the process started.
  const offset = Date.now() - now;
  return new RecordedSpan({
    name: spanName(ending.name ?? name),
    kind,
    context,
    startTime: hrTimeFrom(startTime <= now ? offset + startTime : startTime),
    endTime: hrTimeFrom(endTime <= now ? offset + endTime : endTime),
    resource,
    scope,
    facts,
    more: joined(attributes, ending.attributes, ending.isCut),
  });
}

function joined(
  first: Attributes | undefined,
  second: Attributes | undefined,
  isCut?: boolean,
): Attributes | undefined {
  if (!isCut && (!first || !second)) return first ?? second;
  return Object.assign({}, first, second, isCut && { [ATTR.cut]: true });
}
