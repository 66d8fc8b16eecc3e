import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import { MAX_BUCKET_USERS, OTHER_USERS } from './port.ts';

const QUARTER_US = 900e6;

const COLUMNS = ['interactions', 'errors', 'unpriced', 'cost', 'input_tokens', 'output_tokens', 'duration_us'] as const;
/** Buckets whose users are remembered. */
const MAX_BUCKETS = 64;

interface Change {
  readonly bucket: number;
  readonly project: string;
  readonly model: string;
  readonly user: string;
  readonly sums: Record<(typeof COLUMNS)[number], number>;
}

/**
 * Totals per quarter of an hour (UTC), project, model and user. They stay when interactions are pruned, and go with a
 * conversation that is deleted. What changes within a transaction is added up and written at its end.
 */
export class UsageTotals {
  readonly #db: Connection;
  readonly #users = new Map<string, Set<string>>();
  #changes = new Map<string, Change>();

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

  /** At the end of a transaction. */
  flush(): void {
    for (const { bucket, project, model, user, sums } of this.#changes.values()) {
      this.#db.run(UPSERT, bucket, project, model, user, ...COLUMNS.map((column) => sums[column]));
      if (sums.interactions <= 0) this.#db.run(DELETE_EMPTY, bucket, project, model, user);
    }
    this.#changes = new Map();
  }

  /** After a rollback. */
  forget(): void {
    this.#changes = new Map();
    this.#users.clear();
  }

  #hasRoom(bucket: number, project: string, user: string): boolean {
    const key = `${bucket}\n${project}`;
    let users = this.#users.get(key);
    if (!users) {
      // Users of this transaction count, too.
      this.flush();
      const sql = 'SELECT DISTINCT user FROM usage WHERE bucket_us = ? AND project = ?';
      users = new Set(this.#db.all(sql, bucket, project).map((row) => String(row['user'])));
      // Interactions without a user, and the sum of the users beyond the limit, take no place.
      users.delete('');
      users.delete(OTHER_USERS);
      if (this.#users.size >= MAX_BUCKETS) this.#users.clear();
      this.#users.set(key, users);
    }
    if (users.has(user)) return true;
    if (users.size >= MAX_BUCKET_USERS) return false;
    users.add(user);
    return true;
  }

  #change(row: SqlRow, bucket: number, user: string, sign: 1 | -1): void {
    const project = String(row['project']);
    const model = String(row['model'] ?? '');
    // Lengths, because each of the texts may hold any character.
    const key = `${bucket}\n${model.length}\n${user.length}\n${model}${user}${project}`;
    let change = this.#changes.get(key);
    if (!change) {
      change = { bucket, project, model, user, sums: noSums() };
      this.#changes.set(key, change);
    }
    const { sums } = change;
    sums.interactions += sign;
    if (row['status'] === 'error') sums.errors += sign;
    if (row['cost'] === null && row['model'] !== null) sums.unpriced += sign;
    sums.cost += sign * Number(row['cost'] ?? 0);
    sums.input_tokens += sign * Number(row['input_tokens'] ?? 0);
    sums.output_tokens += sign * Number(row['output_tokens'] ?? 0);
    sums.duration_us += sign * Math.max(0, Number(row['end_us']) - Number(row['start_us']));
  }
}

const KEY = 'bucket_us, project, model, user';
const UPSERT = `INSERT INTO usage (${KEY}, ${COLUMNS.join(', ')}) VALUES (?, ?, ?, ?, ${COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT (${KEY}) DO UPDATE SET ${COLUMNS.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`;
const DELETE_EMPTY =
  'DELETE FROM usage WHERE bucket_us = ? AND project = ? AND model = ? AND user = ? AND interactions <= 0';

function noSums(): Change['sums'] {
  return { interactions: 0, errors: 0, unpriced: 0, cost: 0, input_tokens: 0, output_tokens: 0, duration_us: 0 };
}

function bucketOf(row: SqlRow): number {
  const at = Number(row['sort_us']);
  return at - (at % QUARTER_US);
}
