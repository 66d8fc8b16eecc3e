import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import type { Marks } from './marks.ts';
import type { RowNumbers } from './row-numbers.ts';
import { KEYED, type Sources } from './sources.ts';

/** Where an interaction is written. */
export interface Place {
  readonly project: string;
  readonly key: string;
  /** The row id of the span that names it. */
  readonly spanId: number | undefined;
  /** Its row so far. */
  readonly before: SqlRow | undefined;
}

/** Finds and writes rows of `interactions` under the row ids that interaction-ids.ts describes. */
export class InteractionRows {
  readonly #db: Connection;
  readonly #marks: Marks;
  readonly #sources: Sources;
  readonly #numbers: RowNumbers;
  /** The greatest row id; read once a step, so that a new span needs no query. */
  #greatest: number | undefined;
  /** The same for every row, because all have the same columns in the same order. */
  #insert: string | undefined;

  /** @param numbers of spans, and of the interactions that no span names */
  constructor(db: Connection, marks: Marks, sources: Sources, numbers: RowNumbers) {
    this.#db = db;
    this.#marks = marks;
    this.#sources = sources;
    this.#numbers = numbers;
  }

  find({ project, key, spanId }: Omit<Place, 'before'>): SqlRow | undefined {
    const named = spanId === undefined ? undefined : this.#withId(spanId);
    if (named || !this.#sources.hasRows(KEYED)) return named;
    return this.#db.all(`SELECT * FROM ${KEYED} AND key = ? AND project = ?`, key, project)[0];
  }

  /** @returns the row id, which changes when the span that names the interaction arrives after its record */
  write({ spanId, before }: Place, row: Record<string, SqlValue>): number {
    if (before) this.remove(before);
    const isKeyed = spanId === undefined;
    row['is_keyed'] = isKeyed ? 1 : 0;
    if (isKeyed) this.#sources.fill(KEYED);
    const id = spanId ?? (before?.['is_keyed'] === 1 ? Number(before['id']) : this.#newId());
    this.#insert ??= insertOf(Object.keys(row));
    this.#db.run(this.#insert, id, ...Object.values(row));
    if (this.#greatest !== undefined && id > this.#greatest) this.#greatest = id;
    return id;
  }

  remove({ id = null }: SqlRow): void {
    this.#db.run('DELETE FROM interactions WHERE id = ?', id);
  }

  /** At the end of a step. */
  forget(): void {
    this.#greatest = undefined;
  }

  #withId(id: number): SqlRow | undefined {
    this.#greatest ??= Number(this.#db.all('SELECT max(id) AS id FROM interactions')[0]?.['id'] ?? 0);
    return id > this.#greatest ? undefined : this.#db.all('SELECT * FROM interactions WHERE id = ?', id)[0];
  }

  /** No span gets this row id. */
  #newId(): number {
    const { last } = this.#numbers;
    const id = this.#numbers.take();
    // The number does not wait to be indexed.
    if (this.#marks.get('settled_span') === last) this.#marks.set('settled_span', id);
    return id;
  }
}

function insertOf(columns: readonly string[]): string {
  return `INSERT INTO interactions (id, ${columns.join(', ')}) VALUES (?, ${columns.map(() => '?').join(', ')})`;
}
