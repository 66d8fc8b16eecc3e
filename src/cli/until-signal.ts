/**
 * Resolves at the first signal, which ends a command in order. A second one ends it at once. Until then the command goes
 * on, also when nobody reads its output any more.
 */
export function untilSignal(): Promise<void> {
  process.stdout.removeAllListeners('error').on('error', () => undefined);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
