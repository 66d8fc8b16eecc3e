import type { Connection } from '../sqlite/connection.ts';

export type MarkName = 'settled_span' | 'settled_log' | 'sequence' | 'pruned_us' | 'pruned_spans';

/** Numbers that outlive the process, one row each. */
export class Marks {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  get(name: MarkName): number {
    return Number(this.#db.all('SELECT value FROM meta WHERE name = ?', name)[0]?.['value'] ?? 0);
  }

  set(name: MarkName, value: number): void {
    this.#db.run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', name, value);
  }

  /** The next number of the sequence in which changes are reported. */
  nextSequence(): number {
    const next = this.get('sequence') + 1;
    this.set('sequence', next);
    return next;
  }
}
