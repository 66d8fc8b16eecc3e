import type { Connection } from '../../sqlite/connection.ts';
import { text } from '../../sqlite/driver.ts';
import type { KnownKeys } from './known-keys.ts';
import { AMONG } from './leases.ts';
import type { Ledger } from './ledger.ts';
import { type Keyed, keyedOf } from './stored-records.ts';

const DROP_AT_ONCE = 64;
/** Known keys take at most this fraction (1/n) of a full file. */
const KEYS_SHARE = 8;
/** What a key takes, with its part of the row. */
const KEY_BYTES = 16;
const PAGE_BYTES = 4_096;

interface SizeLimitParts {
  readonly db: Connection;
  readonly known: KnownKeys;
  readonly ledger: Ledger;
  /** Maximum bytes in the file, without free pages. */
  readonly maxBytes: number;
}

/** Bounds the size of the file. Call every method in the transaction that moves the records. */
export class SizeLimit {
  readonly #parts: SizeLimitParts;

  constructor(parts: SizeLimitParts) {
    this.#parts = parts;
  }

  /**
   * Deletes what matters least first: keys beyond their share, then dead letters, then the oldest records.
   * @returns the keys of the dropped records, by destination
   */
  enforce(): Record<string, string[]> {
    const { known, ledger, maxBytes } = this.#parts;
    const dropped: Record<string, string[]> = {};
    while (this.#isTooLarge) {
      if (known.shrink(maxBytes / KEYS_SHARE / KEY_BYTES) || this.#dropOldest('dead') > 0) continue;
      const oldest = this.drop(
        'id IN (SELECT id FROM outbox WHERE id NOT IN (SELECT id FROM loan WHERE owner IS NOT NULL) ORDER BY id LIMIT ?1)',
        DROP_AT_ONCE,
      );
      if (oldest.length === 0 && this.#dropOldest('state') === 0) break;
      for (const { destination, key } of oldest) {
        dropped[destination] ??= [];
        dropped[destination].push(key);
      }
    }
    ledger.write();
    return dropped;
  }

  /** Removes records that are not being sent. */
  drop(which: string, value: string | number | null): Keyed[] {
    const { db, known, ledger } = this.#parts;
    const rows = db.all(
      `DELETE FROM outbox WHERE id NOT IN (SELECT id FROM loan WHERE owner IS NOT NULL) AND (${which})
       RETURNING id, ${text('destination')}, ${text('key')}, ledger, 1 AS records, length(body) AS size`,
      value,
    );
    ledger.removed(rows);
    db.run(`DELETE FROM loan WHERE id ${AMONG}`, JSON.stringify(rows.map(({ id }) => id)));
    const dropped = rows.map(keyedOf);
    known.remove(dropped);
    return dropped;
  }

  get #isTooLarge(): boolean {
    const { db, maxBytes } = this.#parts;
    const pages = db.pragma('page_count');
    const most = maxBytes / PAGE_BYTES;
    return pages > most && pages - db.pragma('freelist_count') > most;
  }

  #dropOldest(table: 'dead' | 'state'): number {
    const sql = `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} ORDER BY id LIMIT ?)`;
    return this.#parts.db.run(sql, DROP_AT_ONCE).changes;
  }
}
