import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction, ToolExecution } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { Message, OutputMessage } from '../../interaction/message.ts';
import { contentParts, decodeMessage, toolCallsFromOpenAI } from '../../interaction/openai-messages.ts';
import { listOf, numberOf, recordOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { derivedIds, spanIdOf, traceIdOf } from '../derived-ids.ts';
import { millisOf } from '../times.ts';
import { messageId } from './message-id.ts';
import { idsOfAnswer } from './messages.ts';
import { type InkeepPayload, inkeepPayload } from './payload.ts';
import { CHOICES, factsFromCall, factsFromConversation, isCallWord, TOOL_RESULTS, userFrom } from './properties.ts';
import { sourceOf } from './source.ts';

type Body = Extract<InkeepPayload, { path: '/conversations' }>['body'];
/** Of either kind of conversation. */
type WireMessage = Body['messages'][number];

/**
 * One interaction per answer in a conversation, the messages before it its input, and one for questions that were left
 * without. Feedback and events tell of no call.
 * @throws ZodError what is given is no request of Inkeep's
 */
export function decode(payload: unknown): readonly Interaction[] {
  const request = inkeepPayload.parse(payload);
  return request.path === '/conversations' ? interactionsFrom(request.body) : [];
}

function interactionsFrom(body: Body): readonly Interaction[] {
  const conversationId = nonEmpty(body.id) ?? `conv_${derivedIds(JSON.stringify(body.messages)).traceId}`;
  const interactions: Interaction[] = [];
  const history: Message[] = [];

  body.messages.forEach((wire, position) => {
    const id = nonEmpty(wire.id) ?? messageId(conversationId, position, wire.role, wire.content ?? '');
    const message = messageFrom(wire, id);
    const isAnswer = wire.role === 'assistant';
    const isFailure = wire.properties?.['error_type'] !== undefined;
    const isLast = position === body.messages.length - 1;
    const output = isAnswer ? [outputFrom(message, wire), ...choicesFrom(wire.properties)] : undefined;
    const input = [...history, ...(isAnswer ? [] : [message])];
    history.push(message, ...resultsFrom(wire));
    if (isAnswer || isFailure || isLast)
      interactions.push(interactionFrom(body, conversationId, wire, id, input, output));
  });
  return interactions;
}

/** @param wire the answer; of a call without one, the question */
function interactionFrom(
  body: Body,
  conversationId: string,
  wire: WireMessage,
  id: string,
  input: readonly Message[],
  output: readonly OutputMessage[] | undefined,
): Interaction {
  const properties = wire.properties ?? {};
  const made = idsOfAnswer(conversationId, id);
  const traceId = traceIdOf(properties['trace_id']) ?? made.traceId;
  const spanId = spanIdOf(properties['span_id']) ?? made.spanId;
  const call = factsFromCall(properties);
  const choices = listOf(properties[CHOICES])?.length ?? 0;
  const endTime = endOf(body, wire, output !== undefined);

  return defined({
    ...factsFromConversation(body.properties),
    ...call,
    id: `${traceId}:${spanId}`,
    traceId,
    spanId,
    name: `chat ${call.requestModel ?? call.responseModel ?? ''}`.trim(),
    operation: 'chat',
    conversationId,
    parameters: choices > 0 ? { choiceCount: choices + 1 } : undefined,
    inputMessages: someOf(input),
    outputMessages: output,
    toolExecutions: someOf(executionsFrom(wire)),
    startTime: endTime - (numberOf(properties['latency_ms']) ?? 0),
    endTime,
    user: userFrom(body.userProperties),
    tags: someOf(body.tags),
    source: sourceOf(body, traceId),
  });
}

/** An answer is complete with its last change; of a question without one, the conversation knows when it was given up. */
function endOf(body: Body, wire: WireMessage, isAnswer: boolean): number {
  const { createdAt, updatedAt } = wire;
  const told = isAnswer ? (updatedAt ?? createdAt ?? body.updatedAt) : (body.updatedAt ?? createdAt);
  return millisOf(told) ?? millisOf(body.createdAt) ?? 0;
}

function messageFrom(wire: WireMessage, id: string): Message {
  const { role, content, name, createdAt, properties } = wire;
  const said = decodeMessage({ role: role === 'tool' ? 'user' : role, content: content === '' ? null : content, name });
  return defined({
    ...(said ?? { role, parts: contentParts(content) }),
    parts: [...(said?.parts ?? []), ...toolCallsFromOpenAI(toolCallsOf(wire))],
    id,
    createdAt: millisOf(createdAt),
    metadata: metadataFrom(properties),
  });
}

function outputFrom(message: Message, { properties }: WireMessage): OutputMessage {
  const reason = stringOf(properties?.['finish_reason']);
  const { span_id: _, ...metadata } = message.metadata ?? {};
  const { metadata: _metadata, ...said } = message;
  return defined({
    ...said,
    metadata: someFields(metadata),
    finish_reason: reason === 'tool_calls' ? 'tool_call' : reason,
  });
}

/** Properties of a message that are no words of ours, as texts. */
function metadataFrom(properties: UnknownRecord = {}): Message['metadata'] {
  const own = Object.entries(properties).filter(([key, value]) => !isCallWord(key) && value !== undefined);
  return someFields(Object.fromEntries(own.map(([key, value]) => [key, jsonText(value)])));
}

function choicesFrom(properties: UnknownRecord = {}): OutputMessage[] {
  return (listOf(properties[CHOICES]) ?? []).map((content) => ({
    role: 'assistant',
    parts: content === '' ? [] : contentParts(content),
  }));
}

/** What tools answered: the next call was given it. */
function resultsFrom(wire: WireMessage): Message[] {
  return Object.entries(recordOf(wire.properties?.[TOOL_RESULTS]) ?? {}).map(([id, response]) => ({
    role: 'tool',
    parts: [{ type: 'tool_call_response', id, response }],
  }));
}

function executionsFrom(wire: WireMessage): ToolExecution[] {
  const results = recordOf(wire.properties?.[TOOL_RESULTS]) ?? {};
  const calls = toolCallsFromOpenAI(toolCallsOf(wire));
  return Object.entries(results).map(([id, result]): ToolExecution => {
    const call = calls.find((call) => call.id === id);
    return defined({ name: call?.name ?? '', id, arguments: call?.arguments, result });
  });
}

function toolCallsOf(wire: WireMessage): unknown {
  return 'tool_calls' in wire ? wire.tool_calls : undefined;
}
