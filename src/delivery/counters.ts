import type { DeliveryStats } from './delivery.ts';

type Count = Exclude<keyof DeliveryStats, 'dropped' | 'spooled' | 'spooledBytes' | 'inMemory'>;

/** Drops that lose nothing, and those that are reported once, at the end of the process. */
const QUIET_REASONS: ReadonlySet<string> = new Set(['duplicate', 'shut_down']);

/** Why records are dropped, and what helps. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  queue_full: 'the queue in memory is full (a spool, SPANPORT_SPOOL_DIR, holds more)',
  spool_full: 'the spool is full, and the oldest go first (SPANPORT_SPOOL_MAX_BYTES makes it larger)',
};

/** What became of the records of one destination. Every record is counted where it ends, exactly once. */
export class Counters {
  readonly #name: string;
  readonly #report: (message: string) => void;
  readonly #counts: Record<Count, number> = { enqueued: 0, delivered: 0, retried: 0, rejected: 0, coalesced: 0 };
  readonly #dropped: Record<string, number> = {};

  constructor(name: string, report: (message: string) => void) {
    this.#name = name;
    this.#report = report;
  }

  add(count: Count, by: number): void {
    this.#counts[count] += by;
  }

  /** Counts dropped records, and reports the first drop for each reason. */
  drop(reason: string, by: number): void {
    if (by === 0) return;
    if (this.#dropped[reason] === undefined && !QUIET_REASONS.has(reason))
      this.#report(`records for ${this.#name} are dropped: ${EXPLANATIONS[reason] ?? reason}`);
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + by;
  }

  stats(inMemory: number, spooled = 0, spooledBytes = 0): DeliveryStats {
    return { ...this.#counts, dropped: { ...this.#dropped }, spooled, spooledBytes, inMemory };
  }
}
