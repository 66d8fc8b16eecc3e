import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message } from '../../../interaction/message.ts';
import { recordOf } from '../../../interaction/unknown.ts';
import type { Call, CallObserver } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import { readRequestMessages, readRunRequest, readSettings } from '../readers/assistants.ts';
import { asIdentified, asRun, itemsOf, type WireRun, type WireRunRequest } from '../readers/assistants-wire.ts';
import { runIdOf, threadIdOf, toolOutputsOf } from './arguments.ts';
import { type IssuedCall, issuedCallOf, maxTextLength, startRunRecording } from './recording.ts';
import { ObservedRun } from './run.ts';
import { type RunRequest, requestOf } from './run-requests.ts';
import { AssistantsState, scopeOf } from './state.ts';
import { ruleOf } from './status.ts';
import { keyOf } from './threads.ts';
import { leftBy, watchRun } from './watch-run.ts';
import { watchValue } from './watch-value.ts';

/** `runs.create`, plain or as a stream. */
export function watchNewRun(call: Call, recorder: Recorder): CallObserver {
  return watchCreation(call, recorder, call.args[1], String(call.args[0]));
}

/** `threads.createAndRun`, plain or as a stream. The answer contains the thread's id. */
export function watchNewThreadAndRun(call: Call, recorder: Recorder): CallObserver {
  return watchCreation(call, recorder, call.args[0]);
}

function watchCreation(call: Call, recorder: Recorder, body: unknown, threadId?: string): CallObserver {
  const { runs, threads } = recorder.stateOf(AssistantsState);
  const scope = scopeOf(call);
  const request: WireRunRequest = recordOf(body) ?? {};
  const threadKey = threadId === undefined ? undefined : keyOf(scope, threadId);
  const unanswered = threadKey === undefined ? [] : threads.take(threadKey);
  const run = startRun(issuedCallOf(call, recorder), {
    agentId: request.assistant_id,
    facts: { ...readRunRequest(request), ...(threadId !== undefined && { conversationId: threadId }) },
    settings: readSettings(request),
    inputs: [...unanswered, ...readRequestMessages(request, maxTextLength(recorder))],
  });
  if (run) runs.begin(run);
  const created = requestOf('create');
  const observer = watchRun(runs, {
    request: created,
    find(seen) {
      const id = run ? undefined : asIdentified(seen)?.id;
      if (id !== undefined) runs.ignore(scope, id);
      return run;
    },
    unanswered(outcome) {
      if (threadKey !== undefined && outcome.kind === 'failed') threads.restore(threadKey, unanswered);
      if (!run) return;
      if (outcome.kind === 'failed') run.addRequest(created, { thrown: outcome.error });
      runs.end(run, leftBy(outcome));
    },
  });
  return run?.callContext ? { ...observer, context: run.callContext } : observer;
}

/** `runs.retrieve`: a poll. A run of another process gets a span from now on, unless it has ended. */
export function watchRetrieve(call: Call, recorder: Recorder): CallObserver {
  const { runs } = recorder.stateOf(AssistantsState);
  const scope = scopeOf(call);
  const runId = runIdOf(call.args);
  const issued = issuedCallOf(call, recorder);
  const request = requestOf('retrieve');
  const see = (value: unknown): void => {
    const wire = asRun(value);
    if (!wire) return;
    const isOver = runs.isOver(scope, runId) || ruleOf(wire.status).phase === 'ended';
    const run = runs.get(scope, runId);
    if (run) runs.update(run, wire, request);
    else if (!isOver) adoptRun(issued, wire, request);
  };
  return watchValue(see, (failed) => runs.get(scope, runId)?.addRequest(request, failed));
}

/** `runs.submitToolOutputs`, plain or as a stream. The run continues, even if another process created it. */
export function watchSubmit(call: Call, recorder: Recorder): CallObserver {
  const { runs } = recorder.stateOf(AssistantsState);
  const scope = scopeOf(call);
  const id = runIdOf(call.args);
  const issued = issuedCallOf(call, recorder);
  const known = runs.get(scope, id);
  known?.tools.answer(toolOutputsOf(call.args));
  const request = requestOf('submit');
  return watchRun(runs, {
    request,
    find(seen) {
      if (known || runs.isOver(scope, id)) return known;
      const assistantId = (recordOf(seen) as Partial<WireRun> | undefined)?.assistant_id;
      const run = { id, status: 'queued', thread_id: threadIdOf(call.args), assistant_id: assistantId };
      return adoptRun(issued, run, request);
    },
    unanswered(outcome) {
      if (outcome.kind === 'failed') known?.addRequest(request, { thrown: outcome.error });
    },
  });
}

/** `runs.cancel` answers with the run in its new state. */
export function watchCancel(call: Call, recorder: Recorder): CallObserver {
  const { runs } = recorder.stateOf(AssistantsState);
  const request = requestOf('cancel');
  return watchValue(
    (value) => updateKnownRun(call, recorder, value, request),
    (failed) => runs.get(scopeOf(call), runIdOf(call.args))?.addRequest(request, failed),
  );
}

/** `runs.list` updates the runs that have an open span in this process. */
export function watchRuns(call: Call, recorder: Recorder): CallObserver {
  const request = requestOf('list');
  return watchValue((page) => {
    for (const item of itemsOf(page)) updateKnownRun(call, recorder, item, request);
  });
}

function updateKnownRun(call: Call, recorder: Recorder, value: unknown, request: RunRequest): void {
  const { runs } = recorder.stateOf(AssistantsState);
  const wire = asRun(value);
  const run = wire && runs.get(scopeOf(call), wire.id);
  if (run) runs.update(run, wire, request);
}

/** Starts the span of a run that another process created. */
function adoptRun(issued: IssuedCall, wire: WireRun, request: RunRequest): ObservedRun | undefined {
  const { runs } = issued.recorder.stateOf(AssistantsState);
  const run = startRun(issued, { agentId: wire.assistant_id, facts: {}, settings: {}, inputs: [] });
  if (run) runs.update(run, wire, request);
  else runs.ignore(scopeOf(issued.call), wire.id);
  return run;
}

interface NewRun {
  readonly agentId: string | null | undefined;
  readonly facts: Facts;
  readonly settings: Content;
  readonly inputs: readonly Message[];
}

/** Starts the span of a run. Undefined if the recorder starts no span. */
function startRun(issued: IssuedCall, { agentId, facts, settings, inputs }: NewRun): ObservedRun | undefined {
  const { agents } = issued.recorder.stateOf(AssistantsState);
  const scope = scopeOf(issued.call);
  const agent = agentId ? (agents.get(keyOf(scope, agentId)) ?? { id: agentId }) : undefined;
  const start = { ...facts, ...(agent && { agent }) };
  const recording = startRunRecording(issued, start);
  return recording && new ObservedRun({ scope, recording, facts: start, settings, inputs, now: issued.now });
}
