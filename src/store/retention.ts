import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import { hasKey } from './interaction-ids.ts';
import type { Marks } from './marks.ts';
import type { Retention } from './port.ts';
import type { Settle } from './settle.ts';
import { KEYED } from './sources.ts';
import { SpanWalk } from './span-walk.ts';

/** Spans that one step removes: more of them share the pages of a commit, fewer let requests be answered sooner. */
const STEP = 1_500;
/** What removing an interaction needs of it: a row has sixty columns. */
const INTERACTION = 'id, key, project, trace_id, span_id, conversation';
const SPAN = 'id, project, trace_id, span_id, status, resource, received_us';
const IDS = '(SELECT value FROM json_each(?))';
const OF_SPAN = 'WHERE trace_id = ? AND span_id = ? AND project = ?';
const KEYED_OF_SPAN = `SELECT ${INTERACTION} FROM interactions ${OF_SPAN} AND is_keyed = 1`;
/** Totals are small, so they are kept longer than the interactions that they count. */
const USAGE_SECONDS = 400 * 86_400;

/** Removes the oldest first, by the time they were received: clocks of senders do not matter. */
export class Pruner {
  readonly #db: Connection;
  readonly #marks: Marks;
  readonly #settle: Settle;
  readonly #retention: Retention;
  readonly #walk: SpanWalk;

  constructor(db: Connection, marks: Marks, settle: Settle, retention: Retention) {
    this.#db = db;
    this.#marks = marks;
    this.#settle = settle;
    this.#retention = retention;
    this.#walk = new SpanWalk(db, SPAN, STEP);
  }

  /** Bytes in use, without pages that are free. */
  bytes(): number {
    return (this.#db.pragma('page_count') - this.#db.pragma('freelist_count')) * this.#db.pragma('page_size');
  }

  /** How many resources were removed so far, whose ids must not be used any more. */
  get removedResources(): number {
    return this.#walk.removed;
  }

  /** A span that may have been read in this round has another resource now. */
  keepResource(id: number): void {
    this.#walk.keep(id);
  }

  /** After a rollback. */
  forget(): void {
    this.#walk.forget();
  }

  /** Removes some of the excess data, within the caller's transaction. @returns whether there is more to remove */
  step(nowUs: number): boolean {
    const oldestUs = nowUs - this.#retention.maxAgeSeconds * 1e6;
    const isTooLarge = this.bytes() > this.#retention.maxBytes;
    const spans = this.#spansToRemove(oldestUs, isTooLarge);
    const records = this.#oldest('records', 'id, project, key, received_us', Number.MAX_SAFE_INTEGER).filter(
      (row) => (isTooLarge && spans.length === 0) || isBefore(row, oldestUs),
    );
    this.#removeSpans(spans);
    for (const row of records) this.#removeRecord(row);
    const others = this.#removeOthers(oldestUs, nowUs);
    this.#settle.finish();
    const removed = spans.length + records.length;
    if (removed === 0) return others >= STEP;
    this.#marks.set('pruned_us', nowUs);
    this.#marks.set('pruned_spans', this.#marks.get('pruned_spans') + removed);
    return isTooLarge || Math.max(removed, others) >= STEP;
  }

  /**
   * The first rows are the oldest, since row ids grow with every span that arrives: reading more of them would read the
   * whole table. A later row is older where this machine's clock was set back, which the walk finds. Spans that are not
   * indexed yet stay, because the index would look for them.
   */
  #spansToRemove(oldestUs: number, isTooLarge: boolean): SqlRow[] {
    const first = this.#oldest('spans', SPAN, this.#marks.get('settled_span'));
    if (isTooLarge) return first;
    const old = first.filter((row) => isBefore(row, oldestUs));
    if (old.length === STEP) return old;
    const ids = new Set(old.map(({ id }) => id));
    const walked = this.#walk.next(this.#marks.get('settled_span'));
    return [...old, ...walked.filter((row) => isBefore(row, oldestUs) && !ids.has(row['id'] ?? null))];
  }

  #oldest(table: 'spans' | 'records' | 'logs' | 'documents', columns: string, lastId: number): SqlRow[] {
    return this.#db.all(`SELECT ${columns} FROM ${table} WHERE id <= ? ORDER BY id LIMIT ${STEP}`, lastId);
  }

  /** With few statements: they are a third of the work. */
  #removeSpans(rows: readonly SqlRow[]): void {
    if (rows.length === 0) return;
    const ids = JSON.stringify(rows.map(({ id }) => id));
    const hasLogs = this.#settle.hasRows('logs');
    const interactions = this.#db.all(`SELECT ${INTERACTION} FROM interactions WHERE id IN ${IDS}`, ids);
    for (const row of rows) {
      const { project = null, trace_id: traceId = null, span_id: spanId = null } = row;
      if (hasLogs) this.#db.run(`DELETE FROM logs ${OF_SPAN}`, traceId, spanId, project);
      if (this.#settle.hasRows(KEYED)) {
        interactions.push(...this.#db.all(KEYED_OF_SPAN, traceId, spanId, project));
      }
      this.#settle.spanPruned(row);
    }
    this.#db.run(`DELETE FROM spans WHERE id IN ${IDS}`, ids);
    for (const interaction of interactions) this.#removeInteraction(interaction);
  }

  #removeRecord(row: SqlRow): void {
    this.#db.run('DELETE FROM records WHERE id = ?', row['id'] ?? null);
    const sql = `SELECT ${INTERACTION} FROM interactions i WHERE ${hasKey('?1', '?2')}`;
    for (const interaction of this.#db.all(sql, row['key'] ?? null, row['project'] ?? null)) {
      const { trace_id: traceId = null, span_id: spanId = null, project = null } = interaction;
      const rest = 'SELECT 1 FROM spans WHERE trace_id = ? AND span_id = ? AND project = ?';
      if (this.#db.all(rest, traceId, spanId, project).length === 0) this.#removeInteraction(interaction);
    }
  }

  #removeInteraction(row: SqlRow): void {
    const { key = null, project = null } = row;
    if (this.#settle.hasRows('records'))
      this.#db.run('DELETE FROM records WHERE key = ? AND project = ?', key, project);
    if (this.#settle.hasRows('deliveries')) {
      this.#db.run('DELETE FROM deliveries WHERE interaction = ? AND project = ?', key, project);
    }
    this.#settle.remove(row, true);
  }

  /** Feedback and events stay at least as long as their interaction. @returns how many log records and documents were removed */
  #removeOthers(oldestUs: number, nowUs: number): number {
    // Log records whose span never arrived; the others went with their span.
    const logs = this.#removeOldest('logs', this.#marks.get('settled_log'), oldestUs);
    const documents = this.#removeOldest('documents', Number.MAX_SAFE_INTEGER, oldestUs);
    this.#db.run(
      `DELETE FROM feedback WHERE received_us < ? AND NOT EXISTS
         (SELECT 1 FROM interactions i WHERE ${hasKey('feedback.interaction', 'feedback.project')})`,
      oldestUs,
    );
    this.#db.run(
      `DELETE FROM events WHERE received_us < ? AND NOT EXISTS
         (SELECT 1 FROM conversations c WHERE c.name = events.conversation_name AND c.project = events.project)`,
      oldestUs,
    );
    this.#db.run('DELETE FROM usage WHERE bucket_us < ?', nowUs - USAGE_SECONDS * 1e6);
    return Math.max(logs, documents);
  }

  #removeOldest(table: 'logs' | 'documents', lastId: number, oldestUs: number): number {
    const rows = this.#oldest(table, 'id, received_us', lastId).filter((row) => isBefore(row, oldestUs));
    for (const row of rows) this.#db.run(`DELETE FROM ${table} WHERE id = ?`, row['id'] ?? null);
    return rows.length;
  }
}

function isBefore(row: SqlRow, us: number): boolean {
  return Number(row['received_us']) < us;
}
