import type { Interaction } from '../interaction/interaction.ts';

const failedRun: ReadonlySet<string | undefined> = new Set(['failed', 'expired', 'cancelled']);

/** Whether a call failed. A failed run may have no other sign of it than its status. */
export function hasFailed({ outcome, run }: Pick<Interaction, 'outcome' | 'run'>): boolean {
  return outcome.status === 'error' || failedRun.has(run?.status);
}

/** A run or a response whose status alone shows that it failed, with an outcome that shows it as well. */
export function withFailure(interaction: Interaction): Interaction {
  const { outcome, run, responseStatus } = interaction;
  if (outcome.status === 'error') return interaction;
  const status = run?.status ?? responseStatus;
  return status !== undefined && failedRun.has(status)
    ? { ...interaction, outcome: { status: 'error', type: status } }
    : interaction;
}
