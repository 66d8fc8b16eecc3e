import type { Interaction, Outcome, ToolExecution, Writable } from '../interaction/interaction.ts';
import { isModelRequest } from '../interaction/operation.ts';
import type { Reading } from './dialects/dialect.ts';
import { roleOf } from './dialects/genai/read.ts';
import { dialectOf } from './dialects/index.ts';
import { ATTR } from './names.ts';
import { millisFrom, type SpanData, SpanStatusCode } from './span-data.ts';

/** Whether a span is of the GenAI conventions, whichever tracer made it. */
export function isGenAISpan(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[ATTR.operationName] !== undefined;
}

/**
 * Reads a span of any dialect. Undefined for spans of no known dialect. Facts that are attached to our own spans are
 * not read from the attributes.
 */
export function readSpan(span: SpanData): Reading | undefined {
  const { facts } = span;
  if (facts) return { role: isModelRequest(facts.operation) ? 'call' : roleOf(span), facts };
  return dialectOf(span)?.read(span);
}

/**
 * The interaction that a span describes: the same for a span of this process and for one received over OTLP. Undefined
 * for spans that are part of another span's call (tools, in-process agents, workflows).
 */
export function interactionFrom(span: SpanData, reading = readSpan(span)): Interaction | undefined {
  if (reading?.role !== 'call') return undefined;
  const { facts } = reading;
  // Facts are last because a literal with anything after a spread is slow: see joinFacts. They override only the
  // operation.
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

/** Undefined for the default name that the SDK uses if the service has no name. */
function serviceFrom(value: unknown): string | undefined {
  const name = stringFrom(value);
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

/** Tracers that do not write `error.type` write the exception as an event. */
function errorTypeFrom({ attributes, events }: SpanData): string {
  const written = stringFrom(attributes[ATTR.errorType]);
  if (written !== undefined) return written;
  const exception = events?.findLast(({ name }) => name === 'exception');
  return stringFrom(exception?.attributes['exception.type']) ?? '_OTHER';
}

/** The tool execution that a span describes. */
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
    // Content that is attached to the span contains this execution.
    ...content?.toolExecutions?.[0],
  };
}

/** Tool arguments and results may be any value. Spans contain them as JSON text, or unchanged if they are texts. */
function parsedField<K extends string>(key: K, value: unknown): { readonly [key in K]?: unknown } {
  if (value === undefined) return {};
  if (typeof value !== 'string') return { [key]: value } as { [key in K]: unknown };
  try {
    return { [key]: JSON.parse(value) as unknown } as { [key in K]: unknown };
  } catch {
    return { [key]: value } as { [key in K]: unknown };
  }
}

function stringFrom(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
}
