import { SpanKind, type SpanScope, SpanStatusCode } from '../../semconv/span-data.ts';
import type { StoredSpan } from '../../store/reader.ts';
import type { Span } from './routes.ts';

const kinds: Readonly<Record<SpanKind, Span['kind']>> = {
  [SpanKind.INTERNAL]: 'internal',
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
};
const statuses: Readonly<Record<SpanStatusCode, Span['status']>> = {
  [SpanStatusCode.UNSET]: 'unset',
  [SpanStatusCode.OK]: 'ok',
  [SpanStatusCode.ERROR]: 'error',
};

/** A stored span as the API answers it. */
export function spanFrom({ span, isTruncated, operation, interaction }: StoredSpan, withContent: boolean): Span {
  const millis = ([seconds, nanos]: readonly [number, number]): number => seconds * 1e3 + nanos / 1e6;
  const service = span.resource['service.name'];
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: kinds[span.kind],
    ...(typeof service === 'string' && { service }),
    ...(span.scope && { scope: scopeFrom(span.scope, withContent) }),
    startTime: millis(span.startTime),
    endTime: millis(span.endTime),
    status: statuses[span.status.code],
    ...(span.status.message !== undefined && { statusMessage: span.status.message }),
    ...(operation !== undefined && { operation }),
    ...(interaction !== undefined && { interaction }),
    attributes: withContent ? { ...span.attributes } : {},
    resource: withContent ? { ...span.resource } : {},
    events: (span.events ?? []).map(({ name, time, attributes }) => ({
      name,
      time: millis(time),
      attributes: { ...attributes },
    })),
    links: (span.links ?? []).map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      ...(attributes && { attributes: { ...attributes } }),
    })),
    isTruncated,
  };
}

function scopeFrom({ name, version, attributes }: SpanScope, withContent: boolean): NonNullable<Span['scope']> {
  return {
    name,
    ...(version !== undefined && { version }),
    ...(withContent && attributes && { attributes: { ...attributes } }),
  };
}
