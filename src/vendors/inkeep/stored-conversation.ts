import { defined, nonEmpty } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import { sha256Of } from '../derived-ids.ts';
import type { StoredConversation } from '../routes.ts';
import { isoFrom } from '../times.ts';
import { withoutNulls } from '../without-nulls.ts';
import { decodeConversation } from './decode.ts';
import { encode } from './encode.ts';
import { merge } from './merge.ts';
import { messageId } from './message-id.ts';
import { type InkeepAnyConversation, type InkeepPayload, inkeepConversation } from './payload.ts';

/** A conversation as a gateway stores it and as Inkeep's API returns it. Pure. */

type AnyMessage = InkeepAnyConversation['messages'][number];

/** The client's id, or one that is derived from the id of the request. */
export function conversationIdOf(sent: InkeepAnyConversation, requestId: string): string {
  return nonEmpty(sent.id) ?? `conv_${sha256Of(requestId).slice(0, 24)}`;
}

/**
 * What a conversation becomes when it is logged again. Messages with known ids are updated and take the order of the
 * newest request, and no known message is lost. A request that shares no message with what is known replaces all
 * messages but those that have feedback.
 * @param rated ids of messages that have feedback
 */
export function upserted(
  known: InkeepAnyConversation | undefined,
  sent: InkeepAnyConversation,
  rated: ReadonlySet<string>,
  receivedAt: number,
): InkeepAnyConversation {
  const now = isoFrom(receivedAt) ?? '';
  const knownMessages = known?.type === sent.type ? known.messages : [];
  const createdAt = earliest([known?.createdAt, sent.createdAt ?? (known ? undefined : now)]);
  const messages = joined(knownMessages, identified(sent, knownMessages, now), rated);
  const { messages: _, ...fields } = sent;
  const conversation = {
    ...known,
    ...fields,
    ...(createdAt !== undefined && { createdAt }),
    updatedAt: sent.updatedAt ?? now,
    messages,
  };
  return conversation as InkeepAnyConversation; // messages of both are of the type that `sent` has
}

/** Whether a request names none of the known messages. */
export function sharesNoMessage(known: InkeepAnyConversation, sent: InkeepAnyConversation): boolean {
  const ids = new Set(known.messages.map(({ id }) => id));
  return identified(sent, [], '').every(({ id }) => !ids.has(id));
}

/** Each message with an id, and with the time at which it was first received where it has no time of its own. */
function identified(
  { id = '', messages }: InkeepAnyConversation,
  known: readonly AnyMessage[],
  now: string,
): readonly AnyMessage[] {
  const firstTimes = new Map(known.map((message) => [message.id, message.createdAt]));
  return messages.map((message, position) => {
    const own = nonEmpty(message.id) ?? messageId(id, position, message.role, message.content ?? '');
    return { ...message, id: own, createdAt: message.createdAt ?? firstTimes.get(own) ?? now };
  });
}

function joined(
  known: readonly AnyMessage[],
  sent: readonly AnyMessage[],
  rated: ReadonlySet<string>,
): readonly AnyMessage[] {
  const byId = new Map(known.map((message) => [message.id, message]));
  const isShared = sent.some(({ id }) => byId.has(id));
  const messages: AnyMessage[] = sent.map((message) => ({ ...byId.get(message.id), ...message }) as AnyMessage);
  const sentIds = new Set(sent.map(({ id }) => id));
  const kept = known.filter(({ id = '' }) => !sentIds.has(id) && (isShared || rated.has(id)));
  for (const message of kept) {
    const before = known[known.indexOf(message) - 1];
    const place = before ? messages.findIndex(({ id }) => id === before.id) : -1;
    messages.splice(place + 1, 0, message);
  }
  return messages;
}

function earliest(times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
}

/** The conversation in a document of the store. */
export function conversationIn(stored: StoredConversation | undefined): InkeepAnyConversation | undefined {
  return stored?.document && inkeepConversation.parse(stored.document.body);
}

/** The interactions in a conversation. */
export function interactionsIn(conversation: InkeepAnyConversation | undefined): readonly Interaction[] {
  return conversation ? decodeConversation(withoutNulls(conversation) as InkeepAnyConversation) : [];
}

export interface InteractionChanges {
  readonly interactions: readonly Interaction[];
  /** Those of `interactions` that were in the earlier version. */
  readonly updatedInteractionIds: readonly string[];
  readonly deletedInteractionIds: readonly string[];
}

/** The interactions that differ between two versions of a conversation. Most of its answers stay as they are. */
export function interactionChanges(
  before: InkeepAnyConversation | undefined,
  after: InkeepAnyConversation,
): InteractionChanges {
  const known = new Map(interactionsIn(before).map((interaction) => [interaction.id, jsonText(interaction)]));
  const current = interactionsIn(after);
  const ids = new Set(current.map(({ id }) => id));
  const interactions = current.filter((interaction) => known.get(interaction.id) !== jsonText(interaction));
  return {
    interactions,
    updatedInteractionIds: interactions.flatMap(({ id }) => (known.has(id) ? [id] : [])),
    deletedInteractionIds: [...known.keys()].filter((id) => !ids.has(id)),
  };
}

/**
 * The whole conversation: the document of it, and what the store received of it in other ways. Undefined where Inkeep has
 * no place for what is stored, such as tools and embeddings alone.
 */
export function wholeConversation(stored: StoredConversation): InkeepAnyConversation | undefined {
  const document = conversationIn(stored);
  if (document && document.type !== 'openai') return document;
  const own = new Set(interactionsIn(document).map(({ id }) => id));
  const others = stored.interactions.filter(({ id }) => !own.has(id));
  const views = others.flatMap((interaction) => encode(interaction).map(({ payload }) => payload));
  const whole = views.reduce<InkeepPayload | undefined>(
    (known, view) => merge(known, view),
    document && { path: '/conversations', body: document },
  );
  return whole?.path === '/conversations' ? whole.body : undefined;
}

/** Inkeep's answer. All keys are always there, null for an unknown value, since its SDK refuses an answer without one. */
export function shown(conversation: InkeepAnyConversation): Readonly<Record<string, unknown>> {
  const { id = '', type, createdAt, updatedAt, messages } = conversation;
  return {
    id,
    externalId: conversation.externalId ?? null,
    externalUrl: conversation.externalUrl ?? null,
    type,
    supportTicketConversationId: conversation.supportTicketConversationId ?? null,
    createdAt: createdAt ?? updatedAt ?? '',
    updatedAt: updatedAt ?? createdAt ?? '',
    projectId: conversation.projectId ?? null,
    integrationId: conversation.integrationId ?? null,
    properties: conversation.properties ?? null,
    userProperties: conversation.userProperties ?? null,
    tags: conversation.tags ?? null,
    visibility: conversation.visibility ?? null,
    messages: messages.map((message) => shownMessage(message, conversation)),
    messagesOpenAIFormat: messages.map(openAIMessage),
  };
}

export function shownMessage(
  message: AnyMessage,
  conversation: InkeepAnyConversation,
): Readonly<Record<string, unknown>> {
  const createdAt = message.createdAt ?? conversation.createdAt ?? '';
  return {
    type: conversation.type,
    id: message.id ?? '',
    externalId: message.externalId ?? null,
    externalUrl: message.externalUrl ?? null,
    conversationId: conversation.id ?? '',
    createdAt,
    updatedAt: message.updatedAt ?? createdAt,
    name: message.name ?? null,
    links: message.links ?? null,
    properties: message.properties ?? null,
    userProperties: message.userProperties ?? null,
    role: message.role,
    content: message.content ?? null,
    ...toolCallsIn(message),
  };
}

function openAIMessage(message: AnyMessage): Readonly<Record<string, unknown>> {
  const { role, content = '', name } = message;
  return defined({ role, content, name, ...toolCallsIn(message) });
}

function toolCallsIn(message: AnyMessage): object {
  return 'tool_calls' in message && message.tool_calls ? { tool_calls: message.tool_calls } : {};
}
