import type { Connection } from '../../sqlite/connection.ts';
import type { SqlValue } from '../../sqlite/driver.ts';

const MAX_AGE_MILLIS = 24 * 60 * 60_000;
/** Among a million keys, two have the same hash with a probability of 1 in 30 million. */
const HASH_BYTES = 8;
/** The time of a row whose keys are no longer known. */
const REMOVED = 0;
/** A process that opens the file reads all rows. More than this are coalesced, into rows of at most these keys. */
const MAX_ROWS = 128;
const MAX_COALESCED_KEYS = 512;
/** How often it is checked whether other processes have deleted rows. */
const READS_PER_CHECK = 1_000;

interface Keyed {
  readonly destination: string;
  readonly key: string;
}

interface Row {
  readonly at: number;
  readonly hashes: Buffer;
}

/**
 * The keys of the last 24 h, waiting or delivered. A record that was dropped or rejected may be enqueued again. Each
 * commit appends one row with all its keys, because an index of hashes would write a page for nearly every key: they are
 * searched for in memory, where each process follows the rows of all. Call every method inside a transaction.
 */
export class KnownKeys {
  readonly #db: Connection;
  /** The row that each known key is in. */
  readonly #keys = new Map<bigint, number>();
  /** Oldest first. */
  readonly #rows = new Map<number, Row>();
  #lastId = 0;
  /** Hashes in all rows. */
  #stored = 0;
  #reads = 0;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Returns of each whether its key is new. */
  add(records: readonly Keyed[], now: number): boolean[] {
    this.#read();
    const added = new Set<bigint>();
    const isNew = hashesOf(records).map((hash) => {
      // Of two with one key in a commit, the first is new.
      if (added.has(hash) || this.#isKnown(hash, now)) return false;
      added.add(hash);
      return true;
    });
    this.#append(added, now);
    return isNew;
  }

  remove(records: readonly Keyed[]): void {
    if (records.length === 0) return;
    this.#read();
    this.#append(new Set(hashesOf(records)), REMOVED);
  }

  /** Deletes the oldest when there are more than `most`. Returns whether any was deleted. */
  shrink(most: number): boolean {
    this.#read();
    return this.#deleteWhile(() => this.#stored > most);
  }

  forgetAged(now: number): void {
    this.#forgetUnlessCurrent();
    this.#read();
    this.#deleteWhile(({ at }) => at < now - MAX_AGE_MILLIS);
  }

  /** Makes one row of several, if there are many. */
  coalesce(): void {
    this.#read();
    if (this.#rows.size <= MAX_ROWS) return;
    let ids: number[] = [];
    let size = 0;
    for (const [id, { at, hashes }] of this.#rows) {
      // What was removed must stay behind the row that it was in.
      if (at === REMOVED || size + sizeOf(hashes) > MAX_COALESCED_KEYS) {
        this.#join(ids);
        ids = [];
        size = 0;
      }
      if (at === REMOVED) continue;
      ids.push(id);
      size += sizeOf(hashes);
    }
    this.#join(ids);
    this.forget();
  }

  /** After a transaction that was rolled back. */
  forget(): void {
    this.#keys.clear();
    this.#rows.clear();
    this.#lastId = 0;
    this.#stored = 0;
  }

  #isKnown(hash: bigint, now: number): boolean {
    const row = this.#rows.get(this.#keys.get(hash) ?? 0);
    return row !== undefined && row.at >= now - MAX_AGE_MILLIS;
  }

  /** Reads what was appended since the last time, by any process. */
  #read(): void {
    this.#reads += 1;
    if (this.#reads % READS_PER_CHECK === 0) this.#forgetUnlessCurrent();
    const rows = this.#db.all('SELECT id, at, hashes FROM known WHERE id > ? ORDER BY id', this.#lastId);
    for (const { id, at, hashes } of rows) this.#note(Number(id), { at: Number(at), hashes: bytesOf(hashes) });
  }

  #append(hashes: ReadonlySet<bigint>, at: number): void {
    if (hashes.size === 0) return;
    const bytes = packed([...hashes]);
    const { lastId } = this.#db.run('INSERT INTO known (at, hashes) VALUES (?, ?)', at, bytes);
    this.#note(lastId, { at, hashes: bytes });
  }

  #note(id: number, row: Row): void {
    this.#rows.set(id, row);
    this.#lastId = id;
    this.#stored += sizeOf(row.hashes);
    for (const hash of unpacked(row.hashes)) {
      if (row.at === REMOVED) this.#keys.delete(hash);
      else this.#keys.set(hash, id);
    }
  }

  /** Deletes the oldest rows as long as the condition holds. Returns whether any was deleted. */
  #deleteWhile(isDeleted: (row: Row) => boolean): boolean {
    let last: number | undefined;
    for (const [id, row] of this.#rows) {
      if (!isDeleted(row)) break;
      last = id;
      this.#rows.delete(id);
      this.#stored -= sizeOf(row.hashes);
      for (const hash of unpacked(row.hashes)) if (this.#keys.get(hash) === id) this.#keys.delete(hash);
    }
    if (last !== undefined) this.#db.run('DELETE FROM known WHERE id <= ?', last);
    return last !== undefined;
  }

  /** Another process may have deleted the oldest rows, or added their keys to another one: all are read again then. */
  #forgetUnlessCurrent(): void {
    const [first] = this.#db.all('SELECT id FROM known ORDER BY id LIMIT 1');
    const [own] = this.#rows.keys();
    if (own !== undefined && own !== first?.['id']) this.forget();
  }

  /** The newest of the rows takes the keys of the others. */
  #join(ids: readonly number[]): void {
    const [first = 0] = ids;
    const last = ids.at(-1);
    if (last === undefined || first === last) return;
    let newest = 0;
    const known: bigint[] = [];
    for (const id of ids) {
      const { at, hashes } = this.#rows.get(id) ?? NO_ROW;
      newest = Math.max(newest, at);
      known.push(...unpacked(hashes).filter((hash) => this.#keys.get(hash) === id));
    }
    this.#db.run('UPDATE known SET at = ?, hashes = ? WHERE id = ?', newest, packed(known), last);
    this.#db.run('DELETE FROM known WHERE id >= ? AND id < ?', first, last);
  }
}

const NO_ROW: Row = { at: REMOVED, hashes: Buffer.alloc(0) };

/** How many hashes there are. */
function sizeOf(hashes: Buffer): number {
  return Math.floor(hashes.length / HASH_BYTES);
}

function unpacked(hashes: Buffer): bigint[] {
  return Array.from({ length: sizeOf(hashes) }, (_, index) => hashes.readBigUInt64LE(index * HASH_BYTES));
}

function packed(hashes: readonly bigint[]): Buffer {
  const bytes = Buffer.allocUnsafe(hashes.length * HASH_BYTES);
  for (const [index, hash] of hashes.entries()) bytes.writeBigUInt64LE(hash, index * HASH_BYTES);
  return bytes;
}

function bytesOf(value: SqlValue | undefined): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : NO_ROW.hashes;
}

function hashesOf(records: readonly Keyed[]): bigint[] {
  const { hash } = process.getBuiltinModule('node:crypto');
  const bytes = Buffer.allocUnsafe(HASH_BYTES);
  return records.map(({ destination, key }) => {
    bytes.write(hash('sha256', `${destination}\n${key}`, 'hex'), 0, HASH_BYTES, 'hex');
    return bytes.readBigUInt64LE();
  });
}
