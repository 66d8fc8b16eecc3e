import { type Clock, systemClock } from '../clock.ts';
import type { Batch, TakeLimits } from '../queue.ts';
import { Connection } from './connection.ts';
import type { Database, SqlRow } from './driver.ts';
import { checksum, readFrames, recordOf, type SpoolRecord, stateOf } from './frame.ts';
import { KnownKeys } from './known-keys.ts';
import { type Entries, Ledger, type Total } from './ledger.ts';
import { isDead, ownerOf } from './owner.ts';
import { prepareDatabase, SCHEMA_VERSION } from './schema.ts';

/** How long records belong to who took them: longer than they wait in memory and any request lasts (30 s). */
const LEASE_MILLIS = 90_000;
/** No wait is longer; a time further ahead comes from a clock that is not ours. */
const MAX_BUSY_MILLIS = 24 * 60 * 60_000;
/** Other processes settle records, too, without telling. */
const POLL_MILLIS = 1_000;
const STATE_MAX_AGE_MILLIS = 30 * 24 * 60 * 60_000;
/** What one take lends at the most. */
const MAX_LENT_RECORDS = 256;
const MAX_LENT_BYTES = 1 << 20;
/** What is lent cannot be dropped: it is a part of the file's size. */
const LENT_SHARE = 16;
const DROP_AT_ONCE = 64;
/** Keys that are known beside those of what waits. */
const MAX_KEYS = 12_000;
/** In a full file keys have one part in so many. */
const KEYS_SHARE = 8;
/** What a key takes, in its table and its index. */
const KEY_BYTES = 48;
/** Free pages that stay in the file; beyond, they go back to the file system. */
const SPARE_PAGES = 16;
const PAGE_BYTES = 4_096;

/** What became of records that were lent. */
export type Settlement =
  | {
      readonly become: 'delivered';
      readonly destination: string;
      readonly ids: readonly number[];
      readonly orderKey?: string;
      /** For the next fold under the order key. */
      readonly state?: Uint8Array;
    }
  | {
      readonly become: 'rejected';
      readonly destination: string;
      readonly ids: readonly number[];
      readonly reason: string;
    }
  /** Free again after the delay. `isAttempt`: it counts as one. */
  | {
      readonly become: 'waiting';
      readonly destination: string;
      readonly ids: readonly number[];
      readonly delayMillis: number;
      readonly isAttempt: boolean;
    };

export interface Committed {
  /** For each record in turn: its id when it was lent to the writer, 0 when it just lies there, -1 for a known key. */
  readonly ids: readonly number[];
  /** The oldest records, gone because the file had reached its size, by destination. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly totals: Readonly<Record<string, Total>>;
  /** What this process has committed. */
  readonly own: Entries;
}

/** What could be lent. Without batches, `waitMillis` says when to ask again; undefined when nothing is there. */
export interface Lent {
  readonly batches: readonly Batch[];
  /** Records that could not be read back, and are dead letters now. */
  readonly damaged: number;
  readonly waitMillis: number | undefined;
}

export interface OutboxOptions {
  /** Bytes in the file at the most, beside free pages. */
  readonly maxBytes: number;
  readonly clock?: Clock;
  /** Who takes and writes. Default: this process. */
  readonly owner?: string;
}

const BUSY = '(loan.boot = ? AND loan.until > ? AND loan.until <= ?)';
const IS_FIRST = `(this.order_key IS NULL OR NOT EXISTS (
  SELECT 1 FROM outbox AS older
  WHERE older.destination = this.destination AND older.order_key = this.order_key AND older.id < this.id))`;
const FREE_HEADS = `
  SELECT this.id, this.order_key, length(this.body) AS size, coalesce(loan.attempts, 0) AS attempts
  FROM outbox AS this LEFT JOIN loan ON loan.id = this.id
  WHERE this.destination = ? AND (loan.id IS NULL OR NOT ${BUSY})
    AND ${IS_FIRST}
  ORDER BY this.id LIMIT ?`;
const AMONG = 'IN (SELECT value FROM json_each(?))';

/** What waits, over one connection. Every method is one transaction, synchronous, and throws what SQLite throws. */
export class Outbox {
  readonly #db: Connection;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #owner: string;
  readonly #ledger: Ledger;
  readonly #known: KnownKeys;

  constructor(db: Database, { maxBytes, clock = systemClock, owner = ownerOf(clock) }: OutboxOptions) {
    prepareDatabase(db);
    this.#db = new Connection(db);
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#owner = owner;
    this.#ledger = new Ledger(this.#db, owner);
    this.#known = new KnownKeys(this.#db);
  }

  /** Settles records and keeps new ones, in one go: on disk when it returns. */
  commit(frames: Buffer, settlements: readonly Settlement[] = []): Committed {
    return this.#transact(() => {
      for (const settlement of settlements) this.#settle(settlement);
      const now = this.#clock.wall();
      const ids: number[] = [];
      const kept: number[] = [];
      for (const frame of readFrames(frames)) {
        const isNew = this.#known.add(frame.destination, frame.key, now);
        const id = isNew ? this.#insert(frame, frame.crc) : -1;
        ids.push(id);
        if (isNew && frame.isKept) kept.push(id);
      }
      const lent = new Set(this.#firsts(kept));
      this.#lend([...lent]);
      this.#ledger.write();
      const dropped = ids.length > 0 ? this.#enforceSize() : {};
      const lentOrNot = ids.map((id) => (id < 0 || lent.has(id) ? id : 0));
      return { ids: lentOrNot, dropped, totals: this.totals(), own: this.#ledger.own() };
    });
  }

  /** Lends the oldest records of a destination that are free; at most one batch per order key is out at any time. */
  take(destination: string, limits: TakeLimits): Lent {
    if (this.#freeHeads(destination, 1).length === 0) return this.#nothing(destination);
    return this.#transact(() => {
      const groups = this.#choose(destination, limits);
      const ids = groups.flatMap((group) => group.ids);
      const records = new Map(this.#read(ids).map(({ id, ...record }) => [id, record]));
      const damaged = ids.filter((id) => !records.has(id));
      this.#bury(damaged, 'damaged on disk');
      const batches = groups.flatMap(({ ids: wanted, attempts, orderKey }): Batch[] => {
        const sound = wanted.filter((id) => records.has(id));
        if (sound.length === 0) return [];
        const state =
          limits.maxFolded !== undefined && orderKey !== undefined ? this.#state(destination, orderKey) : undefined;
        const bodies = sound.flatMap((id) => records.get(id)?.body ?? []);
        return [{ ids: sound, bodies, attempts, ...(orderKey !== undefined && { orderKey }), ...(state && { state }) }];
      });
      this.#lend(batches.flatMap((batch) => batch.ids));
      this.#ledger.write();
      return { batches, damaged: damaged.length, waitMillis: 0 };
    });
  }

  /** Makes ready what waits for its next attempt. */
  hurry(destination: string): void {
    this.#db.run(
      `UPDATE loan SET until = 0 WHERE owner IS NULL AND until > 0
         AND EXISTS (SELECT 1 FROM outbox WHERE outbox.id = loan.id AND destination = ?)`,
      destination,
    );
  }

  /** Ends the loans of processes that are gone, and of this one when `ownToo`. */
  release(ownToo: boolean): void {
    for (const { owner } of this.#db.all('SELECT DISTINCT owner FROM loan WHERE owner IS NOT NULL')) {
      const isFree = owner === this.#owner ? ownToo : isDead(String(owner), this.#owner);
      if (isFree) this.#db.run('UPDATE loan SET owner = NULL, until = 0 WHERE owner = ?', String(owner));
    }
  }

  totals(): Record<string, Total> {
    return this.#ledger.totals(this.#clock.wall());
  }

  /** Throws when nothing can be written. */
  probe(): void {
    this.#transact(() => this.#db.all(`PRAGMA user_version = ${SCHEMA_VERSION}`));
  }

  /** Forgets what is too old to matter and gives free pages back. */
  tidy(): void {
    const now = this.#clock.wall();
    this.#known.forgetAged(now);
    const waiting = Object.values(this.totals()).reduce((sum, { records }) => sum + records, 0);
    this.#known.shrink(MAX_KEYS + waiting);
    this.#db.run('DELETE FROM state WHERE at < ?', now - STATE_MAX_AGE_MILLIS);
    const spare = this.#db.pragma('freelist_count') - SPARE_PAGES;
    if (spare > 0) this.#db.all(`PRAGMA incremental_vacuum(${spare})`);
    this.#db.all('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /**
   * Records that were committed and are lost, by destination; see {@link Ledger.reconcile}. What processes have noted is
   * read, and taken away, inside the transaction: of two that look at once, one counts.
   */
  reconcile(read: () => readonly { readonly owner: string; readonly entries: Entries }[]): Record<string, number> {
    return this.#transact(() => {
      const lost = this.#ledger.reconcile(new Map(read().map(({ owner, entries }) => [owner, entries])));
      this.#ledger.forgetOwners((owner) => isDead(owner, this.#owner));
      return lost;
    });
  }

  /** The dead letters that are there, with their bodies: for {@link replay} and for whoever inspects the spool. */
  deadLetters(destination?: string): SqlRow[] {
    return this.#db.all(
      'SELECT id, destination, key, order_key, created, at, reason FROM dead WHERE ?1 IS NULL OR destination = ?1 ORDER BY id',
      destination ?? null,
    );
  }

  /** Puts dead letters back among what waits, in their order. Returns how many. */
  replay(destination?: string): number {
    return this.#transact(() => {
      let back = 0;
      for (const letter of this.deadLetters(destination)) {
        const [row] = this.#db.all('DELETE FROM dead WHERE id = ? RETURNING crc, body', letter['id'] ?? null);
        const record = recordOf({ ...letter, ...row });
        if (!this.#known.add(record.destination, record.key, this.#clock.wall())) continue;
        this.#insert(record, Number(row?.['crc']));
        back += 1;
      }
      this.#ledger.write();
      return back;
    });
  }

  /** Removes dead letters. Returns how many. */
  dropDead(destination?: string): number {
    return this.#db.run('DELETE FROM dead WHERE ?1 IS NULL OR destination = ?1', destination ?? null).changes;
  }

  /** Removes what waits and is not under way. Returns how many. */
  dropWaiting(destination?: string): number {
    return this.#transact(() => {
      const dropped = this.#drop('?1 IS NULL OR destination = ?1', destination ?? null);
      this.#ledger.write();
      return dropped.length;
    });
  }

  close(): void {
    this.#db.close();
  }

  #transact<T>(work: () => T): T {
    try {
      return this.#db.transact(work);
    } catch (error) {
      this.#ledger.forget();
      throw error;
    }
  }

  /** Returns the id. */
  #insert({ destination, key, orderKey, created, body }: SpoolRecord, crc: number): number {
    const line = this.#ledger.idOf(destination);
    const { lastId } = this.#db.run(
      `INSERT INTO outbox (destination, key, order_key, created, ledger, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      destination,
      key,
      orderKey ?? null,
      created,
      line,
      crc,
      body,
    );
    this.#ledger.added(line, body.byteLength);
    return lastId;
  }

  /** Those that wait behind no other under their order key. */
  #firsts(ids: readonly number[]): number[] {
    if (ids.length === 0) return [];
    const rows = this.#db.all(`SELECT id FROM outbox AS this WHERE id ${AMONG} AND ${IS_FIRST}`, JSON.stringify(ids));
    return rows.map(({ id }) => Number(id));
  }

  #settle(settlement: Settlement): void {
    const { ids } = settlement;
    const list = JSON.stringify(ids);
    if (settlement.become === 'rejected') {
      this.#bury(ids, settlement.reason);
      return;
    }
    if (settlement.become === 'waiting') {
      const delay = Math.min(Math.max(0, Math.ceil(settlement.delayMillis)), MAX_BUSY_MILLIS);
      this.#db.run(
        `UPDATE loan SET owner = NULL, boot = ?, until = ?, attempts = attempts + ? WHERE owner = ? AND id ${AMONG}`,
        this.#clock.boot,
        this.#now() + delay,
        settlement.isAttempt ? 1 : 0,
        this.#owner,
        list,
      );
      return;
    }
    this.#remove(list);
    const { destination, orderKey, state } = settlement;
    if (orderKey === undefined || !state) return;
    const at = this.#clock.wall();
    const crc = checksum(stateOf({ destination, order_key: orderKey, at, body: state }));
    this.#db.run(
      'INSERT OR REPLACE INTO state (destination, order_key, at, crc, body) VALUES (?, ?, ?, ?, ?)',
      destination,
      orderKey,
      at,
      crc,
      state,
    );
  }

  #remove(list: string): void {
    this.#ledger.removed(
      this.#db.all(`DELETE FROM outbox WHERE id ${AMONG} RETURNING ledger, length(body) AS size`, list),
    );
    this.#db.run(`DELETE FROM loan WHERE id ${AMONG}`, list);
  }

  #bury(ids: readonly number[], reason: string): void {
    if (ids.length === 0) return;
    const list = JSON.stringify(ids);
    const buried = this.#db.all(
      `INSERT INTO dead (destination, key, order_key, created, at, reason, crc, body)
       SELECT destination, key, order_key, created, ?, ?, crc, body FROM outbox WHERE id ${AMONG}
       RETURNING destination, key`,
      this.#clock.wall(),
      reason,
      list,
    );
    for (const { destination, key } of buried) this.#known.remove(String(destination), String(key));
    this.#remove(list);
  }

  #lend(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.#db.run(
      `INSERT INTO loan (id, attempts, owner, boot, until) SELECT value, 0, ?, ?, ? FROM json_each(?) WHERE true
       ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, boot = excluded.boot, until = excluded.until`,
      this.#owner,
      this.#clock.boot,
      this.#now() + LEASE_MILLIS,
      JSON.stringify(ids),
    );
  }

  #now(): number {
    return Math.floor(this.#clock.monotonic());
  }

  #busyNow(): [string, number, number] {
    const now = this.#now();
    return [this.#clock.boot, now, now + MAX_BUSY_MILLIS];
  }

  #freeHeads(destination: string, most: number): SqlRow[] {
    return this.#db.all(FREE_HEADS, destination, ...this.#busyNow(), most);
  }

  #nothing(destination: string): Lent {
    const [first] = this.#db.all('SELECT 1 AS one FROM outbox WHERE destination = ? LIMIT 1', destination);
    if (!first) return { batches: [], damaged: 0, waitMillis: undefined };
    const [soonest] = this.#db.all(
      `SELECT MIN(until) AS at FROM loan JOIN outbox ON outbox.id = loan.id WHERE destination = ? AND ${BUSY}`,
      destination,
      ...this.#busyNow(),
    );
    const at = soonest?.['at'];
    const wait = typeof at === 'number' ? at - this.#now() : POLL_MILLIS;
    return { batches: [], damaged: 0, waitMillis: Math.min(POLL_MILLIS, wait) };
  }

  /** Which records go together, oldest first. */
  #choose(destination: string, limits: TakeLimits): { ids: number[]; attempts: number; orderKey?: string }[] {
    const heads = this.#freeHeads(destination, MAX_LENT_RECORDS);
    let bytes = 0;
    const isWithin = ({ size }: SqlRow, index: number): boolean => {
      bytes += Number(size);
      return index === 0 || bytes <= Math.min(MAX_LENT_BYTES, this.#maxBytes / LENT_SHARE);
    };
    const end = heads.findIndex((head, index) => !isWithin(head, index));
    return heads.slice(0, end < 0 ? undefined : end).map((head) => {
      const attempts = Number(head['attempts']);
      const orderKey = head['order_key'];
      if (typeof orderKey !== 'string') return { ids: [Number(head['id'])], attempts };
      const ids = limits.maxFolded
        ? this.#under(destination, orderKey, limits.maxFolded, limits.maxBytes)
        : [Number(head['id'])];
      return { ids, attempts, orderKey };
    });
  }

  /** All that is free under an order key. */
  #under(destination: string, orderKey: string, maxRecords: number, maxBytes: number): number[] {
    const rows = this.#db.all(
      `SELECT outbox.id, length(body) AS size FROM outbox LEFT JOIN loan ON loan.id = outbox.id
       WHERE destination = ? AND order_key = ? AND (loan.id IS NULL OR NOT ${BUSY}) ORDER BY outbox.id LIMIT ?`,
      destination,
      orderKey,
      ...this.#busyNow(),
      maxRecords,
    );
    let bytes = 0;
    const end = rows.findIndex(({ size }, index) => {
      bytes += Number(size);
      return index > 0 && bytes > maxBytes;
    });
    return rows.slice(0, end < 0 ? undefined : end).map(({ id }) => Number(id));
  }

  /** Those that are as they were written. */
  #read(ids: readonly number[]): (SpoolRecord & { readonly id: number })[] {
    return this.#db
      .all(
        `SELECT id, destination, key, order_key, created, crc, body FROM outbox WHERE id ${AMONG}`,
        JSON.stringify(ids),
      )
      .flatMap((row) => {
        const record = recordOf(row);
        return checksum(record) === Number(row['crc']) ? [{ id: Number(row['id']), ...record }] : [];
      });
  }

  #state(destination: string, orderKey: string): Uint8Array | undefined {
    const [row] = this.#db.all(
      'SELECT destination, order_key, at, crc, body FROM state WHERE destination = ? AND order_key = ?',
      destination,
      orderKey,
    );
    if (!row) return undefined;
    const state = stateOf(row);
    return checksum(state) === Number(row['crc']) ? state.body : undefined;
  }

  /** What only serves comfort goes first (keys beyond their share), then dead letters, then the oldest records. */
  #enforceSize(): Record<string, number> {
    const dropped: Record<string, number> = {};
    while ((this.#db.pragma('page_count') - this.#db.pragma('freelist_count')) * PAGE_BYTES > this.#maxBytes) {
      if (this.#known.shrink(this.#maxBytes / KEYS_SHARE / KEY_BYTES) || this.#dropOldest('dead') > 0) continue;
      const oldest = this.#drop(
        'id IN (SELECT id FROM outbox WHERE id NOT IN (SELECT id FROM loan WHERE owner IS NOT NULL) ORDER BY id LIMIT ?1)',
        DROP_AT_ONCE,
      );
      if (oldest.length === 0 && this.#dropOldest('state') === 0) break;
      for (const destination of oldest) dropped[destination] = (dropped[destination] ?? 0) + 1;
    }
    this.#ledger.write();
    return dropped;
  }

  #dropOldest(table: 'dead' | 'state'): number {
    return this.#db.run(`DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} ORDER BY id LIMIT ?)`, DROP_AT_ONCE)
      .changes;
  }

  /** Gives up records that nobody is sending. Returns the destination of each. */
  #drop(which: string, value: string | number | null): string[] {
    const rows = this.#db.all(
      `DELETE FROM outbox WHERE id NOT IN (SELECT id FROM loan WHERE owner IS NOT NULL) AND (${which})
       RETURNING id, destination, key, ledger, length(body) AS size`,
      value,
    );
    this.#ledger.removed(rows);
    this.#db.run(`DELETE FROM loan WHERE id ${AMONG}`, JSON.stringify(rows.map(({ id }) => id)));
    for (const { destination, key } of rows) this.#known.remove(String(destination), String(key));
    return rows.map(({ destination }) => String(destination));
  }
}
