import { type HttpAnswer, HttpError, json } from './answer.ts';
import { type Message, type MessageBody, type Metadata, newMessage, type Thread } from './assistants-wire.ts';
import { bodyOf, type Context, type Route } from './context.ts';
import { page, stored } from './paging.ts';
import { activeRun, lookAt } from './run-machine.ts';
import type { JsonObject } from './types.ts';

/** `/threads` and their messages. */
export const threadRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/threads',
    handle: (context) => json(newThread(context, bodyOf<ThreadBody>(context)).object),
  },
  { method: 'GET', path: '/threads/:thread', handle: (context) => json(threadOf(context).object) },
  { method: 'POST', path: '/threads/:thread', handle: update },
  { method: 'DELETE', path: '/threads/:thread', handle: remove },
  { method: 'POST', path: '/threads/:thread/messages', handle: createMessage },
  { method: 'GET', path: '/threads/:thread/messages', handle: listMessages },
  { method: 'GET', path: '/threads/:thread/messages/:message', handle: (context) => json(messageOf(context)) },
  { method: 'POST', path: '/threads/:thread/messages/:message', handle: updateMessage },
  { method: 'DELETE', path: '/threads/:thread/messages/:message', handle: removeMessage },
];

export interface ThreadBody {
  readonly messages: readonly Partial<MessageBody>[];
  readonly metadata: Metadata | null;
  readonly tool_resources: JsonObject | null;
}

/** The thread of the path; when runs move on by time, its own have done so. */
export function threadOf(context: Context): Thread {
  const thread = stored(context.state.threads, context.params['thread'], 'thread');
  if (context.advance !== 'poll') for (const record of thread.runs) lookAt(record, context);
  return thread;
}

export function newThread(context: Context, body: Partial<ThreadBody>): Thread {
  const thread: Thread = {
    object: {
      id: context.newId('thread_'),
      object: 'thread',
      created_at: context.seconds(),
      metadata: body.metadata ?? {},
      tool_resources: body.tool_resources ?? {},
    },
    messages: [],
    runs: [],
  };
  context.state.threads.set(thread.object.id, thread);
  for (const message of body.messages ?? []) addMessage(context, thread, message);
  return thread;
}

export function addMessage(context: Context, thread: Thread, body: Partial<MessageBody>): Message {
  const place = { newId: context.newId, seconds: context.seconds(), threadId: thread.object.id };
  const message = newMessage(body, place);
  thread.messages.push(message);
  return message;
}

function update(context: Context): HttpAnswer {
  const { object } = threadOf(context);
  const { metadata, tool_resources } = bodyOf<ThreadBody>(context);
  if (metadata) object.metadata = metadata;
  if (tool_resources) object.tool_resources = tool_resources;
  return json(object);
}

function remove(context: Context): HttpAnswer {
  const { id } = threadOf(context).object;
  context.state.threads.delete(id);
  return json({ id, object: 'thread.deleted', deleted: true });
}

function createMessage(context: Context): HttpAnswer {
  const thread = threadOf(context);
  const busy = activeRun(thread);
  if (busy) {
    throw new HttpError(400, `Can't add messages to ${thread.object.id} while a run ${busy.run.id} is active.`);
  }
  return json(addMessage(context, thread, bodyOf<MessageBody>(context)));
}

function listMessages(context: Context): HttpAnswer {
  const { query } = context.request;
  const { messages } = threadOf(context);
  const wanted = query['run_id'] === undefined ? messages : messages.filter((one) => one.run_id === query['run_id']);
  return json(page(wanted, query));
}

const messageOf = (context: Context): Message =>
  stored(new Map(threadOf(context).messages.map((one) => [one.id, one])), context.params['message'], 'message');

function updateMessage(context: Context): HttpAnswer {
  const message = messageOf(context);
  message.metadata = bodyOf<MessageBody>(context).metadata ?? message.metadata;
  return json(message);
}

function removeMessage(context: Context): HttpAnswer {
  const { messages } = threadOf(context);
  const { id } = messageOf(context);
  messages.splice(
    messages.findIndex((one) => one.id === id),
    1,
  );
  return json({ id, object: 'thread.message.deleted', deleted: true });
}
