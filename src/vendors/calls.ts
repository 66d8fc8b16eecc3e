import type { Interaction } from '../interaction/interaction.ts';

const failedRun: ReadonlySet<string | undefined> = new Set(['failed', 'expired', 'cancelled']);

/** Whether a call failed. A failed run may have no other sign of it than its status. */
export function hasFailed({ outcome, run }: Pick<Interaction, 'outcome' | 'run'>): boolean {
  return outcome.status === 'error' || failedRun.has(run?.status);
}
