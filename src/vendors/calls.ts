import type { Interaction } from '../interaction/interaction.ts';

const failedRun: ReadonlySet<string> = new Set(['failed', 'expired', 'cancelled']);

/**
 * A run or a response whose status alone shows that it failed, with an outcome that shows it as well. It is applied before
 * a vendor encodes an interaction.
 */
export function withFailure(interaction: Interaction): Interaction {
  const { outcome, run, responseStatus } = interaction;
  if (outcome.status === 'error') return interaction;
  const status = run?.status ?? responseStatus;
  return status !== undefined && failedRun.has(status)
    ? { ...interaction, outcome: { status: 'error', type: status } }
    : interaction;
}
