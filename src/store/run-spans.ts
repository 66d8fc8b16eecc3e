import type { Interaction } from '../interaction/interaction.ts';
import type { Connection } from '../sqlite/connection.ts';
import { MAX_RUN_SPANS } from './port.ts';

/**
 * Notes that a span describes a run. A run that never ends may have a span for each time that something looked at it, and
 * all of them are read again with each new one: only those that ended last are kept, whatever the order of arrival.
 */
export function addRunSpan(db: Connection, project: string, { id, traceId, spanId }: Interaction): void {
  const { changes } = db.run('INSERT OR IGNORE INTO run_spans VALUES (?, ?, ?, ?)', project, id, traceId, spanId);
  if (changes === 0) return;
  const excess = runSpans(db, project, id) - MAX_RUN_SPANS;
  if (excess > 0) db.run(REMOVE_EARLIEST, id, project, excess);
}

/** How many spans a run is made of. */
export function runSpans(db: Connection, project: string, key: string): number {
  const sql = 'SELECT count(*) AS spans FROM run_spans WHERE key = ? AND project = ?';
  return Number(db.all(sql, key, project)[0]?.['spans'] ?? 0);
}

const REMOVE_EARLIEST = `DELETE FROM run_spans WHERE (key, project, trace_id, span_id) IN (
  SELECT r.key, r.project, r.trace_id, r.span_id FROM run_spans r
    LEFT JOIN spans s ON s.trace_id = r.trace_id AND s.span_id = r.span_id AND s.project = r.project
  WHERE r.key = ? AND r.project = ? ORDER BY s.end_us, r.span_id LIMIT ?)`;
