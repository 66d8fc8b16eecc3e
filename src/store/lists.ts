import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import { parseFilter } from './filter-language.ts';
import { isInTrace } from './interaction-ids.ts';
import { conditionsFor, joined, type Level, type Sql, wordsIn } from './where.ts';

/**
 * What a list selects. Times are microseconds, and those of its rows, both included: a conversation or a trace has the
 * time of its latest interaction or span.
 */
export interface Selection {
  readonly q?: string;
  readonly sinceUs?: number;
  readonly untilUs?: number;
  readonly project?: string;
}
export interface ListQuery extends Selection {
  readonly limit: number;
  readonly cursor?: string;
}

export const INTERACTIONS = `SELECT i.*, c.public_id AS conversation_id FROM interactions i
  JOIN conversations c ON c.id = i.conversation`;

const sources: Readonly<Record<Level, { readonly table: string; readonly alias: string }>> = {
  interaction: { table: INTERACTIONS, alias: 'i' },
  conversation: { table: 'SELECT c.* FROM conversations c', alias: 'c' },
  trace: { table: 'SELECT t.* FROM traces t', alias: 't' },
};

/** A page of a list, the latest first. */
export function listRows(db: Connection, level: Level, query: ListQuery): { rows: SqlRow[]; next?: string } {
  const filter = parseFilter(query.q ?? '');
  const words = wordsIn(filter);
  const conditions = conditionsFor(filter, level);
  const rows =
    words === undefined || level === 'trace'
      ? byTime(db, level, query, [...conditions, ...(words === undefined ? [] : [traceInText(words)])])
      : byWords(db, level, query, words, conditions);
  const kept = rows.slice(0, query.limit);
  return { rows: kept, ...(rows.length > query.limit && { next: cursorOf(kept.at(-1)) }) };
}

function byTime(db: Connection, level: Level, query: ListQuery, conditions: readonly Sql[]): SqlRow[] {
  const { table, alias } = sources[level];
  const after = position(query.cursor);
  const where = joined([
    ...rangeOf(alias, query),
    ...(level === 'interaction' ? [{ sql: 'i.is_hidden = 0', values: [] }] : []),
    ...(after ? [{ sql: `(${alias}.sort_us, ${alias}.id) < (?, ?)`, values: after }] : []),
    ...conditions,
  ]);
  const sql = `${table} WHERE ${where.sql} ORDER BY ${alias}.sort_us DESC, ${alias}.id DESC LIMIT ?`;
  return db.all(sql, ...where.values, query.limit + 1);
}

/** Full text leads, the latest rows first: a word that is in half of them needs no sort and no count. */
function byWords(
  db: Connection,
  level: 'interaction' | 'conversation',
  query: ListQuery,
  words: string,
  conditions: readonly Sql[],
): SqlRow[] {
  const found = new Map<unknown, SqlRow>();
  let after = position(query.cursor)?.[1];
  const earlier = level === 'conversation' && after !== undefined ? [laterMatch(words, after)] : [];
  for (;;) {
    const rows = matches(db, level, query, words, [...conditions, ...earlier], after);
    // A conversation is listed once, at the place of its latest match.
    for (const row of rows) if (!found.has(row['id'])) found.set(row['id'], row);
    after = Number(rows.at(-1)?.['match_id']);
    if (found.size > query.limit || rows.length <= query.limit) return [...found.values()].slice(0, query.limit + 1);
  }
}

function matches(
  db: Connection,
  level: 'interaction' | 'conversation',
  query: ListQuery,
  words: string,
  conditions: readonly Sql[],
  after: number | undefined,
): SqlRow[] {
  const where = joined([
    ...rangeOf(sources[level].alias, query),
    { sql: 'i.is_hidden = 0', values: [] },
    ...(after === undefined ? [] : [{ sql: 'x.rowid < ?', values: [after] }]),
    ...conditions,
  ]);
  const columns = level === 'interaction' ? 'i.*, c.public_id AS conversation_id' : 'c.*';
  return db.all(
    `SELECT ${columns}, i.id AS match_id FROM interaction_text x CROSS JOIN interactions i ON i.id = x.rowid
         JOIN conversations c ON c.id = i.conversation
       WHERE x.interaction_text MATCH ? AND ${where.sql} ORDER BY x.rowid DESC LIMIT ?`,
    words,
    ...where.values,
    query.limit + 1,
  );
}

export function rangeOf(alias: string, { sinceUs, untilUs, project }: Selection): Sql[] {
  return [
    ...(sinceUs === undefined ? [] : [{ sql: `${alias}.sort_us >= ?`, values: [sinceUs] }]),
    ...(untilUs === undefined ? [] : [{ sql: `${alias}.sort_us <= ?`, values: [untilUs] }]),
    ...(project === undefined ? [] : [{ sql: `${alias}.project = ?`, values: [project] }]),
  ];
}

/** Which `interactions i` a report reads: those of the selection that the page shows. */
export function selectedInteractions(query: Selection): Sql {
  const filter = parseFilter(query.q ?? '');
  const words = wordsIn(filter);
  return joined([
    ...rangeOf('i', query),
    ...conditionsFor(filter, 'interaction'),
    ...(words === undefined ? [] : [inText(words)]),
    { sql: 'i.is_hidden = 0', values: [] },
  ]);
}

export function inText(words: string): Sql {
  return { sql: 'i.id IN (SELECT rowid FROM interaction_text WHERE interaction_text MATCH ?)', values: [words] };
}

function traceInText(words: string): Sql {
  const { sql, values } = inText(words);
  return {
    sql: `EXISTS (SELECT 1 FROM interactions i WHERE ${isInTrace('t.trace_id', 't.project')} AND ${sql})`,
    values,
  };
}

/** Leaves out conversations of earlier pages: they have a later match that is shown. */
function laterMatch(words: string, after: number): Sql {
  return {
    sql: `NOT EXISTS (SELECT 1 FROM interactions j CROSS JOIN interaction_text y ON y.rowid = j.id
      WHERE j.conversation = i.conversation AND j.is_hidden = 0 AND j.id >= ? AND y.interaction_text MATCH ?)`,
    values: [after, words],
  };
}

/** Where a page ended: the sort key and the row id. Undefined for anything else than a cursor of ours. */
export function position(cursor: string | undefined): [sort: number, rowId: number] | undefined {
  if (cursor === undefined) return undefined;
  const match = /^(-?\d+)\.(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match) return undefined;
  const [sort, rowId] = [Number(match[1]), Number(match[2])];
  return Number.isSafeInteger(sort) && Number.isSafeInteger(rowId) ? [sort, rowId] : undefined;
}

export function cursorOf(row: SqlRow | undefined): string {
  return Buffer.from(`${row?.['sort_us']}.${row?.['match_id'] ?? row?.['id']}`).toString('base64url');
}
