import type { Batch, TakeLimits, Taken } from '../queue.ts';
import { type Clock, systemClock } from './clock.ts';
import { crc32 } from './crc32.ts';
import type { Database, SqlRow, Statement } from './driver.ts';
import { isDead, ownerOf } from './owner.ts';
import { prepareDatabase } from './schema.ts';

/** How long records belong to who took them. Longer than any request lasts (30 s). */
const LEASE_MILLIS = 90_000;
/** No wait is longer; a time further ahead comes from a clock that is not ours. */
const MAX_BUSY_MILLIS = 24 * 60 * 60_000;
/** Other processes settle records, too, without telling. */
const POLL_MILLIS = 1_000;
const DELIVERED_MAX_AGE_MILLIS = 24 * 60 * 60_000;
const STATE_MAX_AGE_MILLIS = 30 * 24 * 60 * 60_000;
const DROP_AT_ONCE = 64;
const FORGET_AT_ONCE = 1_024;
/** Free pages that stay in the file; beyond, they go back to the file system. */
const SPARE_PAGES = 64;
const PAGE_BYTES = 4_096;

export interface OutboxRecord {
  readonly destination: string;
  readonly key: string;
  readonly orderKey?: string;
  readonly body: Uint8Array;
}

/** What a commit did beside keeping the records. Numbers by destination. */
export interface Appended {
  /** Keys that wait already, or were delivered within 24 h. */
  readonly duplicates: Readonly<Record<string, number>>;
  /** The oldest records, gone because the file had reached its size. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Records that this process has committed since its start. */
  readonly committed: number;
}

export interface Total {
  readonly records: number;
  readonly bytes: number;
  /** ms since the oldest was written. */
  readonly oldestAgeMillis: number;
}

export interface DeadLetter {
  readonly destination: string;
  readonly key: string;
  /** What the destination answered, or why it could not be sent. */
  readonly reason: string;
  /** When, in ms since 1970. */
  readonly at: number;
}

export interface OutboxOptions {
  /** Bytes in the file at the most, beside free pages. */
  readonly maxBytes: number;
  readonly clock?: Clock;
  /** Who takes and writes. Default: this process. */
  readonly owner?: string;
}

const BUSY = '(busy_boot = ? AND busy_until > ? AND busy_until <= ?)';
const FREE_HEAD = `
  SELECT id, order_key FROM outbox AS this
  WHERE destination = ? AND NOT ${BUSY} AND (order_key IS NULL OR NOT EXISTS (
    SELECT 1 FROM outbox AS older
    WHERE older.destination = this.destination AND older.order_key = this.order_key AND older.id < this.id))
  ORDER BY id LIMIT 1`;

/** The table of what waits, over one connection. Every method is one transaction, synchronous, and throws what SQLite throws. */
export class Outbox {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #owner: string;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database, { maxBytes, clock = systemClock, owner = ownerOf(clock) }: OutboxOptions) {
    this.#db = db;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#owner = owner;
    prepareDatabase(db);
  }

  /** Keeps records. They are on disk when it returns; a key that is there already is left alone. */
  append(records: readonly OutboxRecord[]): Appended {
    return this.#transact(() => {
      const writer = this.#writer();
      const duplicates: Record<string, number> = {};
      let committed = writer.committed;
      for (const { destination, key, orderKey, body } of records) {
        const added = this.#all(
          `INSERT OR IGNORE INTO outbox (destination, key, order_key, created, writer, sequence, size, crc, body)
           SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
           WHERE NOT EXISTS (SELECT 1 FROM delivered WHERE destination = ?1 AND key = ?2) RETURNING id`,
          destination,
          key,
          orderKey ?? null,
          this.#clock.wall(),
          writer.id,
          committed + 1,
          body.byteLength,
          crc32(body),
          body,
        );
        if (added.length > 0) committed += 1;
        else duplicates[destination] = (duplicates[destination] ?? 0) + 1;
      }
      this.#all('UPDATE writer SET committed = ? WHERE id = ?', committed, writer.id);
      return { duplicates, dropped: this.#enforceSize(), committed };
    });
  }

  /** Lends the oldest records of a destination that are free; at most one batch per order key is out at any time. */
  take(destination: string, limits: TakeLimits): Taken {
    if (!this.#freeHead(destination)) return this.#nextWait(destination);
    return this.#transact(() => {
      const head = this.#freeHead(destination);
      if (!head) return this.#nextWait(destination);
      const list = JSON.stringify(this.#choose(destination, head, limits));
      const rows = this.#all(
        `UPDATE outbox SET owner = ?, busy_boot = ?, busy_until = ? WHERE id IN (SELECT value FROM json_each(?))
         RETURNING id, attempts, crc, body`,
        this.#owner,
        this.#clock.boot,
        this.#clock.monotonic() + LEASE_MILLIS,
        list,
      ).sort((a, b) => Number(a['id']) - Number(b['id']));
      const damaged = rows.filter((row) => !isSound(row)).map((row) => Number(row['id']));
      if (damaged.length > 0) {
        this.#bury(damaged, 'damaged on disk');
        this.#all('UPDATE outbox SET owner = NULL, busy_until = 0 WHERE id IN (SELECT value FROM json_each(?))', list);
        return { status: 'damaged', count: damaged.length };
      }
      return { status: 'batch', batch: this.#batch(destination, rows, head['order_key']) };
    });
  }

  /** Removes what a destination has, and remembers the keys for 24 h and the state for the next fold. */
  delivered(destination: string, { ids, orderKey }: Batch, state?: Uint8Array): void {
    this.#transact(() => {
      const now = this.#clock.wall();
      const gone = this.#all(
        'DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?)) RETURNING key',
        JSON.stringify(ids),
      );
      for (const { key } of gone)
        this.#all('INSERT OR REPLACE INTO delivered VALUES (?, ?, ?)', destination, key ?? '', now);
      if (orderKey === undefined || !state) return;
      this.#all('INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?)', destination, orderKey, now, crc32(state), state);
    });
  }

  /** Makes dead letters of them. */
  rejected({ ids }: Batch, reason: string): void {
    this.#transact(() => this.#bury(ids, reason));
  }

  /** Ends the loan; they are free again after the delay. */
  giveBack({ ids }: Batch, delayMillis: number, isAttempt: boolean): void {
    const delay = Math.min(Math.max(0, Math.ceil(delayMillis)), MAX_BUSY_MILLIS);
    this.#all(
      `UPDATE outbox SET owner = NULL, busy_boot = ?, busy_until = ?, attempts = attempts + ?
       WHERE id IN (SELECT value FROM json_each(?))`,
      this.#clock.boot,
      this.#clock.monotonic() + delay,
      isAttempt ? 1 : 0,
      JSON.stringify(ids),
    );
  }

  /** Makes ready what waits for its next attempt. */
  hurry(destination: string): void {
    this.#all(
      'UPDATE outbox SET busy_until = 0 WHERE destination = ? AND owner IS NULL AND busy_until > 0',
      destination,
    );
  }

  /** Ends the loans of processes that are gone, and of this one when `ownToo`. */
  release(ownToo: boolean): void {
    for (const { owner } of this.#all('SELECT DISTINCT owner FROM outbox WHERE owner IS NOT NULL')) {
      const isFree = owner === this.#owner ? ownToo : isDead(String(owner), this.#owner);
      if (isFree) this.#all('UPDATE outbox SET owner = NULL, busy_until = 0 WHERE owner = ?', owner ?? null);
    }
  }

  totals(): Record<string, Total> {
    const now = this.#clock.wall();
    const rows = this.#all(
      `SELECT destination, records, bytes,
         (SELECT created FROM outbox WHERE outbox.destination = total.destination ORDER BY id LIMIT 1) AS oldest
       FROM total`,
    );
    return Object.fromEntries(
      rows.map(({ destination, records, bytes, oldest }) => [
        String(destination),
        {
          records: Number(records),
          bytes: Number(bytes),
          oldestAgeMillis: oldest === null ? 0 : Math.max(0, now - Number(oldest)),
        },
      ]),
    );
  }

  /** What was refused, oldest first. */
  deadLetters(): DeadLetter[] {
    return this.#all('SELECT destination, key, at, reason FROM dead ORDER BY id').map((row) => ({
      destination: String(row['destination']),
      key: String(row['key']),
      reason: String(row['reason']),
      at: Number(row['at']),
    }));
  }

  /** Puts dead letters back among what waits, in their order. Returns how many. */
  replay(destination?: string): number {
    return this.#transact(() => {
      const writer = this.#writer();
      const back = this.#all(
        `INSERT OR IGNORE INTO outbox (destination, key, order_key, created, writer, sequence, size, crc, body)
         SELECT destination, key, order_key, created, ?1, ?2 + row_number() OVER (ORDER BY id), length(body), crc, body
         FROM dead WHERE ?3 IS NULL OR destination = ?3 ORDER BY id RETURNING id`,
        writer.id,
        writer.committed,
        destination ?? null,
      ).length;
      this.#all('UPDATE writer SET committed = committed + ? WHERE id = ?', back, writer.id);
      this.#all('DELETE FROM dead WHERE ?1 IS NULL OR destination = ?1', destination ?? null);
      return back;
    });
  }

  /** Removes dead letters. Returns how many. */
  dropDead(destination?: string): number {
    return this.#all('DELETE FROM dead WHERE ?1 IS NULL OR destination = ?1 RETURNING id', destination ?? null).length;
  }

  /** Removes what waits and is not under way. Returns how many. */
  dropWaiting(destination?: string): number {
    return this.#all(
      'DELETE FROM outbox WHERE owner IS NULL AND (?1 IS NULL OR destination = ?1) RETURNING id',
      destination ?? null,
    ).length;
  }

  /** Forgets what is too old to matter and gives free pages back. */
  tidy(): void {
    const now = this.#clock.wall();
    this.#all('DELETE FROM delivered WHERE at < ?', now - DELIVERED_MAX_AGE_MILLIS);
    this.#all('DELETE FROM state WHERE at < ?', now - STATE_MAX_AGE_MILLIS);
    const spare = this.#pragma('freelist_count') - SPARE_PAGES;
    if (spare > 0) this.#all(`PRAGMA incremental_vacuum(${spare})`);
  }

  /**
   * Records that were committed and are neither here nor taken out: the gaps in the numbers of each process. `marks` is
   * what each process last noted outside the file. They are counted once.
   */
  takeLosses(marks: ReadonlyMap<string, number>): number {
    return this.#transact(() => {
      let lost = 0;
      for (const { id, owner, committed, removed, present } of this.#all(
        `SELECT id, owner, committed, removed, (SELECT COUNT(*) FROM outbox WHERE writer = writer.id) AS present
         FROM writer`,
      )) {
        const noted = Math.max(Number(committed), marks.get(String(owner)) ?? 0);
        const missing = noted - Number(removed) - Number(present);
        if (missing === 0) continue;
        lost += Math.max(0, missing);
        this.#all('UPDATE writer SET committed = ?, removed = ? WHERE id = ?', noted, noted - Number(present), id ?? 0);
      }
      for (const [owner, noted] of marks) {
        const [known] = this.#all('SELECT 1 AS one FROM writer WHERE owner = ?', owner);
        if (known || noted === 0) continue;
        lost += noted;
        this.#all('INSERT INTO writer (owner, committed, removed) VALUES (?, ?, ?)', owner, noted, noted);
      }
      return lost;
    });
  }

  /** Forgets processes that left nothing behind. */
  forgetWriters(owners: Iterable<string>): void {
    for (const owner of owners) this.#all('DELETE FROM writer WHERE owner = ? AND committed = removed', owner);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #all(sql: string, ...values: Parameters<Statement['all']>): SqlRow[] {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement.all(...values);
  }

  #pragma(name: string): number {
    return Number(this.#all(`PRAGMA ${name}`)[0]?.[name]);
  }

  #transact<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error;
    }
  }

  #busyNow(): [string, number, number] {
    const now = this.#clock.monotonic();
    return [this.#clock.boot, now, now + MAX_BUSY_MILLIS];
  }

  #writer(): { readonly id: number; readonly committed: number } {
    this.#all('INSERT OR IGNORE INTO writer (owner) VALUES (?)', this.#owner);
    const [row] = this.#all('SELECT id, committed FROM writer WHERE owner = ?', this.#owner);
    return { id: Number(row?.['id']), committed: Number(row?.['committed']) };
  }

  #freeHead(destination: string): SqlRow | undefined {
    return this.#all(FREE_HEAD, destination, ...this.#busyNow())[0];
  }

  #nextWait(destination: string): Taken {
    const [first] = this.#all('SELECT 1 AS one FROM outbox WHERE destination = ? LIMIT 1', destination);
    if (!first) return { status: 'empty' };
    const [, now, far] = this.#busyNow();
    const [soonest] = this.#all(
      `SELECT MIN(busy_until) AS at FROM outbox
       WHERE destination = ? AND busy_boot = ? AND busy_until > ? AND busy_until <= ?`,
      destination,
      this.#clock.boot,
      now,
      far,
    );
    const at = soonest?.['at'];
    return { status: 'wait', millis: Math.min(POLL_MILLIS, typeof at === 'number' ? at - now : POLL_MILLIS) };
  }

  /** The ids of one batch, beginning with its head. */
  #choose(destination: string, head: SqlRow, { maxRecords, maxBytes, isFolding }: TakeLimits): number[] {
    const orderKey = head['order_key'] ?? null;
    const rows = this.#all(
      `SELECT id, size FROM outbox
       WHERE destination = ? AND order_key IS ? AND id >= ? AND NOT ${BUSY} ORDER BY id LIMIT ?`,
      destination,
      orderKey,
      head['id'] ?? 0,
      ...this.#busyNow(),
      orderKey !== null && !isFolding ? 1 : maxRecords,
    );
    const ids: number[] = [];
    let bytes = 0;
    for (const { id, size } of rows) {
      bytes += Number(size);
      if (ids.length > 0 && bytes > maxBytes) break;
      ids.push(Number(id));
    }
    return ids;
  }

  #batch(destination: string, rows: readonly SqlRow[], orderKey: SqlRow[string] | undefined): Batch {
    const batch = {
      ids: rows.map((row) => Number(row['id'])),
      bodies: rows.map((row) => row['body'] as Uint8Array),
      attempts: Number(rows[0]?.['attempts'] ?? 0),
    };
    if (typeof orderKey !== 'string') return batch;
    const [state] = this.#all(
      'SELECT crc, body FROM state WHERE destination = ? AND order_key = ?',
      destination,
      orderKey,
    );
    return { ...batch, orderKey, ...(state && isSound(state) && { state: state['body'] as Uint8Array }) };
  }

  #bury(ids: readonly number[], reason: string): void {
    const list = JSON.stringify(ids);
    this.#all(
      `INSERT INTO dead (destination, key, order_key, created, at, reason, crc, body)
       SELECT destination, key, order_key, created, ?, ?, crc, body FROM outbox
       WHERE id IN (SELECT value FROM json_each(?))`,
      this.#clock.wall(),
      reason,
      list,
    );
    this.#all('DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))', list);
  }

  /** What only serves comfort goes first (keys of what was delivered), then dead letters, then the oldest records. */
  #enforceSize(): Record<string, number> {
    const dropped: Record<string, number> = {};
    while ((this.#pragma('page_count') - this.#pragma('freelist_count')) * PAGE_BYTES > this.#maxBytes) {
      const forgotten = this.#all(
        `DELETE FROM delivered WHERE (destination, key) IN
           (SELECT destination, key FROM delivered ORDER BY at LIMIT ?) RETURNING at`,
        FORGET_AT_ONCE,
      );
      if (forgotten.length > 0) continue;
      const buried = this.#all(
        'DELETE FROM dead WHERE id IN (SELECT id FROM dead ORDER BY id LIMIT ?) RETURNING id',
        DROP_AT_ONCE,
      );
      if (buried.length > 0) continue;
      const oldest = this.#all(
        'DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE owner IS NULL ORDER BY id LIMIT ?) RETURNING destination',
        DROP_AT_ONCE,
      );
      const states =
        oldest.length > 0
          ? []
          : this.#all(
              `DELETE FROM state WHERE (destination, order_key) IN
                 (SELECT destination, order_key FROM state ORDER BY at LIMIT ?) RETURNING at`,
              DROP_AT_ONCE,
            );
      if (oldest.length === 0 && states.length === 0) break;
      for (const { destination } of oldest) dropped[String(destination)] = (dropped[String(destination)] ?? 0) + 1;
    }
    return dropped;
  }
}

function isSound({ body, crc }: SqlRow): boolean {
  return body instanceof Uint8Array && crc32(body) === Number(crc);
}
