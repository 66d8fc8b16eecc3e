import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import { MAX_BUCKET_USERS, OTHER_USERS } from './port.ts';

const QUARTER_US = 900e6;

/**
 * Totals per quarter of an hour (UTC), project, model and user. They stay when interactions are pruned, and go with a
 * conversation that is deleted.
 */
export class UsageTotals {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Counts an interaction. @returns the user it was counted under, which {@link remove} needs */
  add(row: SqlRow): string {
    const bucket = bucketOf(row);
    const user = String(row['user_id'] ?? '');
    const counted = user === '' || this.#hasRoom(bucket, String(row['project']), user) ? user : OTHER_USERS;
    this.#change(row, bucket, counted, 1);
    return counted;
  }

  remove(row: SqlRow): void {
    this.#change(row, bucketOf(row), String(row['counted_user']), -1);
  }

  #hasRoom(bucket: number, project: string, user: string): boolean {
    const where = 'bucket_us = ? AND project = ?';
    if (this.#db.all(`SELECT 1 FROM usage WHERE ${where} AND user = ? LIMIT 1`, bucket, project, user).length > 0) {
      return true;
    }
    const [row] = this.#db.all(`SELECT count(DISTINCT user) AS users FROM usage WHERE ${where}`, bucket, project);
    return Number(row?.['users'] ?? 0) < MAX_BUCKET_USERS;
  }

  #change(row: SqlRow, bucket: number, user: string, sign: 1 | -1): void {
    const project = String(row['project']);
    const model = String(row['model'] ?? '');
    const duration = Math.max(0, Number(row['end_us']) - Number(row['start_us']));
    this.#db.run(
      `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (bucket_us, project, model, user) DO UPDATE SET
         interactions = interactions + excluded.interactions, errors = errors + excluded.errors,
         unpriced = unpriced + excluded.unpriced, cost = cost + excluded.cost,
         input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
         duration_us = duration_us + excluded.duration_us`,
      bucket,
      project,
      model,
      user,
      sign,
      sign * Number(row['status'] === 'error'),
      sign * Number(row['cost'] === null && row['model'] !== null),
      sign * Number(row['cost'] ?? 0),
      sign * Number(row['input_tokens'] ?? 0),
      sign * Number(row['output_tokens'] ?? 0),
      sign * duration,
    );
    if (sign < 0) {
      this.#db.run(
        'DELETE FROM usage WHERE bucket_us = ? AND project = ? AND model = ? AND user = ? AND interactions <= 0',
        bucket,
        project,
        model,
        user,
      );
    }
  }
}

function bucketOf(row: SqlRow): number {
  const at = Number(row['sort_us']);
  return at - (at % QUARTER_US);
}
