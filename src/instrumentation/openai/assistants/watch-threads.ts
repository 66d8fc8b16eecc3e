import { recordOf, stringOf } from '../../../interaction/unknown.ts';
import type { Call, CallObserver } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import { readMessage, readRequestMessages } from '../readers/assistants.ts';
import { asIdentified, itemsOf, type WireMessage, type WireRunRequest } from '../readers/assistants-wire.ts';
import { oldestFirst, threadIdOf } from './arguments.ts';
import { maxTextLength } from './recording.ts';
import { requestOf } from './run-requests.ts';
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
  const onlyRunId = stringOf(recordOf(query)?.['run_id']);
  const request = requestOf('messages');
  return watchValue((value) => {
    const page = oldestFirst(itemsOf<WireMessage>(value), query);
    const { runs } = recorder.stateOf(AssistantsState);
    runs.addMessages({ scope: scopeOf(call), threadId: String(threadId), request, page, onlyRunId });
  });
}

/** `messages.retrieve`: one message, which may be the output of a run. */
export function watchMessage(call: Call, recorder: Recorder): CallObserver {
  const request = requestOf('messages');
  return watchValue((value) => {
    const message = asIdentified<WireMessage>(value);
    if (!message?.run_id) return;
    const { runs } = recorder.stateOf(AssistantsState);
    const page = { request, page: [message], onlyRunId: message.run_id };
    runs.addMessages({ scope: scopeOf(call), threadId: threadIdOf(call.args), ...page });
  });
}
