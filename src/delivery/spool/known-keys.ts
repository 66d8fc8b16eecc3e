import type { Connection } from '../../sqlite/connection.ts';
import type { SqlValue } from '../../sqlite/driver.ts';
import { insertOf, rowGroups } from './row-groups.ts';

const MAX_AGE_MILLIS = 24 * 60 * 60_000;
/** Among a million keys, two have the same hash with a probability of 1 in 30 million. */
const HASH_BYTES = 8;
const AT_ONCE = 1_024;
const INSERT = insertOf('INSERT OR IGNORE INTO known (hash, at)', 2);

interface Keyed {
  readonly destination: string;
  readonly key: string;
}

/** The keys of the last 24 h, waiting or delivered. A record that was dropped or rejected may be enqueued again. */
export class KnownKeys {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Returns of each whether its key is new. */
  add(records: readonly Keyed[], now: number): boolean[] {
    return rowGroups(records).flatMap((group) => this.#addGroup(hashesOf(group), now));
  }

  remove(record: Keyed): void {
    for (const hash of hashesOf([record])) this.#db.run('DELETE FROM known WHERE hash = ?', hash);
  }

  /** Deletes the oldest when there are more than `most`. Returns whether any was deleted. */
  shrink(most: number): boolean {
    let isShrunk = false;
    while (this.#span > most && this.#forgetOldest(Number.MAX_SAFE_INTEGER) > 0) isShrunk = true;
    return isShrunk;
  }

  forgetAged(now: number): void {
    while (this.#forgetOldest(now - MAX_AGE_MILLIS) === AT_ONCE);
  }

  #addGroup(hashes: readonly Uint8Array[], now: number): boolean[] {
    const values: SqlValue[] = [];
    for (const hash of hashes) values.push(hash, now);
    const { changes, lastId } = this.#db.run(INSERT(hashes.length), ...values);
    if (changes === hashes.length) return hashes.map(() => true);
    const inserted =
      changes === 0 ? [] : this.#db.all('SELECT hex(hash) AS hash FROM known WHERE id > ?', lastId - changes);
    const isInserted = new Set(inserted.map(({ hash }) => hash));
    // Of two with one key in a group, the first is new.
    return hashes.map((hash) => isInserted.delete(hexOf(hash)) || this.#renew(hash, now));
  }

  /** Returns whether the key was so old that it counts as new. */
  #renew(hash: Uint8Array, now: number): boolean {
    return (
      this.#db.run('UPDATE known SET at = ?1 WHERE hash = ?2 AND at < ?3', now, hash, now - MAX_AGE_MILLIS).changes > 0
    );
  }

  /** How many there are, counting those deleted out of order. */
  get #span(): number {
    const [edges] = this.#db.all(
      'SELECT (SELECT id FROM known ORDER BY id DESC LIMIT 1) - (SELECT id FROM known ORDER BY id LIMIT 1) AS span',
    );
    return Number(edges?.['span'] ?? 0);
  }

  #forgetOldest(before: number): number {
    return this.#db.run(
      'DELETE FROM known WHERE id IN (SELECT id FROM known ORDER BY id LIMIT ?) AND at < ?',
      AT_ONCE,
      before,
    ).changes;
  }
}

/** In one buffer: one for each would be work for the garbage collector. */
function hashesOf(records: readonly Keyed[]): Uint8Array[] {
  const { hash } = process.getBuiltinModule('node:crypto');
  const bytes = Buffer.allocUnsafe(records.length * HASH_BYTES);
  return records.map(({ destination, key }, index) => {
    const start = index * HASH_BYTES;
    bytes.write(hash('sha256', `${destination}\n${key}`, 'hex'), start, HASH_BYTES, 'hex');
    return bytes.subarray(start, start + HASH_BYTES);
  });
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}
