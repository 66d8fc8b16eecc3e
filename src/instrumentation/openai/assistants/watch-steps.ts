import type { Call, CallObserver } from '../../client/observer.ts';
import { asIdentified, itemsOf, type WireStep } from '../readers/assistants-wire.ts';
import { oldestFirst, runIdOf, runIdOfStep, stepsQueryOf } from './arguments.ts';
import { runs, scopeOf } from './state.ts';
import { watchValue } from './watch-value.ts';

/** `runs.steps.list`: the tools that the server ran, told in the order of their running. */
export function watchSteps(call: Call): CallObserver {
  const { args } = call;
  return watchValue((page) => seeSteps(call, runIdOf(args), oldestFirst(itemsOf<WireStep>(page), stepsQueryOf(args))));
}

/** `runs.steps.retrieve` */
export function watchStep(call: Call): CallObserver {
  return watchValue((value) => {
    const step = asIdentified<WireStep>(value);
    if (step) seeSteps(call, runIdOfStep(call.args), [step]);
  });
}

function seeSteps(call: Call, runId: string, steps: readonly WireStep[]): void {
  const tools = runs.toolsOf(scopeOf(call), runId);
  for (const step of steps) tools?.seeStep(step);
}
