import type { Connection } from '../../sqlite/connection.ts';

const MAX_AGE_MILLIS = 24 * 60 * 60_000;
/** Among a million keys, two have the same hash with a probability of 1 in 30 million. */
const HASH_BYTES = 8;
const AT_ONCE = 1_024;

/** The keys of the last 24 h, waiting or delivered. A record that was dropped or rejected may be enqueued again. */
export class KnownKeys {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Whether the key is new. */
  add(destination: string, key: string, now: number): boolean {
    const { changes } = this.#db.run(
      'INSERT INTO known (hash, at) VALUES (?1, ?2) ON CONFLICT (hash) DO UPDATE SET at = ?2 WHERE at < ?3',
      hashOf(destination, key),
      now,
      now - MAX_AGE_MILLIS,
    );
    return changes > 0;
  }

  remove(destination: string, key: string): void {
    this.#db.run('DELETE FROM known WHERE hash = ?', hashOf(destination, key));
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

/** One buffer for all keys: one for each would be work for the garbage collector. */
const hashed = Buffer.alloc(HASH_BYTES);

function hashOf(destination: string, key: string): Uint8Array {
  const { hash } = process.getBuiltinModule('node:crypto');
  const words = `${destination}\n${key}`;
  hashed.write(hash('sha256', words, 'hex'), 'hex');
  return hashed;
}
