import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import { type Content, contentFields, type Interaction } from '../interaction/interaction.ts';
import { encodeAttributes, withFetchedUsage } from './attributes.ts';
import { ATTR, OPERATION, SCOPE_NAME } from './names.ts';
import { attachContent } from './span-content.ts';
import {
  type HrTime,
  hrTimeFrom,
  type ReadableLink,
  type ReadableSpanLike,
  type SpanData,
  type SpanEvent,
  SpanKind,
  type SpanScope,
  SpanStatusCode,
} from './span-data.ts';

/**
 * The span that describes an interaction: the inverse of `interactionFrom`. Content is not written to attributes, so
 * that each destination decides whether to send it.
 */
export function spanDataOf(interaction: Interaction): SpanData {
  // The resource holds these two. Fields that a span has of its own, such as its ids, have no attribute.
  const { serviceName, environment, ...facts } = interaction;
  const attributes = encodeAttributes(facts, false);
  const content = contentIn(interaction);
  const resource = {
    ...(serviceName !== undefined && { 'service.name': serviceName }),
    ...(environment !== undefined && { 'deployment.environment.name': environment }),
  };
  const isFetch = interaction.operation === OPERATION.fetchResponse;
  return spanWith(interaction, isFetch ? withFetchedUsage(attributes) : attributes, resource, content && { content });
}

function spanWith(
  { traceId, spanId, parentSpanId, name, startTime, endTime, outcome }: Interaction,
  attributes: SpanData['attributes'],
  resource: SpanData['resource'],
  more: Pick<SpanData, 'content'> | undefined,
): SpanData {
  const isOk = outcome.status === 'ok';
  return {
    name,
    kind: SpanKind.CLIENT,
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    startTime: hrTimeFrom(startTime),
    endTime: hrTimeFrom(endTime),
    attributes: {
      ...attributes,
      ...(!isOk && { [ATTR.errorType]: outcome.type }),
      ...(!isOk && outcome.httpStatus !== undefined && { [ATTR.httpStatus]: outcome.httpStatus }),
    },
    resource,
    status: isOk
      ? { code: SpanStatusCode.UNSET }
      : { code: SpanStatusCode.ERROR, ...(outcome.message !== undefined && { message: outcome.message }) },
    scope: { name: SCOPE_NAME },
    ...more,
  };
}

function contentIn(interaction: Interaction): Content | undefined {
  const entries = contentFields.flatMap((field) =>
    interaction[field] === undefined ? [] : [[field, interaction[field]]],
  );
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Content);
}

/** An ended span that no SDK made, with all fields that the exporters of both SDK versions need. */
export interface MadeSpan extends ReadableSpanLike {
  readonly instrumentationScope: SpanScope;
  readonly duration: HrTime;
  readonly ended: true;
  readonly links: readonly ReadableLink[];
  readonly events: readonly SpanEvent[];
  readonly droppedAttributesCount: 0;
  readonly droppedEventsCount: 0;
  readonly droppedLinksCount: 0;
}

/** {@link SpanData} as an ended span, with its content attached. */
export function readableSpanFrom(data: SpanData): MadeSpan {
  const context: SpanContext = { traceId: data.traceId, spanId: data.spanId, traceFlags: TraceFlags.SAMPLED };
  const span: MadeSpan = {
    name: data.name,
    kind: data.kind,
    spanContext: () => context,
    ...(data.parentSpanId !== undefined && {
      parentSpanContext: { traceId: data.traceId, spanId: data.parentSpanId, traceFlags: TraceFlags.SAMPLED },
    }),
    startTime: data.startTime,
    endTime: data.endTime,
    duration: durationOf(data),
    attributes: data.attributes,
    resource: { attributes: data.resource },
    status: data.status,
    instrumentationScope: data.scope ?? { name: '' },
    ended: true,
    links: (data.links ?? []).map(({ traceId, spanId, attributes }) => ({
      context: { traceId, spanId, traceFlags: TraceFlags.NONE },
      ...(attributes && { attributes }),
    })),
    events: data.events ?? [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  if (data.content) attachContent(span, data.content);
  return span;
}

function durationOf({ startTime: [seconds, nanoseconds], endTime: [endSeconds, endNanoseconds] }: SpanData): HrTime {
  const borrowed = endNanoseconds < nanoseconds;
  return [endSeconds - seconds - (borrowed ? 1 : 0), endNanoseconds - nanoseconds + (borrowed ? 1e9 : 0)];
}
