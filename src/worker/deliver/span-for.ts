import type { Interaction } from '../../interaction/interaction.ts';
import { ATTR, SCOPE_NAME } from '../../semconv/names.ts';
import { type SpanData, SpanKind, SpanStatusCode } from '../../semconv/span-data.ts';
import { hrTimeFrom, spanDataOf } from '../../semconv/to-span.ts';

/** The interaction as a span whose attributes are complete, for destinations of spans. */
export const fullSpanFor: (interaction: Interaction) => SpanData = spanDataOf;

/**
 * The interaction as a span that carries its facts as they are: for vendors, which read no attributes. A tenth of the work.
 */
export function factsSpanFor(interaction: Interaction): SpanData {
  const { traceId, spanId, parentSpanId, name, startTime, endTime, outcome, operation } = interaction;
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
      [ATTR.operationName]: operation,
      ...(!isOk && { [ATTR.errorType]: outcome.type }),
      ...(!isOk && outcome.httpStatus !== undefined && { [ATTR.httpStatus]: outcome.httpStatus }),
    },
    resource: {},
    status: isOk
      ? { code: SpanStatusCode.UNSET }
      : { code: SpanStatusCode.ERROR, ...(outcome.message !== undefined && { message: outcome.message }) },
    scope: { name: SCOPE_NAME },
    facts: interaction,
  };
}
