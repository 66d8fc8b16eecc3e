import { recordOf } from '../../../interaction/unknown.ts';

/**
 * Where the ids of a call lie. openai 4 has them in the order of the URL, `(threadId, runId, …)`; from 5 on the last id
 * comes first and the others are named, `(runId, { thread_id, … })`.
 */
type Arguments = readonly unknown[];

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const field = (value: unknown, name: string): unknown => recordOf(value)?.[name];

const isOrderedAsUrl = (args: Arguments): boolean => typeof args[1] === 'string';

/** `runs.retrieve`, `runs.cancel`, `runs.submitToolOutputs`, `runs.steps.list`. */
export function runIdOf(args: Arguments): string {
  return text(isOrderedAsUrl(args) ? args[1] : args[0]);
}

/** The thread of any call whose last id is not the thread's own. */
export function threadIdOf(args: Arguments): string {
  return text(isOrderedAsUrl(args) ? args[0] : field(args[1], 'thread_id'));
}

/** `runs.steps.retrieve`: `(threadId, runId, stepId, …)` or `(stepId, { thread_id, run_id, … })`. */
export function runIdOfStep(args: Arguments): string {
  return text(isOrderedAsUrl(args) ? args[1] : field(args[1], 'run_id'));
}

/** The tool outputs of `runs.submitToolOutputs`, by call id. */
export function toolOutputsOf(args: Arguments): ReadonlyMap<string, string> {
  const outputs = field(isOrderedAsUrl(args) ? args[2] : args[1], 'tool_outputs');
  const byCall = new Map<string, string>();
  for (const entry of Array.isArray(outputs) ? outputs : [])
    byCall.set(text(field(entry, 'tool_call_id')), text(field(entry, 'output')));
  return byCall;
}

/** `runs.steps.list`: what says the order of the list, among others. */
export function stepsQueryOf(args: Arguments): unknown {
  return isOrderedAsUrl(args) ? args[2] : args[1];
}

/** Lists come newest first, unless their query says `order: 'asc'`. */
export function oldestFirst<T>(items: readonly T[], query: unknown): readonly T[] {
  return field(query, 'order') === 'asc' ? items : [...items].reverse();
}
