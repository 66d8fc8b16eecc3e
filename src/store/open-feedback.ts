import type { StoreReader } from './reader.ts';
import { type FeedbackRow, feedbackRow } from './rows.ts';

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
