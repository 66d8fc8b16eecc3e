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
const RECORD = 'id, project, key, received_us';
const SPAN = 'id, project, trace_id, span_id, status, resource, received_us';
/** What one step removes of a store that is too large, unless the excess is more: about as much as that many spans take. */
const STEP_BYTES = 3e6;
/** What counts against the size, besides spans and records, with the column of the content. */
const OTHERS = [
  ['logs', 'data'],
  ['documents', 'body'],
  ['events', 'data'],
  ['feedback', 'data'],
] as const;
const IDS = '(SELECT value FROM json_each(?))';
const OF_SPAN = 'WHERE trace_id = ? AND span_id = ? AND project = ?';
const KEYED_OF_SPAN = `SELECT ${INTERACTION} FROM interactions ${OF_SPAN} AND is_keyed = 1`;
const WITHOUT_INTERACTION = `DELETE FROM deliveries WHERE id = ? AND NOT EXISTS
  (SELECT 1 FROM interactions i WHERE ${hasKey('deliveries.interaction', 'deliveries.project')})`;
/** Totals are small, so they are kept longer than the interactions that they count. */
const USAGE_SECONDS = 400 * 86_400;

/** Removes the oldest first, by the time they were received: clocks of senders do not matter. */
export class Pruner {
  readonly #db: Connection;
  readonly #marks: Marks;
  readonly #settle: Settle;
  readonly #retention: Retention;
  readonly #walk: SpanWalk;
  /** The row of `deliveries` that was looked at last. */
  #lastDelivery = 0;

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
    this.#lastDelivery = 0;
  }

  /** Removes some of the excess data, within the caller's transaction. @returns whether there is more to remove */
  step(nowUs: number): boolean {
    const oldestUs = nowUs - this.#retention.maxAgeSeconds * 1e6;
    const excess = this.bytes() - this.#retention.maxBytes;
    const isTooLarge = excess > 0;
    const { spans, records, others } = isTooLarge ? this.#oldestOfAll(excess) : this.#outdated(oldestUs);
    this.#removeSpans(spans);
    for (const row of records) this.#removeRecord(row);
    for (const { table, row } of others) this.#db.run(`DELETE FROM ${table} WHERE id = ?`, row['id'] ?? null);
    const outdated = this.#removeOthers(oldestUs, nowUs);
    this.#settle.finish();
    const removed = spans.length + records.length;
    if (removed + others.length === 0) return outdated >= STEP;
    this.#marks.set('pruned_us', nowUs);
    this.#marks.set('pruned_spans', this.#marks.get('pruned_spans') + removed);
    return isTooLarge || Math.max(removed, outdated) >= STEP;
  }

  #outdated(oldestUs: number): Excess {
    const records = this.#oldest('records', RECORD, Number.MAX_SAFE_INTEGER);
    return {
      spans: this.#outdatedSpans(oldestUs),
      records: records.filter((row) => isBefore(row, oldestUs)),
      others: [],
    };
  }

  /**
   * What was received first, of all kinds, until the excess is gone. Where the other kinds are too large by themselves, no
   * span is removed: the store would still be too large without any.
   */
  #oldestOfAll(excess: number): Excess {
    const others = OTHERS.flatMap(([table, column]) => this.#sized(table, 'id, received_us', column));
    const isSpanNoHelp = sum(others) > this.#retention.maxBytes;
    const candidates = isSpanNoHelp
      ? others
      : [...this.#sized('spans', SPAN, 'data'), ...this.#sized('records', RECORD, 'data'), ...others];
    candidates.sort((a, b) => a.receivedUs - b.receivedUs);
    const enough = Math.max(excess, Math.min(STEP_BYTES, this.#retention.maxBytes / 20));
    let bytes = 0;
    let count = 0;
    while (count < Math.min(STEP, candidates.length) && bytes < enough) {
      bytes += candidates[count]?.bytes ?? 0;
      count += 1;
    }
    const chosen = candidates.slice(0, count);
    const of = (name: string): SqlRow[] => chosen.filter(({ table }) => table === name).map(({ row }) => row);
    return {
      spans: of('spans'),
      records: of('records'),
      others: chosen.filter(({ table }) => table !== 'spans' && table !== 'records'),
    };
  }

  /** The first rows of a table with their sizes. What is not indexed yet stays, because the index would look for it. */
  #sized(table: Table, columns: string, content: 'data' | 'body'): Sized[] {
    const mark = table === 'spans' ? 'settled_span' : table === 'logs' ? 'settled_log' : undefined;
    const lastId = mark ? this.#marks.get(mark) : Number.MAX_SAFE_INTEGER;
    const rows = this.#oldest(table, `${columns}, octet_length(${content}) AS bytes`, lastId);
    return rows.map((row) => ({
      table,
      row,
      receivedUs: Number(row['received_us']),
      bytes: Number(row['bytes']),
    }));
  }

  /**
   * The first rows are the oldest, since row ids grow with every span that arrives: reading more of them would read the
   * whole table. A later row is older where this machine's clock was set back, which the walk finds. Spans that are not
   * indexed yet stay, because the index would look for them.
   */
  #outdatedSpans(oldestUs: number): SqlRow[] {
    const first = this.#oldest('spans', SPAN, this.#marks.get('settled_span'));
    const old = first.filter((row) => isBefore(row, oldestUs));
    if (old.length === STEP) return old;
    const ids = new Set(old.map(({ id }) => id));
    const walked = this.#walk.next(this.#marks.get('settled_span'));
    return [...old, ...walked.filter((row) => isBefore(row, oldestUs) && !ids.has(row['id'] ?? null))];
  }

  #oldest(table: Table, columns: string, lastId: number): SqlRow[] {
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

  /** By age, feedback and events stay at least as long as their interaction. @returns how many log records and documents were removed */
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
    this.#removeDeliveries(oldestUs);
    this.#db.run('DELETE FROM usage WHERE bucket_us < ?', nowUs - USAGE_SECONDS * 1e6);
    return Math.max(logs, documents);
  }

  /** Of interactions that never came, or were deleted while a request was under way; others go with their interaction. */
  #removeDeliveries(oldestUs: number): void {
    if (!this.#settle.hasRows('deliveries')) return;
    const sql = `SELECT id, updated_us AS received_us FROM deliveries WHERE id > ? ORDER BY id LIMIT ${STEP}`;
    const rows = this.#db.all(sql, this.#lastDelivery);
    this.#lastDelivery = rows.length < STEP ? 0 : Number(rows.at(-1)?.['id']);
    for (const row of rows) if (isBefore(row, oldestUs)) this.#db.run(WITHOUT_INTERACTION, row['id'] ?? null);
  }

  #removeOldest(table: 'logs' | 'documents', lastId: number, oldestUs: number): number {
    const rows = this.#oldest(table, 'id, received_us', lastId).filter((row) => isBefore(row, oldestUs));
    for (const row of rows) this.#db.run(`DELETE FROM ${table} WHERE id = ?`, row['id'] ?? null);
    return rows.length;
  }
}

type Table = 'spans' | 'records' | (typeof OTHERS)[number][0];

interface Sized {
  readonly table: Table;
  readonly row: SqlRow;
  readonly receivedUs: number;
  /** Of the content: the index takes more. */
  readonly bytes: number;
}

/** What one step removes. */
interface Excess {
  readonly spans: readonly SqlRow[];
  readonly records: readonly SqlRow[];
  readonly others: readonly Sized[];
}

function sum(rows: readonly Sized[]): number {
  return rows.reduce((total, { bytes }) => total + bytes, 0);
}

function isBefore(row: SqlRow, us: number): boolean {
  return Number(row['received_us']) < us;
}
