import type { Connection } from '../../sqlite/connection.ts';
import { type SqlRow, type SqlValue, text } from '../../sqlite/driver.ts';
import type { Clock } from '../clock.ts';
import { mayJoin, type TakeLimits } from '../queue.ts';
import { bootOf, isDead } from './owner.ts';

/** No lease and no delay is longer; a later time was written by another clock. */
const MAX_BUSY_MILLIS = 24 * 60 * 60_000;
/** Other processes settle records without a notice to this one. */
const POLL_MILLIS = 1_000;
/** Maximum number of records that one call leases. */
const MAX_LEASED_RECORDS = 256;
const MAX_LEASED_BYTES = 1 << 20;
/** Leased records cannot be dropped, so they are at most this fraction (1/n) of the file's maximum size. */
const LEASED_SHARE = 16;

/** Behind a column, with a JSON list of its values. */
export const AMONG = 'IN (SELECT value FROM json_each(?))';
const BUSY = '(loan.boot = ? AND loan.until > ? AND loan.until <= ?)';
const IS_FIRST = `(this.order_key IS NULL OR NOT EXISTS (
  SELECT 1 FROM outbox AS older
  WHERE older.destination = this.destination AND older.order_key = this.order_key AND older.id < this.id))`;
const FREE_HEADS = `
  SELECT this.id, ${text('this.order_key', 'order_key')}, length(this.body) AS size, coalesce(loan.attempts, 0) AS attempts
  FROM outbox AS this LEFT JOIN loan ON loan.id = this.id
  WHERE this.destination = ? AND (loan.id IS NULL OR NOT ${BUSY})
    AND ${IS_FIRST}
  ORDER BY this.id LIMIT ?`;
export interface LeasesOptions {
  readonly clock: Clock;
  readonly owner: string;
  /** Of the file. */
  readonly maxBytes: number;
}

/** Records that go together, as one batch. */
export interface Group {
  readonly ids: readonly number[];
  /** How often the oldest of them was tried. */
  readonly attempts: number;
  readonly orderKey?: string;
}

/** Which process sends which records, and which records wait for their next attempt. */
export class Leases {
  readonly #db: Connection;
  readonly #clock: Clock;
  readonly #owner: string;
  readonly #maxLeasedBytes: number;

  constructor(db: Connection, { clock, owner, maxBytes }: LeasesOptions) {
    this.#db = db;
    this.#clock = clock;
    this.#owner = owner;
    this.#maxLeasedBytes = Math.min(MAX_LEASED_BYTES, maxBytes / LEASED_SHARE);
  }

  isAnyFree(destination: string): boolean {
    return this.#freeHeads(destination, 1).length > 0;
  }

  /** Ends a lease; the records are free again after the delay. */
  release(ids: readonly number[], delayMillis: number, isAttempt: boolean): void {
    const delay = Math.min(Math.max(0, Math.ceil(delayMillis)), MAX_BUSY_MILLIS);
    this.#db.run(
      `UPDATE loan SET owner = NULL, boot = ?, until = ?, attempts = attempts + ? WHERE owner = ? AND id ${AMONG}`,
      this.#clock.boot,
      this.#now() + delay,
      isAttempt ? 1 : 0,
      this.#owner,
      JSON.stringify(ids),
    );
  }

  /** Ends the delays of records, of one destination or all. */
  retryNow(destination?: string): void {
    this.#db.run(
      `UPDATE loan SET until = 0 WHERE owner IS NULL AND until > 0
         AND (?1 IS NULL OR EXISTS (SELECT 1 FROM outbox WHERE outbox.id = loan.id AND destination = ?1))`,
      destination ?? null,
    );
  }

  /**
   * Ends the leases of dead processes, and of this one when `includeOwn`. A lease whose owner is of another boot than the
   * lease itself is damaged: no process would ever end it.
   */
  releaseAbandoned(includeOwn: boolean): void {
    // Compared as bytes, because a damaged text may not be valid UTF-8.
    const leases = this.#db.all(
      'SELECT DISTINCT hex(owner) AS owner, hex(boot) AS boot FROM loan WHERE owner IS NOT NULL',
    );
    for (const { owner, boot } of leases) {
      const name = textFromHex(owner);
      const isFree =
        name === this.#owner ? includeOwn : bootOf(name) !== textFromHex(boot) || isDead(name, this.#owner);
      if (isFree)
        this.#db.run(
          'UPDATE loan SET owner = NULL, until = 0 WHERE hex(owner) = ? AND hex(boot) = ?',
          String(owner),
          String(boot),
        );
    }
  }

  /** Those that are the oldest of their order key. */
  firsts(ids: readonly number[]): number[] {
    if (ids.length === 0) return [];
    const rows = this.#db.all(`SELECT id FROM outbox AS this WHERE id ${AMONG} AND ${IS_FIRST}`, JSON.stringify(ids));
    return rows.map(({ id }) => Number(id));
  }

  acquire(ids: readonly number[], leaseMillis: number): void {
    if (ids.length === 0) return;
    this.#db.run(
      `INSERT INTO loan (id, attempts, owner, boot, until) SELECT value, 0, ?, ?, ? FROM json_each(?) WHERE true
       ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, boot = excluded.boot, until = excluded.until`,
      this.#owner,
      this.#clock.boot,
      this.#now() + Math.min(Math.ceil(leaseMillis), MAX_BUSY_MILLIS),
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

  /** When to try again if no record is free; undefined if there are no records. */
  waitMillis(destination: string): number | undefined {
    const [first] = this.#db.all('SELECT 1 AS one FROM outbox WHERE destination = ? LIMIT 1', destination);
    if (!first) return undefined;
    const [soonest] = this.#db.all(
      `SELECT MIN(until) AS at FROM loan JOIN outbox ON outbox.id = loan.id WHERE destination = ? AND ${BUSY}`,
      destination,
      ...this.#busyNow(),
    );
    const at = soonest?.['at'];
    return Math.min(POLL_MILLIS, typeof at === 'number' ? at - this.#now() : POLL_MILLIS);
  }

  /** The records of the next batches, oldest first. */
  choose(destination: string, limits: TakeLimits): Group[] {
    const heads = this.#freeHeads(destination, MAX_LEASED_RECORDS);
    return within(heads, this.#maxLeasedBytes).map((head) => {
      const attempts = Number(head['attempts']);
      const orderKey = head['order_key'];
      if (typeof orderKey !== 'string') return { ids: [Number(head['id'])], attempts };
      return { ids: this.#joinedUnder(destination, orderKey, limits), attempts, orderKey };
    });
  }

  /** The free records under an order key that may go in one request. */
  #joinedUnder(destination: string, orderKey: string, limits: TakeLimits): number[] {
    const rows = this.#db.all(
      `SELECT outbox.id, length(body) AS size FROM outbox LEFT JOIN loan ON loan.id = outbox.id
       WHERE destination = ? AND order_key = ? AND (loan.id IS NULL OR NOT ${BUSY}) ORDER BY outbox.id LIMIT ?`,
      destination,
      orderKey,
      ...this.#busyNow(),
      limits.maxCoalesced ?? 1,
    );
    let group = { orderKey, records: 0, bytes: 0 };
    const ids: number[] = [];
    for (const { id, size } of rows) {
      const bytes = Number(size);
      if (ids.length > 0 && !mayJoin(group, { orderKey, records: 1, bytes }, limits)) break;
      group = { orderKey, records: group.records + 1, bytes: group.bytes + bytes };
      ids.push(Number(id));
    }
    return ids;
  }
}

/** The first rows whose sizes are within the limit together, and at least one. */
function within(rows: readonly SqlRow[], maxBytes: number): readonly SqlRow[] {
  let bytes = 0;
  const end = rows.findIndex(({ size }, index) => {
    bytes += Number(size);
    return index > 0 && bytes > maxBytes;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function textFromHex(hex: SqlValue | undefined): string {
  return Buffer.from(String(hex), 'hex').toString();
}
