import { encodeSpoken, encodeToolCall } from '../../formats/openai/messages.ts';
import { isUnfinished } from '../../interaction/background-response.ts';
import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { jsonText, toJson } from '../../interaction/json.ts';
import type { Message, OutputMessage, Part } from '../../interaction/message.ts';
import { derivedIds } from '../derived-ids.ts';
import { fitted } from '../fit.ts';
import { isoFrom } from '../times.ts';
import { messageId } from './message-id.ts';
import type { InkeepContent, InkeepContentPart, InkeepMessage, InkeepToolCall } from './payload.ts';
import { CHOICES, callProperties, isCallProperty, TOOL_RESULTS } from './properties.ts';

/** The limit of one message, which leaves room for others. Every resend is cut alike, so that it is matched. */
const MAX_MESSAGE_BYTES = 1 << 18;

/** A message that later ones may add to: results of tools are written on the message with the tool call. */
interface Draft {
  readonly role: InkeepMessage['role'];
  readonly content: InkeepContent;
  readonly name?: string;
  readonly id?: string;
  createdAt?: string;
  updatedAt?: string;
  readonly toolCalls: InkeepToolCall[];
  readonly toolResults: Map<string, string>;
  properties: Record<string, unknown>;
}

/** One call's view of a conversation, and its answer. */
export interface View {
  readonly messages: readonly InkeepMessage[];
  readonly answer: InkeepMessage | undefined;
}

/** Input and output of a call as Inkeep's messages. Pure; never throws. */
export function viewOf(interaction: Interaction, conversationId: string): View {
  const drafts = instructionsOf(interaction);
  const input = draftsOf(drafts, inputOf(interaction));
  if (!bringsHistory(interaction))
    for (const draft of input)
      if (draft.role === 'user' && draft.id === undefined) draft.properties['span_id'] = interaction.spanId;

  const answers = answersOf(interaction, drafts);
  const last = answers.at(-1);
  for (const draft of answers.slice(0, -1))
    Object.assign(draft.properties, { trace_id: interaction.traceId, span_id: interaction.spanId });

  const described = last ?? (interaction.outcome.status === 'error' ? drafts.at(-1) : undefined);
  setTimes(drafts, last ? answers : drafts.filter((draft) => draft === described), isoFrom(interaction.endTime));
  const ids = idsOf(drafts, conversationId);
  if (described)
    Object.assign(described.properties, ownProperties(interaction, conversationId, ids.get(described) ?? ''));

  const messages = drafts.map((draft) => messageFrom(draft, ids.get(draft) ?? ''));
  return { messages, answer: last && messages[drafts.indexOf(last)] };
}

/** Ids that were derived for a record without ids are not written. */
function ownProperties(
  interaction: Interaction,
  conversationId: string,
  id: string,
): Readonly<Record<string, unknown>> {
  const properties = callProperties(interaction, areChoices(interaction));
  if (idsOfAnswer(conversationId, id).spanId !== interaction.spanId) return properties;
  const { trace_id: _trace, span_id: _span, ...others } = properties;
  return others;
}

/** Trace and span ids of a call whose answer names none. */
export function idsOfAnswer(conversationId: string, id: string): { readonly traceId: string; readonly spanId: string } {
  return derivedIds(JSON.stringify([conversationId, id]));
}

function instructionsOf({ systemInstructions = [], startTime: createdAt }: Interaction): Draft[] {
  return systemInstructions.map((part) => draftOf({ role: 'system', parts: [part], createdAt }));
}

const emptyAnswer: OutputMessage = { role: 'assistant', parts: [] };

/** The input; empty messages with their ids where content was dropped. */
function inputOf({ inputMessages, messageIds, startTime }: Interaction): readonly Message[] {
  const unseen = messageIds?.in?.map((): Message => ({ role: 'user', parts: [] }));
  return completed(inputMessages ?? unseen, messageIds?.in, startTime);
}

/** The output; an empty answer for a successful call whose answer was not seen, and none while it is still to come. */
function outputOf(interaction: Interaction): readonly OutputMessage[] {
  const { outputMessages, messageIds, outcome, endTime } = interaction;
  const isUnseen = outcome.status === 'ok' && !isUnfinished(interaction);
  const answers = outputMessages?.map((message) => ({ ...message, role: 'assistant' }));
  const unseen = someOf(messageIds?.out?.map(() => emptyAnswer)) ?? (isUnseen ? [emptyAnswer] : []);
  return completed(someOf(answers) ?? unseen, messageIds?.out, endTime);
}

/** Each message with its id and its time, else with the id in `messageIds` and the time of the call. */
function completed<M extends Message>(
  messages: readonly M[] = [],
  ids: readonly string[] = [],
  createdAt: number,
): readonly M[] {
  return messages.map((message, index) => {
    const id = nonEmpty(message.id) ?? nonEmpty(ids[index]);
    return { createdAt, ...message, ...(id !== undefined && { id }) };
  });
}

/**
 * Whether the input holds the whole conversation, as that of a chat completion does. The input of a run and of a response
 * that continues another holds new messages, and an equal text may be a new message.
 */
function bringsHistory({ operation, api, previousResponseId, inputMessages = [] }: Interaction): boolean {
  if (operation === 'invoke_agent' || previousResponseId !== undefined) return false;
  return api !== 'responses' || inputMessages.some(({ role }) => role === 'assistant');
}

/** Adds the messages to the drafts and returns the new drafts. */
function draftsOf(drafts: Draft[], messages: readonly Message[]): Draft[] {
  const first = drafts.length;
  for (const message of messages) {
    const results = message.parts.flatMap((part) => resultOf(part, message.role));
    const isAnswerAlone = results.length > 0 && results.length === message.parts.length;
    if (!isAnswerAlone || message.role === 'assistant') drafts.push(draftOf(message));
    for (const { id, text } of results) addResult(drafts, id, text, message.createdAt);
  }
  return drafts.slice(first);
}

function draftOf({ role, parts, name, id, createdAt, metadata = {} }: Message): Draft {
  const known = roles[role];
  const ownProperties = Object.entries(toJson(metadata)).filter(([key]) => !isCallProperty(key));
  return defined({
    role: known ?? 'user',
    content: fitted(toJson(contentOf(parts)), MAX_MESSAGE_BYTES),
    name: nonEmpty(toJson(name)) ?? (known ? undefined : nonEmpty(toJson(role))),
    id: nonEmpty(toJson(id)),
    createdAt: createdAt === undefined ? undefined : isoFrom(createdAt),
    updatedAt: undefined,
    toolCalls: parts.flatMap((part, index) => toolCallOf(part, index)),
    toolResults: new Map<string, string>(),
    properties: Object.fromEntries(ownProperties) as Record<string, unknown>,
  });
}

/** Inkeep refuses all other roles: they become the name of a user. */
const roles: Readonly<Partial<Record<string, Draft['role']>>> = Object.assign(Object.create(null), {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
});

/** Texts as one text; with pictures, as parts. Audio, documents and reasoning are left out. */
function contentOf(parts: readonly Part[]): InkeepContent {
  const supported = parts.filter((part) => part.type === 'text' || isPicture(part));
  if (!supported.some(isPicture)) return parts.map(spokenText).join('');
  // With a picture among them the codec writes a list, of these two kinds of parts.
  return encodeSpoken({ role: 'user', parts: supported }).content as readonly InkeepContentPart[];
}

function isPicture(part: Part): boolean {
  return (part.type === 'blob' || part.type === 'uri') && part.modality === 'image';
}

function spokenText(part: Part): string {
  return part.type === 'text' || part.type === 'refusal' ? part.content : '';
}

/** Calls of the provider's own tools are written like any other tool call. */
function toolCallOf(part: Part, index: number): InkeepToolCall[] {
  if (part.type !== 'tool_call' && part.type !== 'server_tool_call') return [];
  const { id, name } = part;
  const args = part.type === 'tool_call' ? part.arguments : part.server_tool_call;
  const call = encodeToolCall({ type: 'tool_call', name, arguments: args });
  return [toJson({ ...call, id: nonEmpty(id) ?? `call_${index}` })];
}

function resultOf(part: Part, role: string): { readonly id: string | undefined; readonly text: string }[] {
  if (part.type === 'tool_call_response') return [{ id: nonEmpty(part.id), text: jsonText(part.response) }];
  if (part.type === 'server_tool_call_response')
    return [{ id: nonEmpty(part.id), text: jsonText(part.server_tool_call_response) }];
  return role === 'tool' && part.type === 'text' ? [{ id: undefined, text: part.content }] : [];
}

/** Adds a result to the message with its call; without one, to the last answer, or to a new one. */
function addResult(drafts: Draft[], id: string | undefined, text: string, createdAt = 0): void {
  const caller = drafts.findLast(({ toolCalls, toolResults }) =>
    toolCalls.some((call) => (id === undefined ? !toolResults.has(call.id) : call.id === id)),
  );
  const place = caller ?? drafts.findLast(({ role }) => role === 'assistant');
  const draft = place ?? draftOf({ ...emptyAnswer, createdAt });
  if (!place) drafts.push(draft);
  const open = draft.toolCalls.find((call) => !draft.toolResults.has(call.id));
  // A result without a call gets a name that no call has.
  const unmatched = `result_${drafts.length}_${draft.toolResults.size}`;
  draft.toolResults.set(toJson(id ?? open?.id ?? unmatched), toJson(text));
}

/** Adds the answers to the drafts: of several choices the first, with the others as its property. */
function answersOf(interaction: Interaction, drafts: Draft[]): Draft[] {
  const output = outputOf(interaction);
  const [first, ...others] = areChoices(interaction) ? output : [];
  const written = first ? [first] : output;

  const answers = draftsOf(drafts, written);
  if (others.length > 0 && answers[0]) answers[0].properties[CHOICES] = others.map(({ parts }) => contentOf(parts));
  addExecutions(interaction, drafts, answers);
  return answers;
}

/**
 * Makes no message later than the one after it: its time may be rounded to a second, or be the time of the call. An
 * answer, and a question without an answer, is updated last when its call ends.
 */
function setTimes(drafts: readonly Draft[], settled: readonly Draft[], end: string | undefined): void {
  let latest = end;
  for (const draft of drafts.toReversed()) {
    if (latest !== undefined && draft.createdAt !== undefined && draft.createdAt > latest) draft.createdAt = latest;
    latest = draft.createdAt ?? latest;
  }
  if (end !== undefined) for (const draft of settled) if (draft.createdAt !== end) draft.updatedAt = end;
}

/** Whether several output messages are choices. Otherwise they are one answer in several messages. */
function areChoices({ api, parameters }: Interaction): boolean {
  return api === 'chat_completions' || (parameters?.choiceCount ?? 1) > 1;
}

/** Adds the tools that a run used as tool calls of its answer. */
function addExecutions(
  { toolExecutions = [], endTime: createdAt }: Interaction,
  drafts: Draft[],
  answers: Draft[],
): void {
  if (toolExecutions.length === 0) return;
  if (answers.length === 0) {
    const answer = draftOf({ ...emptyAnswer, createdAt });
    drafts.push(answer);
    answers.push(answer);
  }
  toolExecutions.forEach(({ name, id, arguments: args, result }, index) => {
    const callId = toJson(nonEmpty(id)) ?? `call_${index}`;
    const caller = answers.find(({ toolCalls }) => toolCalls.some((call) => call.id === callId));
    const answer = caller ?? answers.at(-1);
    if (!answer) return;
    if (!caller)
      answer.toolCalls.push(toJson({ ...encodeToolCall({ type: 'tool_call', name, arguments: args }), id: callId }));
    if (result !== undefined) answer.toolResults.set(callId, toJson(jsonText(result)));
  });
}

/** The provider's ids, and derived ids for all other messages. */
function idsOf(drafts: readonly Draft[], conversationId: string): ReadonlyMap<Draft, string> {
  const ids = new Map<Draft, string>();
  const taken = new Set<string>();
  drafts.forEach((draft, position) => {
    let id = draft.id;
    for (let at = position; id === undefined || taken.has(id); at += drafts.length)
      id = messageId(conversationId, at, draft.role, draft.content);
    taken.add(id);
    ids.set(draft, id);
  });
  return ids;
}

function messageFrom({ toolCalls, toolResults, properties, ...draft }: Draft, id: string): InkeepMessage {
  const results = someFields(toJson(Object.fromEntries(toolResults)));
  return defined({
    ...draft,
    id,
    tool_calls: someOf(fitted(toolCalls, MAX_MESSAGE_BYTES)),
    properties: someFields(fitted(toJson(defined({ ...properties, [TOOL_RESULTS]: results })), MAX_MESSAGE_BYTES)),
  });
}
