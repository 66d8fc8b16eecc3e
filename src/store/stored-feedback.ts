import { cursorOf, type ListQuery, position } from './lists.ts';
import type { StoreReader } from './reader.ts';
import { type FeedbackRow, feedbackRow, type PageOf } from './rows.ts';

/** What names one feedback: an id is given by the client of an API. */
export type FeedbackKey = Pick<FeedbackRow, 'id' | 'project' | 'receivedBy'>;

/** Feedback that was received since then and whose answer has not come, the latest first. */
export function openFeedback({ db }: StoreReader, sinceUs: number, limit: number): FeedbackKey[] {
  // Without INDEXED BY, SQLite reads all feedback from the end until it has found enough that is open.
  const sql = `SELECT public_id, project, received_by FROM feedback INDEXED BY feedback_open
    WHERE interaction IS NULL AND received_us >= ? ORDER BY id DESC LIMIT ?`;
  return db.all(sql, sinceUs, limit).map((row) => ({
    id: String(row['public_id']),
    project: String(row['project']),
    receivedBy: String(row['received_by']),
  }));
}

/** For each of these its row if it has its answer, else whether it is still stored. Only the former are read whole. */
export function attachedFeedback(
  { db }: StoreReader,
  keys: readonly FeedbackKey[],
): readonly (FeedbackRow | 'deleted' | 'open')[] {
  const find = 'SELECT id, interaction FROM feedback WHERE public_id = ? AND project = ? AND received_by = ?';
  return keys.map(({ id, project, receivedBy }) => {
    const [found] = db.all(find, id, project, receivedBy);
    if (!found) return 'deleted';
    if (found['interaction'] === null) return 'open';
    const [row] = db.all('SELECT * FROM feedback WHERE id = ?', Number(found['id']));
    return row ? feedbackRow(row) : 'deleted';
  });
}

/** The row of one, with or without its answer. */
export function feedbackNamed({ db }: StoreReader, { id, project, receivedBy }: FeedbackKey): FeedbackRow | undefined {
  const find = 'SELECT * FROM feedback WHERE public_id = ? AND project = ? AND received_by = ?';
  const [row] = db.all(find, id, project, receivedBy);
  return row && feedbackRow(row);
}

/** Feedback of a range of time, the latest first. */
export function feedbackPage(
  { db }: StoreReader,
  { sinceUs, untilUs, project, limit, cursor }: ListQuery,
): PageOf<FeedbackRow> {
  const [atUs, rowId] = position(cursor) ?? [Number.MAX_SAFE_INTEGER, 0];
  const rows = db.all(
    `SELECT *, at_us AS sort_us FROM feedback WHERE at_us >= ? AND at_us <= ? AND (? IS NULL OR project = ?)
       AND (at_us, id) < (?, ?) ORDER BY at_us DESC, id DESC LIMIT ?`,
    sinceUs ?? 0,
    untilUs ?? Number.MAX_SAFE_INTEGER,
    project ?? null,
    project ?? null,
    atUs,
    rowId,
    limit + 1,
  );
  const kept = rows.slice(0, limit);
  return { items: kept.map(feedbackRow), ...(rows.length > limit && { next: cursorOf(kept.at(-1)) }) };
}

/** Of one interaction, the latest first. */
export function feedbackOf({ db }: StoreReader, key: string, project: string): FeedbackRow[] {
  const sql = 'SELECT * FROM feedback WHERE interaction = ? AND project = ? ORDER BY at_us DESC';
  return db.all(sql, key, project).map(feedbackRow);
}
