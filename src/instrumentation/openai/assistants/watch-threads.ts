import { recordOf, stringOf } from '../../../interaction/unknown.ts';
import type { Call, CallObserver } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import { readMessage, readRequestMessages } from '../readers/assistants.ts';
import { asIdentified, itemsOf, type WireMessage, type WireRunRequest } from '../readers/assistants-wire.ts';
import { oldestFirst, threadIdOf } from './arguments.ts';
import { maxTextLength } from './recording.ts';
import { AssistantsState, scopeOf } from './state.ts';
import { keyOf } from './threads.ts';
import { watchValue } from './watch-value.ts';

/** `threads.create`: messages in the request are the input of the thread's first run. */
export function watchNewThread(call: Call, recorder: Recorder): CallObserver | undefined {
  const thread: WireRunRequest['thread'] = recordOf(call.args[0]);
  if (!thread?.messages?.length) return undefined;
  const messages = readRequestMessages({ thread }, maxTextLength(recorder));
  return watchValue((value) => {
    const made = asIdentified(value);
    if (made) recorder.stateOf(AssistantsState).threads.add(keyOf(scopeOf(call), made.id), messages);
  });
}

/** `messages.create`: the next run answers it. */
export function watchNewMessage(call: Call, recorder: Recorder): CallObserver {
  const threadId = String(call.args[0]);
  return watchValue((value) => {
    const message = asIdentified<WireMessage>(value);
    if (message)
      recorder
        .stateOf(AssistantsState)
        .threads.add(keyOf(scopeOf(call), threadId), [readMessage(message, maxTextLength(recorder))]);
  });
}

/** `messages.list`: the messages of the thread, or of one run. */
export function watchMessages(call: Call, recorder: Recorder): CallObserver {
  const [threadId, query] = call.args;
  const runId = stringOf(recordOf(query)?.['run_id']);
  return watchValue((page) => {
    recorder
      .stateOf(AssistantsState)
      .runs.addMessages(scopeOf(call), String(threadId), oldestFirst(itemsOf<WireMessage>(page), query), runId);
  });
}

/** `messages.retrieve`: one message, which may be the output of a run. */
export function watchMessage(call: Call, recorder: Recorder): CallObserver {
  return watchValue((value) => {
    const message = asIdentified<WireMessage>(value);
    if (message?.run_id)
      recorder
        .stateOf(AssistantsState)
        .runs.addMessages(scopeOf(call), threadIdOf(call.args), [message], message.run_id);
  });
}
