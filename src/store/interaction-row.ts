import type { Interaction } from '../interaction/interaction.ts';
import { jsonText } from '../interaction/json.ts';
import { type Message, type Part, textOf } from '../interaction/message.ts';
import type { SqlValue } from '../sqlite/driver.ts';
import { isFromFuture } from './from-future.ts';
import { storable } from './span-row.ts';

/** How much of a text a list shows. */
const EXCERPT = 300;
/** How much of an interaction is indexed for full text; the latest messages first. */
const MAX_INDEXED = 65_536;

export type Status = 'ok' | 'error' | 'live' | 'action' | 'stopped';

/** When and how an interaction was received. */
export interface Receipt {
  readonly receivedUs: number;
  readonly receivedBy: string;
}

/**
 * The columns of `interactions` but for the row id, always in this order: their values are bound without their names. The
 * interaction decides all but those at the top.
 */
export function columnsOf(interaction: Interaction, { receivedUs, receivedBy }: Receipt): Record<string, SqlValue> {
  const startUs = micros(interaction.startTime);
  const endUs = micros(interaction.endTime);
  const { usage, cost, agent, run } = interaction;
  const model = interaction.responseModel ?? interaction.requestModel;
  return {
    project: '',
    key: '',
    conversation: 0,
    sequence: 0,
    counted_user: '',
    is_keyed: 0,
    trace_id: storable(interaction.traceId),
    span_id: storable(interaction.spanId),
    // A clock that is ahead must not keep its rows at the top, and a clock that was never set must not hide them.
    sort_us: endUs > 0 ? Math.min(endUs, receivedUs) : receivedUs,
    start_us: startUs,
    end_us: endUs,
    received_us: receivedUs,
    is_future: isFromFuture(startUs, receivedUs) ? 1 : 0,
    received_by: receivedBy,
    name: text(interaction.name) ?? '',
    operation: text(interaction.operation) ?? '',
    provider: text(interaction.provider),
    model: text(model),
    request_model: text(interaction.requestModel),
    service: text(interaction.serviceName),
    environment: text(interaction.environment),
    conversation_name: text(interaction.conversationId),
    session_id: text(interaction.sessionId),
    user_id: text(interaction.user?.id ?? interaction.user?.email),
    is_user_email: interaction.user?.id === undefined ? 1 : 0,
    agent: text(agent?.name ?? agent?.id),
    agent_id: text(agent?.id),
    prompt: text(interaction.promptName),
    run_id: text(run?.id),
    response_id: text(interaction.responseId),
    external_id: text(interaction.externalReferenceId),
    bot_id: text(interaction.botId),
    feature: text(interaction.feature),
    channel: text(interaction.channel),
    task_id: text(interaction.taskId),
    is_developer: interaction.developer === undefined ? null : interaction.developer ? 1 : 0,
    is_streamed: interaction.parameters?.stream || interaction.chunkCount ? 1 : 0,
    is_turn: isTurn(interaction) ? 1 : 0,
    is_hidden: 0,
    status: statusOf(interaction),
    error: errorOf(interaction),
    first_us: whole((interaction.timeToFirstChunk ?? Number.NaN) * 1e6),
    input_tokens: whole(usage?.inputTokens),
    output_tokens: whole(usage?.outputTokens),
    cached_tokens: whole(usage?.cacheReadInputTokens),
    is_estimated: usage?.estimated || cost?.origin === 'estimated' ? 1 : 0,
    cost: typeof cost?.total === 'number' && Number.isFinite(cost.total) ? cost.total : null,
    cost_origin: text(cost?.origin),
    title: excerpt(titleOf(interaction)),
    answer: excerpt(answerOf(interaction)),
    tools: JSON.stringify(toolsOf(interaction)),
    tags: JSON.stringify((interaction.tags ?? []).map(storable)),
  };
}

/** Ids by which this interaction can be found: of messages and of tool calls. */
export function messageIdsOf({ inputMessages = [], outputMessages = [], messageIds }: Interaction): {
  readonly input: ReadonlySet<string>;
  readonly output: ReadonlySet<string>;
} {
  const output = new Set(messageIds?.out);
  const input = new Set(messageIds?.in);
  for (const message of outputMessages) addIds(message, output, true);
  for (const message of inputMessages) addIds(message, input, false);
  for (const id of output) input.delete(id);
  return { input, output };
}

function addIds({ id, parts }: Message, ids: Set<string>, withCalls: boolean): void {
  if (id !== undefined) ids.add(storable(id));
  if (!withCalls) return;
  for (const part of parts) if (part.type === 'tool_call' && part.id !== undefined) ids.add(storable(part.id));
}

/** What full-text search looks through: the words of users, models and tools. Instructions repeat and are left out. */
export function searchableText({ inputMessages = [], outputMessages = [], toolExecutions = [] }: Interaction): string {
  const texts: string[] = [];
  let length = 0;
  const add = (found: string): void => {
    if (found === '' || length >= MAX_INDEXED) return;
    const kept = found.slice(0, MAX_INDEXED - length);
    texts.push(kept);
    length += kept.length;
  };
  for (const message of [...outputMessages].reverse()) addMessage(message, add);
  for (const tool of toolExecutions) add(`${tool.name} ${jsonText(tool.arguments)} ${jsonText(tool.result)}`);
  for (const message of [...inputMessages].reverse()) {
    if (message.role !== 'system' && message.role !== 'developer') addMessage(message, add);
  }
  return storable(texts.join('\n'));
}

function addMessage({ parts }: Message, add: (text: string) => void): void {
  for (const part of parts) add(wordsOf(part));
}

function wordsOf(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.content;
    case 'tool_call':
      return `${part.name} ${jsonText(part.arguments)}`;
    case 'tool_call_response':
      return jsonText(part.response);
    default:
      return '';
  }
}

function statusOf({ outcome, run, responseStatus }: Interaction): Status {
  if (outcome.status === 'error') return 'error';
  switch (run?.status ?? responseStatus) {
    case 'queued':
    case 'in_progress':
    case 'cancelling':
      return 'live';
    case 'requires_action':
      return 'action';
    case 'cancelled':
    case 'expired':
    case 'incomplete':
    // Nothing observed how it ended.
    case 'unknown':
      return 'stopped';
    case 'failed':
      return 'error';
    default:
      return 'ok';
  }
}

function errorOf({ outcome, run, responseStatus }: Interaction): string | null {
  if (outcome.status === 'error') return excerpt(outcome.message ?? outcome.type);
  return run?.status === 'failed' || responseStatus === 'failed' ? 'failed' : null;
}

/** Whether the model answered in words, and called no tool: a turn of the conversation ends here. */
function isTurn({ outputMessages = [] }: Interaction): boolean {
  const parts = outputMessages.flatMap((message) => message.parts);
  return (
    parts.some(({ type }) => type === 'text' || type === 'refusal') && !parts.some(({ type }) => type === 'tool_call')
  );
}

function titleOf({ inputMessages = [] }: Interaction): string {
  const message = inputMessages.findLast((each) => each.role === 'user' && textOf(each) !== '');
  return message ? textOf(message) : '';
}

function answerOf({ outputMessages = [] }: Interaction): string {
  const words = outputMessages.findLast((message) => textOf(message) !== '');
  if (words) return textOf(words);
  const parts = outputMessages.flatMap((message) => message.parts);
  const refusal = parts.find((part) => part.type === 'refusal');
  if (refusal) return refusal.content;
  const calls = parts.filter((part) => part.type === 'tool_call');
  return calls.map((call) => `${call.name}(${jsonText(call.arguments)})`).join(' ');
}

function toolsOf({ outputMessages = [], toolExecutions = [] }: Interaction): string[] {
  const called = outputMessages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool_call' || part.type === 'server_tool_call' ? part.name : [])),
  );
  return [...new Set([...called, ...toolExecutions.map(({ name }) => name)])].map(storable);
}

/** White space other than single spaces. */
const UNEVEN = /[^\S ]| {2}/;
/** Most texts do not match, and need nothing else: any but plain characters, or more than one space. */
const NOT_PLAIN = /[^ -~]| {2}/;

function excerpt(found: string): string | null {
  if (found === '') return null;
  const start = found.slice(0, EXCERPT);
  if (!NOT_PLAIN.test(start)) return start.trim();
  return storable((UNEVEN.test(start) ? start.replace(/\s+/g, ' ') : start).trim());
}

/** A value in a vendor's payload may have any type; a column holds text. */
function text(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  return storable(String(value));
}

function micros(millis: number): number {
  return whole(millis * 1e3) ?? 0;
}

/** A count that a column holds exactly. */
function whole(value: number | undefined): number | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  return Math.min(Math.max(Math.round(value), 0), Number.MAX_SAFE_INTEGER);
}
