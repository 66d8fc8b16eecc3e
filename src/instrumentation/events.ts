import type { Context } from '@opentelemetry/api';
import { type AnyValueMap, type LoggerProvider, logs, SeverityNumber } from '@opentelemetry/api-logs';
import { contentFields, type Facts } from '../interaction/interaction.ts';
import { isInference, operationKind } from '../interaction/operation.ts';
import { VERSION } from '../loading/version.ts';
import { contentAttributeName, encodeAttributes } from '../semconv/attributes.ts';
import { EVENT, SCOPE_NAME } from '../semconv/names.ts';
import type { ErrorFacts } from './errors.ts';

/** Events that recordings emit. */
export interface Events {
  /**
   * `gen_ai.client.inference.operation.details`: all attributes of an inference span, with structured content. Source:
   * semantic-conventions-genai, gen-ai events.
   */
  emitDetails(facts: Facts, active: Context): void;
  /** The conventions define an event for each kind of operation, instead of an exception on the span. */
  emitException(error: ErrorFacts, operation: string | undefined, active: Context): void;
}

/** The events of a recorder, through a LoggerProvider set on it, else through the global one. */
export class EventSource implements Events {
  #explicit: LoggerProvider | undefined;

  /** A provider that is set here takes precedence over the global one. */
  setProvider(provider: LoggerProvider | undefined): void {
    this.#explicit = provider && isPlaceholder(provider) ? undefined : provider;
  }

  get provider(): LoggerProvider {
    return this.#explicit ?? logs.getLoggerProvider();
  }

  emitDetails(facts: Facts, active: Context): void {
    if (!isInference(facts.operation)) return;
    const attributes: AnyValueMap = encodeAttributes(facts, false) as AnyValueMap;
    for (const field of contentFields) {
      const name = contentAttributeName(field);
      if (name !== undefined && facts[field] !== undefined) attributes[name] = facts[field] as AnyValueMap[string];
    }
    this.#emit(EVENT.operationDetails, SeverityNumber.DEBUG, attributes, active);
  }

  emitException({ type, message }: ErrorFacts, operation: string | undefined, active: Context): void {
    const attributes = { 'exception.type': type, ...(message && { 'exception.message': message }) };
    this.#emit(exceptionEvent(operation), SeverityNumber.WARN, attributes, active);
  }

  #emit(eventName: string, severityNumber: SeverityNumber, attributes: AnyValueMap, active: Context): void {
    this.provider.getLogger(SCOPE_NAME, VERSION).emit({ eventName, severityNumber, attributes, context: active });
  }
}

function exceptionEvent(operation: string | undefined): string {
  switch (operationKind(operation)) {
    case 'inference':
      return EVENT.inferenceException;
    case 'tool':
      return EVENT.toolException;
    default:
      return EVENT.operationException;
  }
}

/** Whether this is what `registerInstrumentations` passes while no provider is registered. A global one may follow. */
function isPlaceholder(provider: LoggerProvider): boolean {
  return ['NoopLoggerProvider', 'ProxyLoggerProvider'].includes(provider.constructor.name);
}
