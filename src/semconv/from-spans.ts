import type { Interaction, Outcome, ToolExecution, Writable } from '../interaction/interaction.ts';
import { isModelRequest } from '../interaction/operation.ts';
import type { Reading } from './dialects/dialect.ts';
import { roleOf } from './dialects/genai/read.ts';
import { dialectOf } from './dialects/index.ts';
import { ATTR, OPERATION } from './names.ts';
import { millisFrom, type SpanData, SpanStatusCode } from './span-data.ts';

/** Whether a span is of the GenAI conventions, whichever tracer made it. */
export function isGenAISpan(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[ATTR.operationName] !== undefined;
}

/**
 * What a span says, in whichever dialect. Undefined for spans that no dialect knows. Facts that travelled with a span of
 * ours are not read again.
 */
export function readSpan(span: SpanData): Reading | undefined {
  const { facts } = span;
  if (facts) return { role: isModelRequest(facts.operation) ? 'call' : roleOf(span), facts };
  return dialectOf(span)?.read(span);
}

/**
 * The interaction that one span describes: the same for a span of this process and for one that came over OTLP.
 * Undefined for spans that are a part of another one's call (tools, in-process agents, workflows).
 */
export function interactionFrom(span: SpanData, reading = readSpan(span)): Interaction | undefined {
  if (reading?.role !== 'call') return undefined;
  const { facts } = reading;
  // Facts come last, and name nothing that stands before them but the operation: see joinFacts.
  const interaction: Writable<Interaction> = {
    id: facts.run ? `run:${facts.serverAddress ?? ''}:${facts.run.id}` : `${span.traceId}:${span.spanId}`,
    traceId: span.traceId,
    spanId: span.spanId,
    name: span.name,
    startTime: reading.startTime ?? millisFrom(span.startTime),
    endTime: millisFrom(span.endTime),
    outcome: reading.outcome ?? outcomeFrom(span),
    operation: String(facts.operation ?? span.attributes[ATTR.operationName]),
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

function outcomeFrom(span: SpanData): Outcome {
  const { status } = span;
  // Attributes may be made when they are read.
  if (status.code !== SpanStatusCode.ERROR) return fine;
  const httpStatus = Number(span.attributes[ATTR.httpStatus]);
  return {
    status: 'error',
    type: errorTypeFrom(span),
    ...(status.message && { message: status.message }),
    ...(httpStatus > 0 && { httpStatus }),
  };
}

/** Tracers that write no `error.type` write the exception as an event. */
function errorTypeFrom({ attributes, events }: SpanData): string {
  const written = stringFrom(attributes[ATTR.errorType]);
  if (written !== undefined) return written;
  const exception = events?.findLast(({ name }) => name === 'exception');
  return stringFrom(exception?.attributes['exception.type']) ?? '_OTHER';
}

/** The tool that ran, where a span describes one execution. */
export function toolExecutionFrom(span: SpanData, reading = readSpan(span)): ToolExecution | undefined {
  if (reading?.role !== 'tool') return undefined;
  const tool = reading.tool ?? toolFrom(span);
  return (
    tool && {
      ...tool,
      startTime: millisFrom(span.startTime),
      endTime: millisFrom(span.endTime),
      ...(span.status.code === SpanStatusCode.ERROR && { errorType: errorTypeFrom(span) }),
    }
  );
}

function toolFrom({ attributes, content }: SpanData): ToolExecution | undefined {
  const name = stringFrom(attributes[ATTR.toolName]);
  if (name === undefined) return undefined;
  const id = stringFrom(attributes[ATTR.toolCallId]);
  const type = stringFrom(attributes[ATTR.toolType]);
  return {
    name,
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...parsedField('arguments', attributes[ATTR.toolCallArguments]),
    ...parsedField('result', attributes[ATTR.toolCallResult]),
    // Content that travelled with the span holds the one tool that ran.
    ...content?.toolExecutions?.[0],
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
