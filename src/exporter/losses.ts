import { beforeSignalEnds } from '../delivery/endings.ts';
import { diag } from '../diagnostics/diag.ts';
import type { DestinationStats } from './destination.ts';

type Stats = Readonly<Record<string, DestinationStats>>;

/** Reasons for dropping a record that do not lose data. */
const harmless: ReadonlySet<string> = new Set(['duplicate']);

/** Reports the lost records once, at the end of the process. Prints nothing if there are none. */
class Losses {
  readonly #running = new Set<() => Stats>();
  /** The counters of pipelines that were shut down. */
  readonly #ended: Stats[] = [];
  #forgetSignals: (() => void) | undefined;

  join(read: () => Stats): () => void {
    this.#running.add(read);
    // Registered last, to run after the exit listeners of the deliveries, which still save records.
    process.off('exit', this.#report);
    process.on('exit', this.#report);
    this.#forgetSignals ??= beforeSignalEnds(this.#report);
    return () => {
      if (!this.#running.delete(read)) return;
      const stats = read();
      if (lossesIn(stats).length > 0) this.#ended.push(stats);
      if (this.#running.size > 0 || this.#ended.length > 0) return;
      process.off('exit', this.#report);
      this.#forgetSignals?.();
      this.#forgetSignals = undefined;
    };
  }

  readonly #report = (): void => {
    for (const stats of [...this.#ended.splice(0), ...[...this.#running].map((read) => read())])
      for (const line of lossesIn(stats)) diag.last(line);
    this.#running.clear();
  };
}

const losses = new Losses();

/**
 * Reports the losses of this pipeline when the process ends. @returns a function that stops counting; losses until then
 * are still reported
 */
export function reportLosses(read: () => Stats): () => void {
  return losses.join(read);
}

/** One sentence per destination that lost records. */
export function lossesIn(stats: Stats): string[] {
  return Object.entries(stats).flatMap(([name, { dropped = {}, inMemory = 0, rejected = 0 }]) => {
    const reasons = Object.entries(dropped).filter(([reason, count]) => count > 0 && !harmless.has(reason));
    const parts = reasons.map(([reason, count]) => `${count} dropped (${reason})`);
    if (rejected > 0) parts.unshift(`${rejected} rejected`);
    if (inMemory > 0)
      parts.push(`${inMemory} still in memory (a spool, SPANPORT_SPOOL_DIR, keeps them for the next start)`);
    const total = reasons.reduce((sum, [, count]) => sum + count, inMemory + rejected);
    if (total === 0) return [];
    return [
      `spanport: ${total} ${total === 1 ? 'record was' : 'records were'} not delivered to ${name}: ${parts.join(', ')}`,
    ];
  });
}
