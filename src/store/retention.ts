import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import type { Marks } from './marks.ts';
import type { Retention } from './port.ts';
import type { Settle } from './settle.ts';

/** Spans that one step removes, so that requests are answered in between. */
const STEP = 500;
/** Totals are small and outlive what they were made of. */
const USAGE_SECONDS = 400 * 86_400;

/** Removes the oldest first, by the time they were received: clocks of senders do not matter. */
export class Pruner {
  readonly #db: Connection;
  readonly #marks: Marks;
  readonly #settle: Settle;
  readonly #retention: Retention;

  constructor(db: Connection, marks: Marks, settle: Settle, retention: Retention) {
    this.#db = db;
    this.#marks = marks;
    this.#settle = settle;
    this.#retention = retention;
  }

  /** Bytes in use, without pages that are free. */
  bytes(): number {
    return (this.#db.pragma('page_count') - this.#db.pragma('freelist_count')) * this.#db.pragma('page_size');
  }

  /** Removes a part of what is too old or too much, within the caller's transaction. @returns whether more is */
  step(nowUs: number): boolean {
    const oldestUs = nowUs - this.#retention.maxAgeSeconds * 1e6;
    const isTooLarge = this.bytes() > this.#retention.maxBytes;
    // Row ids grow with time: only what is settled may go, since the index would look for it.
    const spans = this.#db.all(
      `SELECT id, project, trace_id, span_id, status FROM spans WHERE id <= ? AND (? OR received_us < ?) ORDER BY id LIMIT ${STEP}`,
      this.#marks.get('settled_span'),
      isTooLarge ? 1 : 0,
      oldestUs,
    );
    const records = this.#db.all(
      `SELECT id, project, key FROM records WHERE received_us < ? OR ? ORDER BY id LIMIT ${STEP}`,
      oldestUs,
      isTooLarge && spans.length === 0 ? 1 : 0,
    );
    for (const row of spans) this.#removeSpan(row);
    for (const row of records) this.#removeRecord(row);
    this.#removeOthers(oldestUs, nowUs);
    this.#settle.finish();
    const removed = spans.length + records.length;
    if (removed === 0) return false;
    this.#marks.set('pruned_us', nowUs);
    this.#marks.set('pruned_spans', this.#marks.get('pruned_spans') + removed);
    return isTooLarge || removed >= STEP;
  }

  #removeSpan(row: SqlRow): void {
    const { project = null, trace_id: traceId = null, span_id: spanId = null } = row;
    this.#db.run('DELETE FROM spans WHERE id = ?', row['id'] ?? null);
    this.#db.run('DELETE FROM logs WHERE trace_id = ? AND span_id = ? AND project = ?', traceId, spanId, project);
    this.#settle.spanPruned(row);
    const interactions = this.#db.all(
      'SELECT * FROM interactions WHERE trace_id = ? AND span_id = ? AND project = ?',
      traceId,
      spanId,
      project,
    );
    for (const interaction of interactions) this.#removeInteraction(interaction);
  }

  #removeRecord(row: SqlRow): void {
    this.#db.run('DELETE FROM records WHERE id = ?', row['id'] ?? null);
    const where = 'SELECT * FROM interactions WHERE key = ? AND project = ?';
    for (const interaction of this.#db.all(where, row['key'] ?? null, row['project'] ?? null)) {
      const { trace_id: traceId = null, span_id: spanId = null, project = null } = interaction;
      const rest = 'SELECT 1 FROM spans WHERE trace_id = ? AND span_id = ? AND project = ?';
      if (this.#db.all(rest, traceId, spanId, project).length === 0) this.#removeInteraction(interaction);
    }
  }

  #removeInteraction(row: SqlRow): void {
    const { key = null, project = null } = row;
    this.#db.run('DELETE FROM records WHERE key = ? AND project = ?', key, project);
    this.#db.run('DELETE FROM deliveries WHERE interaction = ? AND project = ?', key, project);
    this.#settle.remove(row, true);
  }

  #removeOthers(oldestUs: number, nowUs: number): void {
    this.#db.run('DELETE FROM feedback WHERE at_us < ?', oldestUs);
    this.#db.run('DELETE FROM events WHERE at_us < ?', oldestUs);
    this.#db.run('DELETE FROM documents WHERE received_us < ?', oldestUs);
    this.#db.run('DELETE FROM usage WHERE bucket_us < ?', nowUs - USAGE_SECONDS * 1e6);
  }
}
