import type { Interaction } from '../interaction/interaction.ts';

const failedRun: ReadonlySet<string | undefined> = new Set(['failed', 'expired', 'cancelled']);

/** Whether a call failed; of a run its status may say so alone. */
export function hasFailed({ outcome, run }: Pick<Interaction, 'outcome' | 'run'>): boolean {
  return outcome.status === 'error' || failedRun.has(run?.status);
}
