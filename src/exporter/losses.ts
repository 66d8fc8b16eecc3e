import { beforeSignalEnds } from '../delivery/endings.ts';
import { diag } from '../diagnostics/diag.ts';
import type { DestinationStats } from './destination.ts';

type Stats = Readonly<Record<string, DestinationStats>>;

/** Reasons for which a record is dropped and nothing is lost. */
const harmless: ReadonlySet<string> = new Set(['duplicate']);

/** Reports, once at the end of the process, the records that no destination got. Prints nothing when there are none. */
class Losses {
  readonly #running = new Set<() => Stats>();
  /** Of pipelines that were shut down before. */
  readonly #ended: Stats[] = [];
  #forgetSignals: (() => void) | undefined;

  join(read: () => Stats): () => void {
    this.#running.add(read);
    // Last in the list: after the deliveries' own exit listeners, which still save records.
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

/** Reports what this pipeline has lost when the process ends. @returns ends that; what was lost so far is still reported */
export function reportLosses(read: () => Stats): () => void {
  return losses.join(read);
}

/** One sentence per destination that lost records. */
export function lossesIn(stats: Stats): string[] {
  return Object.entries(stats).flatMap(([name, { dropped = {}, inMemory = 0 }]) => {
    const reasons = Object.entries(dropped).filter(([reason, count]) => count > 0 && !harmless.has(reason));
    const parts = reasons.map(([reason, count]) => `${count} dropped (${reason})`);
    if (inMemory > 0) parts.push(`${inMemory} still in memory`);
    const total = reasons.reduce((sum, [, count]) => sum + count, inMemory);
    if (total === 0) return [];
    return [
      `spanport: ${total} ${total === 1 ? 'record was' : 'records were'} not delivered to ${name}: ${parts.join(', ')}`,
    ];
  });
}
