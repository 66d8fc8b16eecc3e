import type { Connection } from '../sqlite/connection.ts';

/**
 * The full text of interactions. FTS5 collects the words of a transaction in memory and writes them when a row id is
 * smaller than the one before, so that what is out of order waits for the end of the step and is then written in order.
 */
export class FullText {
  readonly #db: Connection;
  readonly #removed = new Set<number>();
  readonly #waiting = new Map<number, string>();
  /** The greatest row id that this step has written. */
  #last = 0;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** @param isInOrder whether this row id is new, and later ones will be greater */
  add(id: number, words: string, isInOrder: boolean): void {
    if (!isInOrder || id <= this.#last || this.#removed.has(id)) {
      this.#waiting.set(id, words);
      return;
    }
    this.#insert(id, words);
    this.#last = id;
  }

  remove(id: number): void {
    this.#waiting.delete(id);
    this.#removed.add(id);
  }

  /** At the end of a step. */
  flush(): void {
    if (this.#removed.size > 0) this.#db.run(DELETE, JSON.stringify([...this.#removed]));
    for (const [id, words] of [...this.#waiting].sort(([a], [b]) => a - b)) this.#insert(id, words);
    this.forget();
  }

  /** After a rollback. */
  forget(): void {
    this.#removed.clear();
    this.#waiting.clear();
    this.#last = 0;
  }

  #insert(id: number, words: string): void {
    this.#db.run('INSERT INTO interaction_text (rowid, text) VALUES (?, ?)', id, words);
  }
}

const DELETE = 'DELETE FROM interaction_text WHERE rowid IN (SELECT value FROM json_each(?))';
