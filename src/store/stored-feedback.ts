import { cursorOf, type ListQuery, position } from './lists.ts';
import type { StoreReader } from './reader.ts';
import { type FeedbackRow, feedbackRow, type PageOf } from './rows.ts';

/** What names one feedback: an id is given by the client of an API. */
export type FeedbackKey = Pick<FeedbackRow, 'id' | 'project' | 'receivedBy'>;

/** Feedback whose answer has not come, the latest first. */
export function openFeedback({ db }: StoreReader, limit: number): FeedbackRow[] {
  return db.all('SELECT * FROM feedback WHERE interaction IS NULL ORDER BY id DESC LIMIT ?', limit).map(feedbackRow);
}

/** Those of these that are still stored. */
export function feedbackNamed({ db }: StoreReader, keys: readonly FeedbackKey[]): FeedbackRow[] {
  const sql = 'SELECT * FROM feedback WHERE public_id = ? AND project = ? AND received_by = ?';
  return keys.flatMap(({ id, project, receivedBy }) => db.all(sql, id, project, receivedBy).map(feedbackRow));
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
