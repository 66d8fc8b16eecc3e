import type { Connection } from '../sqlite/connection.ts';

export type MarkName =
  | 'settled_span'
  | 'settled_log'
  | 'settled_change'
  | 'sequence'
  | 'pruned_us'
  | 'pruned_spans'
  /** The last row id to index again after a migration, and the last one that is done. */
  | 'rebuild_until'
  | 'rebuilt_record';

/** Numbers that persist. They are read once and written in the transaction that changed them. */
export class Marks {
  readonly #db: Connection;
  readonly #values = new Map<MarkName, number>();
  readonly #changed = new Set<MarkName>();

  constructor(db: Connection) {
    this.#db = db;
  }

  get(name: MarkName): number {
    let value = this.#values.get(name);
    if (value === undefined) {
      value = Number(this.#db.all('SELECT value FROM meta WHERE name = ?', name)[0]?.['value'] ?? 0);
      this.#values.set(name, value);
    }
    return value;
  }

  set(name: MarkName, value: number): void {
    this.#values.set(name, value);
    this.#changed.add(name);
  }

  /** The next number of the sequence in which changes are reported. */
  nextSequence(): number {
    const next = this.get('sequence') + 1;
    this.set('sequence', next);
    return next;
  }

  /** At the end of a transaction. */
  flush(): void {
    for (const name of this.#changed) {
      this.#db.run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', name, this.get(name));
    }
    this.#changed.clear();
  }

  /** After a rollback: restores the values of the file. */
  forget(): void {
    this.#values.clear();
    this.#changed.clear();
  }
}
