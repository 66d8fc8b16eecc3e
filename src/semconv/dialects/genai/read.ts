import { decodeMessage } from '../../../formats/openai/messages.ts';
import { defined, someOf } from '../../../interaction/defined.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import type { Message, OutputMessage } from '../../../interaction/message.ts';
import { isModelRequest, operationKind } from '../../../interaction/operation.ts';
import { listOf, recordOf, stringOf, type UnknownRecord } from '../../../interaction/unknown.ts';
import { decodeAttributes } from '../../attributes.ts';
import type { LogData } from '../../log-data.ts';
import { ATTR } from '../../names.ts';
import { type SpanData, type SpanEvent, SpanKind } from '../../span-data.ts';
import { joined } from '../caller.ts';
import type { Dialect, Reading, Role } from '../dialect.ts';
import { providerOf } from '../providers.ts';
import { type AttributeMap, parsedOrText } from '../values.ts';

/**
 * The OpenTelemetry GenAI conventions, every version from 1.27: attributes, span events, and the log records that
 * {@link withLogs} attached to their span.
 */
export const genAI: Dialect = {
  name: 'genai',
  scopes: [],
  claims: ({ attributes }) => attributes[ATTR.operationName] !== undefined,
  read: (span) => readGenAI(span),
};

/** @param more facts from another dialect, which take precedence over the attributes */
export function readGenAI(span: SpanData, more?: Facts): Reading {
  const role = roleOf(span);
  const written = decodeAttributes(span.attributes);
  const provider = providerOf(written.provider);
  const isRenamed = provider !== undefined && provider !== written.provider;
  if (!span.events && !more && !isRenamed) return { role, facts: written };
  return {
    role,
    facts: joined(span.events && factsFromEvents(span.events), written, isRenamed ? { provider } : undefined, more),
  };
}

export function roleOf({ attributes, kind }: SpanData): Role {
  const operation = attributes[ATTR.operationName];
  if (isModelRequest(operation)) return 'call';
  switch (operationKind(operation)) {
    case 'tool':
      return attributes[ATTR.toolName] === undefined ? 'part' : 'tool';
    case 'agent':
      return kind === SpanKind.CLIENT ? 'call' : 'outer';
    case 'workflow':
      return 'outer';
    default:
      return 'part';
  }
}

/** The old event names, and the role of the message in each. */
const messageEvents: Readonly<Record<string, string | undefined>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
};
const CHOICE = 'gen_ai.choice';
const DETAILS = 'gen_ai.client.inference.operation.details';

/** Whether an event of the conventions contains content. */
export function isContentEvent(name: string): boolean {
  return name.startsWith('gen_ai.');
}

/**
 * The messages in a span's events. Versions 1.28 to 1.36 have one event for each message; 1.27 has one for the whole
 * prompt and one for the completion; from 1.37 on, one event contains everything.
 */
function factsFromEvents(events: readonly SpanEvent[]): Facts | undefined {
  if (!events.some(({ name }) => name.startsWith('gen_ai.'))) return undefined;
  const input: Message[] = [];
  const output: OutputMessage[] = [];
  let details: Facts = {};
  for (const { name, attributes } of events) {
    const role = messageEvents[name];
    if (role !== undefined) input.push(...messageFrom(role, bodyOf(attributes)));
    else if (name === CHOICE) output.push(...choiceFrom(bodyOf(attributes)));
    else if (name === DETAILS) details = joined(details, decodeAttributes(attributes));
    else if (name === 'gen_ai.content.prompt') input.push(...messagesIn(attributes['gen_ai.prompt']));
    else if (name === 'gen_ai.content.completion') output.push(...messagesIn(attributes['gen_ai.completion']));
  }
  return joined(defined({ inputMessages: someOf(input), outputMessages: someOf(output) }), details);
}

/** Some instrumentations write the body as one JSON text. */
function bodyOf(attributes: AttributeMap): UnknownRecord {
  return recordOf(parsedOrText(attributes['gen_ai.event.content'])) ?? attributes;
}

function messageFrom(role: string, body: UnknownRecord): Message[] {
  const id = body['id'] ?? body['tool_call_id'];
  const message = decodeMessage({
    ...body,
    role: stringOf(body['role']) ?? role,
    content: parsedList(body['content']),
    tool_calls: parsedList(body['tool_calls']),
    ...(role === 'tool' && { tool_call_id: id }),
  });
  return message ? [message] : [];
}

/** A list may come as JSON text. Any other text is content. */
function parsedList(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('[{')) return value;
  return listOf(parsedOrText(value)) ?? value;
}

function choiceFrom(body: UnknownRecord): OutputMessage[] {
  const message = recordOf(parsedOrText(body['message'])) ?? body;
  const reason = stringOf(body['finish_reason']);
  return messageFrom('assistant', { ...message, role: 'assistant' }).map((each) => withReason(each, reason));
}

export function withReason(message: Message, reason: string | undefined): OutputMessage {
  if (reason === undefined) return message;
  return { finish_reason: reason === 'tool_calls' ? 'tool_call' : reason, ...message };
}

function messagesIn(value: unknown): Message[] {
  const parsed = parsedOrText(value);
  return (listOf(parsed) ?? [parsed]).flatMap((each) => decodeMessage(each) ?? []);
}

/** A log record as a span event. Undefined for records that are not GenAI events. */
export function eventFromLog({ name, body, attributes, time }: LogData): SpanEvent | undefined {
  if (!name?.startsWith('gen_ai.')) return undefined;
  const content = recordOf(body) ?? (body === undefined || body === null ? undefined : { content: body });
  return { name, time, attributes: content ? { ...attributes, ...content } : attributes };
}

/** The span with the events of its log records. The same object if there are none. */
export function withLogs(span: SpanData, logs: readonly LogData[]): SpanData {
  const events = logs.flatMap((log) =>
    log.spanId === span.spanId && log.traceId === span.traceId ? (eventFromLog(log) ?? []) : [],
  );
  return events.length === 0 ? span : { ...span, events: [...(span.events ?? []), ...events] };
}
