import type { Interaction, Outcome, ToolExecution, Writable } from '../interaction/interaction.ts';
import { isModelRequest } from '../interaction/operation.ts';
import { decodeAttributes } from './attributes.ts';
import { ATTR, OPERATION } from './names.ts';
import { millisFrom, type SpanData, SpanKind, SpanStatusCode } from './span-data.ts';

/** Whether a span is of the GenAI conventions, whoever made it. */
export function isGenAISpan(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[ATTR.operationName] !== undefined;
}

/**
 * The interaction that one span tells of: the same for a span of this process and for one that came over OTLP.
 * Undefined for spans that are a part of another's story (tools, in-process agents, workflows).
 */
export function interactionFrom(span: SpanData): Interaction | undefined {
  const operation = span.attributes[ATTR.operationName];
  const isRemoteAgent = operation === OPERATION.invokeAgent && span.kind === SpanKind.CLIENT;
  if (!isRemoteAgent && !isModelRequest(operation)) return undefined;

  const facts = span.facts ?? decodeAttributes(span.attributes);
  // Facts come last, and name nothing that stands before them but the operation: see joinFacts.
  const interaction: Writable<Interaction> = {
    id: facts.run ? `run:${facts.serverAddress ?? ''}:${facts.run.id}` : `${span.traceId}:${span.spanId}`,
    traceId: span.traceId,
    spanId: span.spanId,
    name: span.name,
    startTime: millisFrom(span.startTime),
    endTime: millisFrom(span.endTime),
    outcome: outcomeFrom(span),
    operation: String(operation),
    ...facts,
    ...span.content,
  };
  const { resource, parentSpanId } = span;
  if (parentSpanId) interaction.parentSpanId = parentSpanId;
  const serviceName = facts.serviceName ?? serviceFrom(resource['service.name']);
  const environment =
    facts.environment ?? stringFrom(resource['deployment.environment.name'] ?? resource['deployment.environment']);
  if (serviceName !== undefined) interaction.serviceName = serviceName;
  if (environment !== undefined) interaction.environment = environment;
  return interaction;
}

/** The SDK's word for a service that nobody named is no name. */
function serviceFrom(found: unknown): string | undefined {
  const name = stringFrom(found);
  return name?.startsWith('unknown_service') ? undefined : name;
}

const fine: Outcome = { status: 'ok' };

function outcomeFrom({ status, attributes }: SpanData): Outcome {
  if (status.code !== SpanStatusCode.ERROR) return fine;
  const httpStatus = Number(attributes[ATTR.httpStatus]);
  return {
    status: 'error',
    type: stringFrom(attributes[ATTR.errorType]) ?? '_OTHER',
    ...(status.message && { message: status.message }),
    ...(httpStatus > 0 && { httpStatus }),
  };
}

/** What an `execute_tool` span tells of the tool that ran. */
export function toolExecutionFrom({
  attributes,
  status,
  startTime,
  endTime,
  content,
}: SpanData): ToolExecution | undefined {
  const name = stringFrom(attributes[ATTR.toolName]);
  if (attributes[ATTR.operationName] !== OPERATION.executeTool || name === undefined) return undefined;
  const id = stringFrom(attributes[ATTR.toolCallId]);
  const type = stringFrom(attributes[ATTR.toolType]);
  const errorType =
    status.code === SpanStatusCode.ERROR ? (stringFrom(attributes[ATTR.errorType]) ?? '_OTHER') : undefined;
  return {
    name,
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...parsedField('arguments', attributes[ATTR.toolCallArguments]),
    ...parsedField('result', attributes[ATTR.toolCallResult]),
    // Beside the span its content lies as the one tool that ran.
    ...content?.toolExecutions?.[0],
    startTime: millisFrom(startTime),
    endTime: millisFrom(endTime),
    ...(errorType !== undefined && { errorType }),
  };
}

/** Tool arguments and results are any value, which spans hold as JSON text where they are not text themselves. */
function parsedField<K extends string>(key: K, found: unknown): { readonly [key in K]?: unknown } {
  if (found === undefined) return {};
  if (typeof found !== 'string') return { [key]: found } as { [key in K]: unknown };
  try {
    return { [key]: JSON.parse(found) as unknown } as { [key in K]: unknown };
  } catch {
    return { [key]: found } as { [key in K]: unknown };
  }
}

function stringFrom(found: unknown): string | undefined {
  return typeof found === 'string' && found !== '' ? found : typeof found === 'number' ? String(found) : undefined;
}

/** A background response is told by two spans: the call that queued it and the one that fetched its end. */
export function joinBackground(created: Interaction, fetched: Interaction): Interaction {
  return {
    ...fetched,
    ...created,
    ...definedOf(fetched, [
      'responseModel',
      'responseStatus',
      'outputMessages',
      'finishReasons',
      'usage',
      'cost',
      'serviceTier',
    ]),
    endTime: fetched.endTime,
    outcome: fetched.outcome,
  };
}

function definedOf<T extends object, K extends keyof T>(holder: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const found: Partial<Pick<T, K>> = {};
  for (const key of keys) if (holder[key] !== undefined) found[key] = holder[key];
  return found;
}

/** Neither its end nor its text has been seen yet. */
export function isUnfinished({ responseStatus, operation }: Interaction): boolean {
  return operation !== OPERATION.invokeAgent && (responseStatus === 'queued' || responseStatus === 'in_progress');
}
