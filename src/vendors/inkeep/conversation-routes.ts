import { answered, checked, paramOf, written } from '../route-parts.ts';
import {
  type Page,
  type Route,
  RouteError,
  type RouteRequest,
  type RouteStep,
  type StoredConversation,
  type VendorDocument,
} from '../routes.ts';
import { millisOf } from '../times.ts';
import { pagingOf } from './paging.ts';
import { type InkeepAnyConversation, inkeepConversation } from './payload.ts';
import {
  conversationIdOf,
  conversationIn,
  interactionChanges,
  sharesNoMessage,
  shown,
  upserted,
  wholeConversation,
} from './stored-conversation.ts';

const CONVERSATIONS = 'conversation';

/** Those that read and write run one after the other: a conversation may be named by its id or by its external id. */
export const conversationRoutes: readonly Route[] = [
  { method: 'POST', path: '/conversations', orderKey: () => CONVERSATIONS, handle: log },
  { method: 'GET', path: '/conversations', handle: list },
  { method: 'GET', path: '/conversations/external/:externalId', handle: readExternal },
  { method: 'GET', path: '/conversations/:id', handle: read },
  { method: 'DELETE', path: '/conversations/:id', orderKey: () => CONVERSATIONS, handle: remove },
];

/** Creates a conversation or updates it, by its id, else by its external id. */
function log(request: RouteRequest): RouteStep {
  const sent = checked(400, () => inkeepConversation.parse(request.body));
  const { externalId } = sent;
  if (sent.id || !externalId) return logAs(conversationIdOf(sent, request.id), sent, request);
  return {
    kind: 'conversations',
    query: { externalId, limit: 1 },
    next: ({ items: [known] }) => logAs(known?.id ?? conversationIdOf(sent, request.id), sent, request),
  };
}

function logAs(id: string, sent: InkeepAnyConversation, { receivedAt }: RouteRequest): RouteStep {
  const conversation = { ...sent, id };
  return {
    kind: 'conversations',
    query: { ids: [id], limit: 1 },
    next: ({ items: [stored] }) => {
      const known = conversationIn(stored);
      const save = (rated: ReadonlySet<string>): RouteStep =>
        saved(stored, known, upserted(known, conversation, rated, receivedAt), receivedAt);
      if (!known || !sharesNoMessage(known, conversation)) return save(new Set());
      return withRated(known, save);
    },
  };
}

/** Reads which messages have feedback. Only used where messages would be lost. */
function withRated(known: InkeepAnyConversation, next: (rated: ReadonlySet<string>) => RouteStep): RouteStep {
  const messageIds = known.messages.flatMap(({ id }) => id ?? []);
  return {
    kind: 'feedback',
    query: { messageIds, limit: messageIds.length },
    next: ({ items }) => next(new Set(items.flatMap(({ feedback }) => feedback.messageId ?? []))),
  };
}

function saved(
  stored: StoredConversation | undefined,
  before: InkeepAnyConversation | undefined,
  after: InkeepAnyConversation,
  receivedAt: number,
): RouteStep {
  const document = documentOf(after, receivedAt);
  const changes = interactionChanges(before, after);
  const deleted = new Set(changes.deletedInteractionIds);
  const interactions = (stored?.interactions ?? []).filter(({ id }) => !deleted.has(id));
  const whole = wholeConversation({ id: document.id, interactions, document });
  return written({ ...changes, documents: [document] }, { status: 200, body: shown(whole ?? after) });
}

function documentOf(conversation: InkeepAnyConversation, receivedAt: number): VendorDocument {
  const { id = '', externalId, updatedAt } = conversation;
  return {
    collection: CONVERSATIONS,
    id,
    ...(externalId !== undefined && { externalId }),
    conversationId: id,
    updatedAt: millisOf(updatedAt) ?? receivedAt,
    body: { ...conversation },
  };
}

function list({ query }: RouteRequest): RouteStep {
  const paging = pagingOf(query, 20);
  return {
    kind: 'conversations',
    query: paging,
    next: ({ items, total }) => {
      const conversations = items.flatMap((stored) => wholeConversation(stored) ?? []).map(shown);
      return answered(200, { conversations, total, pageSize: paging.limit, count: conversations.length });
    },
  };
}

function read(request: RouteRequest): RouteStep {
  return { kind: 'conversations', query: { ids: [paramOf(request, 'id')], limit: 1 }, next: shownOne };
}

function readExternal(request: RouteRequest): RouteStep {
  const externalId = paramOf(request, 'externalId');
  return { kind: 'conversations', query: { externalId, limit: 1 }, next: shownOne };
}

function shownOne({ items: [stored] }: Page<StoredConversation>): RouteStep {
  const conversation = stored && wholeConversation(stored);
  if (!conversation) throw notFound();
  return answered(200, shown(conversation));
}

function notFound(): RouteError {
  return new RouteError(404, 'There is no conversation with this id.', 'id');
}

function remove(request: RouteRequest): RouteStep {
  const id = paramOf(request, 'id');
  return {
    kind: 'conversations',
    query: { ids: [id], limit: 1 },
    next: ({ items: [stored] }) => {
      if (!stored) throw notFound();
      const body = { success: true, message: 'The conversation is deleted.' };
      return written({ deletedConversationIds: [id] }, { status: 200, body });
    },
  };
}
