import { recordOf } from '../../../interaction/unknown.ts';

/**
 * The arguments of a call, which contain ids. openai 4 has them in the order of the URL, `(threadId, runId, …)`. From
 * openai 5 on, the last id comes first and the others are named: `(runId, { thread_id, … })`.
 */
type Arguments = readonly unknown[];

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const field = (value: unknown, name: string): unknown => recordOf(value)?.[name];

const isOrderedAsUrl = (args: Arguments): boolean => typeof args[1] === 'string';

/** `runs.retrieve`, `runs.cancel`, `runs.submitToolOutputs`, `runs.steps.list`. */
export function runIdOf(args: Arguments): string {
  return text(isOrderedAsUrl(args) ? args[1] : args[0]);
}

/** The thread id of any call whose last id is not that of the thread. */
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

/** The query of `runs.steps.list`, which contains the order of the list. */
export function stepsQueryOf(args: Arguments): unknown {
  return isOrderedAsUrl(args) ? args[2] : args[1];
}

/** Lists start with the newest item, unless their query has `order: 'asc'`. */
export function oldestFirst<T>(items: readonly T[], query: unknown): readonly T[] {
  return field(query, 'order') === 'asc' ? items : [...items].reverse();
}
