import type { Call, CallObserver } from '../observer.ts';
import {
  asIdentified,
  isObject,
  itemsOf,
  readMessage,
  type WireMessage,
  type WireMessageRequest,
} from '../readers/assistants.ts';
import { threadIdOf } from './arguments.ts';
import { isContentWanted } from './recording.ts';
import { runs, scopeOf, threads } from './state.ts';
import { keyOf } from './threads.ts';
import { watchValue } from './watch-value.ts';

/** `threads.create`: messages in the request are the input of the thread's first run. */
export function watchNewThread(call: Call): CallObserver | undefined {
  const body = call.args[0];
  const sent = isObject(body) && Array.isArray(body['messages']) ? (body['messages'] as WireMessageRequest[]) : [];
  if (sent.length === 0) return undefined;
  const messages = sent.map((message) => readMessage(message, isContentWanted()));
  return watchValue((value) => {
    const thread = asIdentified(value);
    if (thread) threads.add(keyOf(scopeOf(call), thread.id), messages);
  });
}

/** `messages.create`: the next run answers it. */
export function watchNewMessage(call: Call): CallObserver {
  const threadId = String(call.args[0]);
  return watchValue((value) => {
    const message = asIdentified<WireMessage>(value);
    if (message) threads.add(keyOf(scopeOf(call), threadId), [readMessage(message, isContentWanted())]);
  });
}

/** `messages.list`: newest first unless asked otherwise, maybe of one run alone. */
export function watchMessages(call: Call): CallObserver {
  const [threadId, query] = call.args;
  const { order, run_id: runId } = isObject(query) ? query : { order: undefined, run_id: undefined };
  return watchValue((page) => {
    const messages = itemsOf<WireMessage>(page);
    const oldestFirst = order === 'asc' ? messages : [...messages].reverse();
    runs.seeMessages(scopeOf(call), String(threadId), oldestFirst, typeof runId === 'string' ? runId : undefined);
  });
}

/** `messages.retrieve`: one message, which may be what a run has said. */
export function watchMessage(call: Call): CallObserver {
  return watchValue((value) => {
    const message = asIdentified<WireMessage>(value);
    if (message?.run_id) runs.seeMessages(scopeOf(call), threadIdOf(call.args), [message], message.run_id);
  });
}
