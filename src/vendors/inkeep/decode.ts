import { contentParts, decodeMessage, toolCallsFromOpenAI } from '../../formats/openai/messages.ts';
import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction, ToolExecution } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { Message, OutputMessage, ToolCallPart, ToolCallResponsePart } from '../../interaction/message.ts';
import { listOf, numberOf, recordOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { derivedIds, spanIdOf, traceIdOf } from '../derived-ids.ts';
import { millisOf } from '../times.ts';
import { messageId } from './message-id.ts';
import { idsOfAnswer } from './messages.ts';
import { type InkeepAnyConversation, inkeepPayload } from './payload.ts';
import { CHOICES, factsFromCall, factsFromConversation, isCallProperty, TOOL_RESULTS, userFrom } from './properties.ts';
import { sourceOf } from './source.ts';

type Body = InkeepAnyConversation;
/** Of either kind of conversation. */
type WireMessage = Body['messages'][number];

/**
 * One interaction per answer in a conversation, with the messages before it as its input, and one for questions without
 * an answer. Feedback and events hold no interaction.
 * @throws ZodError the payload is not a request of Inkeep's API
 */
export function decode(payload: unknown): readonly Interaction[] {
  const request = inkeepPayload.parse(payload);
  return request.path === '/conversations' ? decodeConversation(request.body) : [];
}

/** The interactions of a conversation that the schema has read. */
export function decodeConversation(body: Body): readonly Interaction[] {
  const conversationId = nonEmpty(body.id) ?? `conv_${derivedIds(JSON.stringify(body)).traceId}`;
  const interactions: Interaction[] = [];
  const history: Message[] = [];

  for (const turn of turnsOf(body.messages, conversationId)) {
    const messages = turn.flatMap(({ wire, message }) => [message, ...resultMessagesFrom(wire)]);
    if (isCall(turn, body)) {
      const isAnswer = turn[0]?.wire.role === 'assistant';
      const input = isAnswer ? history : [...history, ...messages];
      interactions.push(interactionFrom(body, conversationId, turn, [...input], isAnswer));
    }
    history.push(...messages);
  }
  return interactions;
}

/** A message as Inkeep writes it, and in our format. */
interface ReadMessage {
  readonly wire: WireMessage;
  readonly id: string;
  readonly message: Message;
}

/** Each message by itself, and the answers of one call together. */
function turnsOf(messages: readonly WireMessage[], conversationId: string): ReadMessage[][] {
  const turns: ReadMessage[][] = [];
  messages.forEach((wire, position) => {
    const id = nonEmpty(wire.id) ?? messageId(conversationId, position, wire.role, wire.content ?? '');
    const read = { wire, id, message: messageFrom(wire, id) };
    const last = turns.at(-1);
    if (last?.[0] && isOfOneCall(last[0].wire, wire)) last.push(read);
    else turns.push([read]);
  });
  return turns;
}

function isOfOneCall(one: WireMessage, other: WireMessage): boolean {
  const call = one.properties?.['span_id'];
  return (
    one.role === 'assistant' &&
    other.role === 'assistant' &&
    call !== undefined &&
    call === other.properties?.['span_id']
  );
}

/** Whether a turn is a call: an answer, a failure, or the last messages without an answer. */
function isCall(turn: readonly ReadMessage[], body: Body): boolean {
  const wire = turn.at(-1)?.wire;
  return wire?.role === 'assistant' || wire?.properties?.['error_type'] !== undefined || wire === body.messages.at(-1);
}

function interactionFrom(
  body: Body,
  conversationId: string,
  turn: readonly ReadMessage[],
  input: readonly Message[],
  isAnswer: boolean,
): Interaction {
  // The properties of a call are on its last answer; without an answer, on its question.
  const { wire, id } = turn.at(-1) as ReadMessage;
  const properties = wire.properties ?? {};
  const made = idsOfAnswer(conversationId, id);
  const traceId = traceIdOf(properties['trace_id']) ?? made.traceId;
  const spanId = spanIdOf(properties['span_id']) ?? made.spanId;
  const call = factsFromCall(properties);
  const choices = choicesFrom(properties);
  const endTime = endOf(body, wire, isAnswer);

  return defined({
    ...factsFromConversation(body.properties),
    ...call,
    id: `${traceId}:${spanId}`,
    traceId,
    spanId,
    name: `chat ${call.requestModel ?? call.responseModel ?? ''}`.trim(),
    operation: 'chat',
    conversationId,
    parameters: choices.length > 0 ? { choiceCount: choices.length + 1 } : undefined,
    inputMessages: someOf(input),
    outputMessages: isAnswer ? [...turn.map(outputFrom), ...choices] : undefined,
    toolExecutions: someOf(isAnswer ? turn.flatMap(({ wire }) => executionsFrom(wire)) : []),
    startTime: endTime - (numberOf(properties['latency_ms']) ?? 0),
    endTime,
    user: userFrom(body.userProperties),
    tags: someOf(body.tags),
    source: sourceOf(body, traceId),
  });
}

/** An answer ends with its last change; a question without an answer ends with the conversation. */
function endOf(body: Body, { createdAt, updatedAt }: WireMessage, isAnswer: boolean): number {
  const end = updatedAt ?? (isAnswer ? createdAt : undefined) ?? body.updatedAt ?? createdAt;
  return millisOf(end) ?? millisOf(body.createdAt) ?? 0;
}

function messageFrom(wire: WireMessage, id: string): Message {
  const { role, content, name, createdAt, properties } = wire;
  const decoded = decodeMessage({
    role: role === 'tool' ? 'user' : role,
    content: content === '' ? null : content,
    name,
  });
  return defined({
    ...(decoded ?? { role, parts: contentParts(content) }),
    parts: [...(decoded?.parts ?? []), ...callsIn(wire)],
    id,
    createdAt: millisOf(createdAt),
    metadata: metadataFrom(properties),
  });
}

/** Results whose call is not in the conversation stay with the answer that holds them. */
function outputFrom({ wire, message }: ReadMessage): OutputMessage {
  const reason = stringOf(wire.properties?.['finish_reason']);
  const { span_id: _, ...metadata } = message.metadata ?? {};
  const { metadata: _metadata, ...answer } = message;
  const calls = callsIn(wire);
  const others = resultsIn(wire).filter(({ id }) => !calls.some((call) => call.id === id));
  return defined({
    ...answer,
    parts: [...answer.parts, ...others],
    metadata: someFields(metadata),
    finish_reason: reason === 'tool_calls' ? 'tool_call' : reason,
  });
}

/** The properties of a message that do not describe its call, as texts. */
function metadataFrom(properties: UnknownRecord = {}): Message['metadata'] {
  const own = Object.entries(properties).filter(([key, value]) => !isCallProperty(key) && value !== undefined);
  return someFields(Object.fromEntries(own.map(([key, value]) => [key, jsonText(value)])));
}

function choicesFrom(properties: UnknownRecord = {}): OutputMessage[] {
  return (listOf(properties[CHOICES]) ?? []).map((content) => ({
    role: 'assistant',
    parts: content === '' ? [] : contentParts(content),
  }));
}

function callsIn(wire: WireMessage): readonly ToolCallPart[] {
  return toolCallsFromOpenAI('tool_calls' in wire ? wire.tool_calls : undefined);
}

function resultsIn({ properties }: WireMessage): readonly ToolCallResponsePart[] {
  return Object.entries(recordOf(properties?.[TOOL_RESULTS]) ?? {}).map(([id, response]) => ({
    type: 'tool_call_response',
    id,
    response,
  }));
}

/** Results of tools, which are input of the next call. */
function resultMessagesFrom(wire: WireMessage): Message[] {
  return resultsIn(wire).map((part) => ({ role: 'tool', parts: [part] }));
}

function executionsFrom(wire: WireMessage): ToolExecution[] {
  const calls = callsIn(wire);
  return resultsIn(wire).flatMap(({ id, response }) => {
    const call = calls.find((call) => call.id === id);
    return call ? [defined({ name: call.name, id, arguments: call.arguments, result: response })] : [];
  });
}
