import type { Call, CallObserver } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import { asIdentified, itemsOf, type WireStep } from '../readers/assistants-wire.ts';
import { oldestFirst, runIdOf, runIdOfStep, stepsQueryOf } from './arguments.ts';
import { AssistantsState, scopeOf } from './state.ts';
import { watchValue } from './watch-value.ts';

/** `runs.steps.list`: the tools that the server ran, recorded in the order in which they ran. */
export function watchSteps(call: Call, recorder: Recorder): CallObserver {
  const { args } = call;
  return watchValue((page) =>
    addSteps(call, recorder, runIdOf(args), oldestFirst(itemsOf<WireStep>(page), stepsQueryOf(args))),
  );
}

/** `runs.steps.retrieve` */
export function watchStep(call: Call, recorder: Recorder): CallObserver {
  return watchValue((value) => {
    const step = asIdentified<WireStep>(value);
    if (step) addSteps(call, recorder, runIdOfStep(call.args), [step]);
  });
}

function addSteps(call: Call, recorder: Recorder, runId: string, steps: readonly WireStep[]): void {
  const tools = recorder.stateOf(AssistantsState).runs.toolsOf(scopeOf(call), runId);
  for (const step of steps) tools?.addStep(step);
}
