import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { isInTrace } from './interaction-ids.ts';
import type { Erased, ErasedInteraction } from './port.ts';
import type { Settle } from './settle.ts';

interface Trace {
  readonly project: string;
  readonly traceId: string;
  /** Its spans that describe an interaction that is erased. */
  readonly spanIds: Set<string>;
}

/** Deletes interactions with all that they were made of, within the caller's transaction. */
export class Erasure {
  readonly #db: Connection;
  readonly #settle: Settle;

  constructor(db: Connection, settle: Settle) {
    this.#db = db;
    this.#settle = settle;
  }

  /** @param publicId of a conversation */
  conversation(publicId: string): Erased {
    const rows = this.#db.all(
      'SELECT i.* FROM interactions i JOIN conversations c ON c.id = i.conversation WHERE c.public_id = ?',
      publicId,
    );
    const [named] = this.#db.all('SELECT name, project FROM conversations WHERE public_id = ?', publicId);
    for (const table of named ? NAMED : []) {
      const { name = null, project = null } = named ?? {};
      this.#db.run(`DELETE FROM ${table} WHERE conversation_name = ? AND project = ?`, name, project);
    }
    return this.#erase(rows);
  }

  /** The conversations of a name, and what the client of this API wrote of them. */
  named(project: string, receivedBy: string, name: string): Erased {
    const rows = this.#db.all(
      'SELECT i.* FROM conversations c JOIN interactions i ON i.conversation = c.id WHERE c.name = ? AND c.project = ?',
      name,
      project,
    );
    const erased = this.#erase(rows);
    for (const table of NAMED) {
      const where = 'conversation_name = ? AND project = ? AND received_by = ?';
      this.#db.run(`DELETE FROM ${table} WHERE ${where}`, name, project, receivedBy);
    }
    return erased;
  }

  #erase(rows: readonly SqlRow[]): Erased {
    const all = [...rows, ...rows.flatMap((row) => this.#fetchesOf(row))];
    const ids = new Set(all.map(({ id }) => id));
    let spans = 0;
    for (const trace of this.#tracesOf(all)) spans += this.#eraseSpans(trace, ids);
    for (const row of all) this.#eraseRow(row);
    return { interactions: all.map(erasedInteraction), spans };
  }

  /** The requests that fetched the answer of a background response: no list shows them, and they contain the answer. */
  #fetchesOf({ id = null, response_id: responseId = null, project = null }: SqlRow): SqlRow[] {
    if (responseId === null) return [];
    const sql = 'SELECT * FROM interactions WHERE response_id = ? AND project = ? AND id <> ? AND is_hidden = 1';
    return this.#db.all(sql, responseId, project, id);
  }

  /** Spans of one run may be in several traces. */
  #tracesOf(rows: readonly SqlRow[]): Iterable<Trace> {
    const traces = new Map<string, Trace>();
    for (const row of rows) {
      const { key = null, project = null } = row;
      const runSpans = this.#db.all(
        'SELECT trace_id, span_id FROM run_spans WHERE key = ? AND project = ?',
        key,
        project,
      );
      for (const place of [row, ...runSpans]) {
        const traceId = String(place['trace_id']);
        const name = `${project}\n${traceId}`;
        const trace = traces.get(name) ?? { project: String(project), traceId, spanIds: new Set() };
        trace.spanIds.add(String(place['span_id']));
        traces.set(name, trace);
      }
    }
    return traces.values();
  }

  /**
   * A trace of which nothing else is stored goes whole. Of any other one, the spans of the interactions go, and those below
   * them that belong to no other interaction. @returns how many spans
   */
  #eraseSpans({ project, traceId, spanIds }: Trace, ids: ReadonlySet<SqlValue | undefined>): number {
    const own = this.#db.all(
      `SELECT i.id, i.span_id FROM interactions i WHERE ${isInTrace('?1', '?2')}`,
      traceId,
      project,
    );
    const others = new Set(own.filter(({ id }) => !ids.has(id)).map((row) => String(row['span_id'])));
    const isWhole = others.size === 0;
    const which = isWhole ? '' : 'AND span_id IN (SELECT value FROM json_each(?))';
    const values = isWhole ? [] : [JSON.stringify([...this.#below(project, traceId, spanIds, others)])];
    const where = `WHERE trace_id = ? AND project = ? ${which}`;
    this.#db.run(`DELETE FROM logs ${where}`, traceId, project, ...values);
    const { changes } = this.#db.run(`DELETE FROM spans ${where}`, traceId, project, ...values);
    // Some vendors' clients write a trace as one document.
    const document = 'external_id = ? AND project = ? AND conversation_name IS NULL';
    this.#db.run(`DELETE FROM documents WHERE ${document}`, traceId, project);
    this.#settle.touchTrace(project, traceId);
    return changes;
  }

  /** These spans and all below them, except `others` and what is below those. */
  #below(
    project: string,
    traceId: string,
    spanIds: ReadonlySet<string>,
    others: ReadonlySet<string>,
  ): ReadonlySet<string> {
    const children = new Map<string, string[]>();
    const sql = 'SELECT span_id, parent_id FROM spans WHERE trace_id = ? AND project = ? AND parent_id IS NOT NULL';
    for (const row of this.#db.all(sql, traceId, project)) {
      const parent = String(row['parent_id']);
      const siblings = children.get(parent);
      if (siblings) siblings.push(String(row['span_id']));
      else children.set(parent, [String(row['span_id'])]);
    }
    const found = new Set(spanIds);
    // A set is read to its end, also what is added while it is read.
    for (const id of found) for (const child of children.get(id) ?? []) if (!others.has(child)) found.add(child);
    return found;
  }

  #eraseRow(row: SqlRow): void {
    const { key = null, project = null } = row;
    for (const [table, column] of DESCRIBING)
      this.#db.run(`DELETE FROM ${table} WHERE ${column} = ? AND project = ?`, key, project);
    this.#settle.remove(row);
  }
}

/** Tables whose rows may name a conversation. */
const NAMED = ['feedback', 'events', 'documents'] as const;
/** Tables whose rows name an interaction, with the column of its key. */
const DESCRIBING = [
  ['records', 'key'],
  ['deliveries', 'interaction'],
  ['feedback', 'interaction'],
] as const;

function erasedInteraction(row: SqlRow): ErasedInteraction {
  const { response_id: responseId, conversation_name: conversationId } = row;
  return {
    id: String(row['key']),
    project: String(row['project']),
    traceId: String(row['trace_id']),
    spanId: String(row['span_id']),
    ...(typeof responseId === 'string' && { responseId }),
    ...(typeof conversationId === 'string' && { conversationId }),
  };
}
