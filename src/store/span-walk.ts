import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';

/**
 * Reads all spans in small parts, again and again. At the end of each round it removes the resources that no span names:
 * an index of them would make every span more expensive to store.
 */
export class SpanWalk {
  readonly #db: Connection;
  readonly #sql: string;
  readonly #part: number;
  /** Resources that spans of this round name. */
  #named = new Set<number>();
  #after = 0;
  #removed = 0;

  /** @param columns must contain `id` and `resource` */
  constructor(db: Connection, columns: string, part: number) {
    this.#db = db;
    this.#sql = `SELECT ${columns} FROM spans WHERE id > ? ORDER BY id LIMIT ${part}`;
    this.#part = part;
  }

  /** How many resources were removed so far: their ids must not be used again. */
  get removed(): number {
    return this.#removed;
  }

  /** A span that was read has this resource now. */
  keep(resource: number): void {
    this.#named.add(resource);
  }

  /** @returns the next rows, without those after this id */
  next(lastId: number): SqlRow[] {
    const rows = this.#db.all(this.#sql, this.#after);
    for (const row of rows) this.#named.add(Number(row['resource']));
    this.#after = Number(rows.at(-1)?.['id'] ?? 0);
    // Every span that is stored now was read in this round: a new one always gets the greatest id, and a resource that an
    // earlier one was given meanwhile is kept.
    if (rows.length < this.#part) this.#endRound();
    return rows.filter((row) => Number(row['id']) <= lastId);
  }

  /** After a rollback: what this round has read may not hold. */
  forget(): void {
    this.#named.clear();
    this.#after = 0;
  }

  #endRound(): void {
    for (const { id = null } of this.#db.all('SELECT id FROM resources')) {
      if (!this.#named.has(Number(id))) this.#removed += this.#db.run('DELETE FROM resources WHERE id = ?', id).changes;
    }
    this.forget();
  }
}
