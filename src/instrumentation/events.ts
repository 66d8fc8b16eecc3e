import type { Context } from '@opentelemetry/api';
import { type AnyValueMap, logs, SeverityNumber } from '@opentelemetry/api-logs';
import { contentFields, type Facts } from '../interaction/interaction.ts';
import { type Mask, maskContent } from '../interaction/mask.ts';
import { VERSION } from '../loading/version.ts';
import { contentAttributeName, encodeAttributes } from '../semconv/attributes.ts';
import { EVENT, SCOPE_NAME } from '../semconv/names.ts';
import type { ErrorFacts } from './errors.ts';

/**
 * `gen_ai.client.inference.operation.details`: everything of the span, content structured, through the LoggerProvider
 * that the application registered. Source: semantic-conventions-genai, gen-ai events.
 */
export function emitDetails(facts: Facts, active: Context, mask: Mask): void {
  const said = maskContent(facts, mask);
  const attributes: AnyValueMap = encodeAttributes(facts, false) as AnyValueMap;
  for (const field of contentFields) {
    const name = contentAttributeName(field);
    if (name !== undefined && said[field] !== undefined) attributes[name] = said[field] as AnyValueMap[string];
  }
  logs.getLogger(SCOPE_NAME, VERSION).emit({
    eventName: EVENT.operationDetails,
    severityNumber: SeverityNumber.INFO,
    attributes,
    context: active,
  });
}

/** `gen_ai.client.operation.exception`: what the conventions have in place of an exception on the span. */
export function emitException({ type, message }: ErrorFacts, active: Context, mask: Mask): void {
  logs.getLogger(SCOPE_NAME, VERSION).emit({
    eventName: EVENT.operationException,
    severityNumber: SeverityNumber.WARN,
    attributes: { 'exception.type': type, ...(message && { 'exception.message': mask(message) }) },
    context: active,
  });
}
