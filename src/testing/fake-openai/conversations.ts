import { type HttpAnswer, json } from './answer.ts';
import { bodyOf, type Context, type Route } from './context.ts';
import { page, stored } from './paging.ts';
import { inputItems } from './response-items.ts';
import type { Item, StoredConversation } from './responses-wire.ts';

/** `/conversations` and their items. */
export const conversationRoutes: readonly Route[] = [
  { method: 'POST', path: '/conversations', handle: create },
  { method: 'GET', path: '/conversations/:conversation', handle: (context) => json(conversationOf(context).object) },
  { method: 'POST', path: '/conversations/:conversation', handle: update },
  { method: 'DELETE', path: '/conversations/:conversation', handle: remove },
  { method: 'POST', path: '/conversations/:conversation/items', handle: createItems },
  { method: 'GET', path: '/conversations/:conversation/items', handle: listItems },
  { method: 'GET', path: '/conversations/:conversation/items/:item', handle: (context) => json(itemOf(context)) },
  { method: 'DELETE', path: '/conversations/:conversation/items/:item', handle: removeItem },
];

interface ConversationBody {
  readonly items: readonly unknown[] | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

export const conversationOf = ({ state, params }: Context, id = params['conversation']): StoredConversation =>
  stored(state.conversations, id, 'conversation');

function create(context: Context): HttpAnswer {
  const body = bodyOf<ConversationBody>(context);
  const conversation: StoredConversation = {
    object: {
      id: context.newId('conv_'),
      object: 'conversation',
      created_at: context.seconds(),
      metadata: body.metadata ?? {},
    },
    items: inputItems(body.items, context.newId),
  };
  context.state.conversations.set(conversation.object.id, conversation);
  return json(conversation.object);
}

function update(context: Context): HttpAnswer {
  const { object } = conversationOf(context);
  object.metadata = bodyOf<ConversationBody>(context).metadata ?? object.metadata;
  return json(object);
}

function remove(context: Context): HttpAnswer {
  const { id } = conversationOf(context).object;
  context.state.conversations.delete(id);
  return json({ id, object: 'conversation.deleted', deleted: true });
}

function createItems(context: Context): HttpAnswer {
  const added = inputItems(bodyOf<ConversationBody>(context).items, context.newId);
  conversationOf(context).items.push(...added);
  return json(page(added, { limit: '100' }, 'asc'));
}

function listItems(context: Context): HttpAnswer {
  return json(page(conversationOf(context).items, context.request.query));
}

const itemOf = (context: Context): Item =>
  stored(new Map(conversationOf(context).items.map((item) => [item.id, item])), context.params['item'], 'item');

function removeItem(context: Context): HttpAnswer {
  const { items, object } = conversationOf(context);
  items.splice(items.indexOf(itemOf(context)), 1);
  return json(object);
}
