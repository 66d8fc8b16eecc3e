import type { Call, CallObserver } from '../observer.ts';
import { asIdentified, itemsOf, type WireStep } from '../readers/assistants.ts';
import { runIdOf, runIdOfStep } from './arguments.ts';
import { runs, scopeOf } from './state.ts';
import { watchValue } from './watch-value.ts';

/** `runs.steps.list`: the tools that the server ran. Newest first unless asked otherwise, told in their own order. */
export function watchSteps(call: Call): CallObserver {
  return watchValue((page) => seeSteps(call, runIdOf(call.args), itemsOf<WireStep>(page)));
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
  const inOrder = [...steps].sort((one, other) => (one.created_at ?? 0) - (other.created_at ?? 0));
  for (const step of inOrder) tools?.seeStep(step);
}
