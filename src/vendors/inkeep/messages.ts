import { encodeSpoken, encodeToolCall } from '../../formats/openai/messages.ts';
import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { jsonText, toJson } from '../../interaction/json.ts';
import type { Message, OutputMessage, Part } from '../../interaction/message.ts';
import { derivedIds } from '../derived-ids.ts';
import { fitted } from '../fit.ts';
import { isoFrom } from '../times.ts';
import { messageId } from './message-id.ts';
import type { InkeepContent, InkeepContentPart, InkeepMessage, InkeepToolCall } from './payload.ts';
import { CHOICES, callProperties, isCallWord, TOOL_RESULTS } from './properties.ts';

/** One message of a size that leaves room for others; cut alike in every resend, so that it is found again. */
const MAX_MESSAGE_BYTES = 1 << 18;

/** A message that later ones may still add to: answers of tools lie in the message that asked for them. */
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

/** One call's view of a conversation, and the place of its answer in it. */
export interface View {
  readonly messages: readonly InkeepMessage[];
  readonly answer: InkeepMessage | undefined;
}

/** The messages that a call was given and those that it gave, as Inkeep writes them. Pure; never throws. */
export function viewOf(interaction: Interaction, conversationId: string): View {
  const drafts = instructionsOf(interaction);
  const given = draftsOf(drafts, inputOf(interaction));
  if (!bringsHistory(interaction))
    for (const draft of given)
      if (draft.role === 'user' && draft.id === undefined) draft.properties['span_id'] = interaction.spanId;

  const answers = answersOf(interaction, drafts);
  const last = answers.at(-1);
  for (const draft of answers.slice(0, -1))
    Object.assign(draft.properties, { trace_id: interaction.traceId, span_id: interaction.spanId });

  const told = last ?? (interaction.outcome.status === 'error' ? drafts.at(-1) : undefined);
  setTimes(drafts, last ? answers : drafts.filter((draft) => draft === told), isoFrom(interaction.endTime));
  const ids = idsOf(drafts, conversationId);
  if (told) Object.assign(told.properties, ownProperties(interaction, conversationId, ids.get(told) ?? ''));

  const messages = drafts.map((draft) => messageFrom(draft, ids.get(draft) ?? ''));
  return { messages, answer: last && messages[drafts.indexOf(last)] };
}

/** A call whose ids were made up for a record that had none does not claim them. */
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

/** Trace and span ids of a call of which Inkeep knows no more than its answer. */
export function idsOfAnswer(conversationId: string, id: string): { readonly traceId: string; readonly spanId: string } {
  return derivedIds(JSON.stringify([conversationId, id]));
}

function instructionsOf({ systemInstructions = [], startTime: createdAt }: Interaction): Draft[] {
  return systemInstructions.map((part) => draftOf({ role: 'system', parts: [part], createdAt }));
}

const silent: OutputMessage = { role: 'assistant', parts: [] };

/** What was asked; where its text was left out, the ids alone. */
function inputOf({ inputMessages, messageIds, startTime }: Interaction): readonly Message[] {
  const unseen = messageIds?.in?.map((): Message => ({ role: 'user', parts: [] }));
  return completed(inputMessages ?? unseen, messageIds?.in, startTime);
}

/** What was answered; a call that went well gave an answer, whether or not anybody saw it. */
function outputOf({ outputMessages, messageIds, outcome, endTime }: Interaction): readonly OutputMessage[] {
  const said = outputMessages?.map((message) => ({ ...message, role: 'assistant' }));
  const unseen = someOf(messageIds?.out?.map(() => silent)) ?? (outcome.status === 'ok' ? [silent] : []);
  return completed(someOf(said) ?? unseen, messageIds?.out, endTime);
}

/** Each with the id that is known beside it, and a time: its own, or that of the call. */
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
 * A chat completion carries the whole conversation. An assistant's run does not, nor does a response that goes on from
 * another: there the same words may well be new ones.
 */
function bringsHistory({ operation, api, previousResponseId, inputMessages = [] }: Interaction): boolean {
  if (operation === 'invoke_agent' || previousResponseId !== undefined) return false;
  return api !== 'responses' || inputMessages.some(({ role }) => role === 'assistant');
}

/** Adds the messages to those before, and gives back the new ones. */
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
  const ownProperties = Object.entries(toJson(metadata)).filter(([key]) => !isCallWord(key));
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

/** Inkeep refuses all other roles: their word becomes the name of a user. */
const roles: Readonly<Partial<Record<string, Draft['role']>>> = Object.assign(Object.create(null), {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
});

/** Texts as one text; beside pictures, as parts. Audio, documents and reasoning have no place. */
function contentOf(parts: readonly Part[]): InkeepContent {
  const shown = parts.filter((part) => part.type === 'text' || isPicture(part));
  if (!shown.some(isPicture)) return parts.map(spokenText).join('');
  // Pictures among them, so the codec writes a list, and of no other parts than these two.
  return encodeSpoken({ role: 'user', parts: shown }).content as readonly InkeepContentPart[];
}

function isPicture(part: Part): boolean {
  return (part.type === 'blob' || part.type === 'uri') && part.modality === 'image';
}

function spokenText(part: Part): string {
  return part.type === 'text' || part.type === 'refusal' ? part.content : '';
}

/** What the provider's own tools were asked is told like any call. */
function toolCallOf(part: Part, index: number): InkeepToolCall[] {
  if (part.type !== 'tool_call' && part.type !== 'server_tool_call') return [];
  const { id, name } = part;
  const given = part.type === 'tool_call' ? part.arguments : part.server_tool_call;
  const call = encodeToolCall({ type: 'tool_call', name, arguments: given });
  return [toJson({ ...call, id: nonEmpty(id) ?? `call_${index}` })];
}

function resultOf(part: Part, role: string): { readonly id: string | undefined; readonly text: string }[] {
  if (part.type === 'tool_call_response') return [{ id: nonEmpty(part.id), text: jsonText(part.response) }];
  if (part.type === 'server_tool_call_response')
    return [{ id: nonEmpty(part.id), text: jsonText(part.server_tool_call_response) }];
  return role === 'tool' && part.type === 'text' ? [{ id: undefined, text: part.content }] : [];
}

/** To the message that asked; a result that nobody asked for goes to the last answer, or makes one. */
function addResult(drafts: Draft[], id: string | undefined, text: string, createdAt = 0): void {
  const asked = drafts.findLast(({ toolCalls, toolResults }) =>
    toolCalls.some((call) => (id === undefined ? !toolResults.has(call.id) : call.id === id)),
  );
  const place = asked ?? drafts.findLast(({ role }) => role === 'assistant');
  const draft = place ?? draftOf({ ...silent, createdAt });
  if (!place) drafts.push(draft);
  const open = draft.toolCalls.find((call) => !draft.toolResults.has(call.id));
  // The name of a result that no call asked for is no call's.
  const unasked = `result_${drafts.length}_${draft.toolResults.size}`;
  draft.toolResults.set(toJson(id ?? open?.id ?? unasked), toJson(text));
}

/** The answers, added to the messages before them: of several choices the first, the others as its property. */
function answersOf(interaction: Interaction, drafts: Draft[]): Draft[] {
  const output = outputOf(interaction);
  const [first, ...others] = areChoices(interaction) ? output : [];
  const said = first ? [first] : output;

  const answers = draftsOf(drafts, said);
  if (others.length > 0 && answers[0]) answers[0].properties[CHOICES] = others.map(({ parts }) => contentOf(parts));
  addExecutions(interaction, drafts, answers);
  return answers;
}

/**
 * No message is later than the one after it: what is known of its time may be a whole second, or the time of the call
 * that told it. An answer, and a question left without, is settled when its call ends.
 */
function setTimes(drafts: readonly Draft[], settled: readonly Draft[], end: string | undefined): void {
  let latest = end;
  for (const draft of drafts.toReversed()) {
    if (latest !== undefined && draft.createdAt !== undefined && draft.createdAt > latest) draft.createdAt = latest;
    latest = draft.createdAt ?? latest;
  }
  if (end !== undefined) for (const draft of settled) if (draft.createdAt !== end) draft.updatedAt = end;
}

/** Several outputs are several answers there, and one answer in several messages elsewhere. */
function areChoices({ api, parameters }: Interaction): boolean {
  return api === 'chat_completions' || (parameters?.choiceCount ?? 1) > 1;
}

/** The tools that a run used on its way to the answer. */
function addExecutions(
  { toolExecutions = [], endTime: createdAt }: Interaction,
  drafts: Draft[],
  answers: Draft[],
): void {
  if (toolExecutions.length === 0) return;
  if (answers.length === 0) {
    const answer = draftOf({ ...silent, createdAt });
    drafts.push(answer);
    answers.push(answer);
  }
  toolExecutions.forEach(({ name, id, arguments: given, result }, index) => {
    const callId = toJson(nonEmpty(id)) ?? `call_${index}`;
    const asked = answers.find(({ toolCalls }) => toolCalls.some((call) => call.id === callId));
    const answer = asked ?? answers.at(-1);
    if (!answer) return;
    if (!asked)
      answer.toolCalls.push(toJson({ ...encodeToolCall({ type: 'tool_call', name, arguments: given }), id: callId }));
    if (result !== undefined) answer.toolResults.set(callId, toJson(jsonText(result)));
  });
}

/** The provider's ids, and for the rest ids of their own words. */
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
