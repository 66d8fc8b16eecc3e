import type { Call, CallObserver } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import { asIdentified, itemsOf, type WireStep } from '../readers/assistants-wire.ts';
import { oldestFirst, runIdOf, runIdOfStep, stepsQueryOf } from './arguments.ts';
import { requestOf } from './run-requests.ts';
import { AssistantsState, scopeOf } from './state.ts';
import { watchValue } from './watch-value.ts';

/** `runs.steps.list`: the tools that the server ran, recorded in the order in which they ran. */
export function watchSteps(call: Call, recorder: Recorder): CallObserver {
  const { args } = call;
  return watchStepsOf(call, recorder, runIdOf(args), (page) =>
    oldestFirst(itemsOf<WireStep>(page), stepsQueryOf(args)),
  );
}

/** `runs.steps.retrieve` */
export function watchStep(call: Call, recorder: Recorder): CallObserver {
  return watchStepsOf(call, recorder, runIdOfStep(call.args), (value) => {
    const step = asIdentified<WireStep>(value);
    return step ? [step] : [];
  });
}

function watchStepsOf(
  call: Call,
  recorder: Recorder,
  runId: string,
  read: (value: unknown) => readonly WireStep[],
): CallObserver {
  const { runs } = recorder.stateOf(AssistantsState);
  const scope = scopeOf(call);
  const request = requestOf('steps');
  return watchValue(
    (value) => {
      const tools = runs.toolsOf(scope, runId);
      for (const step of read(value)) tools?.addStep(step);
      runs.get(scope, runId)?.addRequest(request);
    },
    (failed) => runs.get(scope, runId)?.addRequest(request, failed),
  );
}
