import type { Interaction } from '../interaction/interaction.ts';

const inWords: ReadonlySet<string> = new Set(['chat', 'text_completion', 'generate_content', 'invoke_agent']);
const failedRun: ReadonlySet<string | undefined> = new Set(['failed', 'expired', 'cancelled']);

/** Whether a model answers in words, which is what vendors have a place for: no embedding, picture, tool or fetch. */
export function isInWords({ operation }: Pick<Interaction, 'operation'>): boolean {
  return inWords.has(operation);
}

/** Whether a call failed; of a run its status may say so alone. */
export function hasFailed({ outcome, run }: Pick<Interaction, 'outcome' | 'run'>): boolean {
  return outcome.status === 'error' || failedRun.has(run?.status);
}
