import {
  type Context,
  type Span,
  type Attributes as SpanAttributes,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
  trace,
} from '@opentelemetry/api';
import type { Attributes } from '../semconv/attributes.ts';
import { SCOPE_NAME } from '../semconv/names.ts';
import { hrTimeFrom, type ReadableSpanLike } from '../semconv/span-data.ts';

/**
 * Records a call for our destinations only, with the ids of a span that is not recorded: the sampler left it out, or
 * its provider makes write-only spans. No span processor receives it.
 */
export function unsampledSpan(
  span: Span,
  start: { readonly name: string; readonly kind: SpanKind; readonly startTime?: number },
  attributes: Attributes,
  parent: Context,
): Span {
  const parentSpanContext = trace.getSpanContext(parent);
  const kept: Attributes = { ...attributes };
  const startTime = start.startTime ?? Date.now();
  const startedAt = performance.now();
  const readable = {
    name: start.name,
    kind: start.kind,
    spanContext: () => span.spanContext(),
    ...(parentSpanContext && { parentSpanContext }),
    startTime: hrTimeFrom(startTime),
    endTime: hrTimeFrom(0),
    attributes: kept,
    resource: { attributes: {} },
    instrumentationScope: { name: SCOPE_NAME },
    status: { code: SpanStatusCode.UNSET } as SpanStatus,
  } satisfies ReadableSpanLike;

  let ended = false;
  const self = Object.assign(readable, {
    isRecording: () => !ended,
    setAttribute(name: string, value: never) {
      kept[name] = value;
      return self;
    },
    setAttributes(values: SpanAttributes) {
      Object.assign(kept, values);
      return self;
    },
    setStatus(status: SpanStatus) {
      readable.status = status;
      return self;
    },
    end(endTime?: TimeInput) {
      ended = true;
      readable.endTime = hrTimeFrom(typeof endTime === 'number' ? endTime : startTime + performance.now() - startedAt);
    },
    updateName(name: string) {
      readable.name = name;
      return self;
    },
    addEvent: () => self,
    addLink: () => self,
    addLinks: () => self,
    recordException: () => {},
  });
  return self as unknown as Span;
}
