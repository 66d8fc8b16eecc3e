import { Connection } from '../../sqlite/connection.ts';
import { type Database, type SqlRow, type SqlValue, text } from '../../sqlite/driver.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Batch, TakeLimits } from '../queue.ts';
import { type Frame, readFrames, recordOf } from './frame.ts';
import { KnownKeys } from './known-keys.ts';
import { leaseMillisFor } from './lease-time.ts';
import { AMONG, Leases } from './leases.ts';
import { type Books, type Entries, Ledger, type Total } from './ledger.ts';
import type { Acquired, Committed, Settlement } from './outbox-results.ts';
import { isDead, ownerOf } from './owner.ts';
import { insertOf, rowGroups } from './row-groups.ts';
import { prepareDatabase, SCHEMA_VERSION } from './schema.ts';
import { SizeLimit } from './size-limit.ts';
import { keyedOf, readRecords, readState, writeState } from './stored-records.ts';

const INSERT = insertOf('INSERT INTO outbox (destination, key, order_key, created, ledger, crc, body)', 7);
const STATE_MAX_AGE_MILLIS = 30 * 24 * 60 * 60_000;
/** Known keys, besides those of waiting records. */
const MAX_KEYS = 12_000;
/** Free pages that stay in the file; more are returned to the file system. */
const SPARE_PAGES = 16;

export interface OutboxOptions {
  /** Maximum bytes in the file, without free pages. */
  readonly maxBytes: number;
  readonly clock?: Clock;
  /** The process in whose name leases are acquired. Default: this one. */
  readonly owner?: string;
  /** How long a call waits while another process holds the lock of the file. Default: 5 s. */
  readonly busyMillis?: number;
}

/** The records on disk, over one connection. Every method is one synchronous transaction and throws what SQLite throws. */
export class Outbox {
  readonly #db: Connection;
  readonly #clock: Clock;
  readonly #owner: string;
  readonly #ledger: Ledger;
  readonly #known: KnownKeys;
  readonly #leases: Leases;
  readonly #size: SizeLimit;

  constructor(db: Database, { maxBytes, clock = systemClock, owner = ownerOf(clock), busyMillis }: OutboxOptions) {
    prepareDatabase(db, busyMillis);
    this.#db = new Connection(db);
    this.#clock = clock;
    this.#owner = owner;
    this.#ledger = new Ledger(this.#db, owner);
    this.#known = new KnownKeys(this.#db);
    this.#leases = new Leases(this.#db, { clock, owner, maxBytes });
    this.#size = new SizeLimit({ db: this.#db, known: this.#known, ledger: this.#ledger, maxBytes });
  }

  setBusyMillis(millis: number): void {
    this.#db.all(`PRAGMA busy_timeout = ${millis}`);
  }

  /** Settles leased records and stores new ones, in one transaction: on disk when it returns. */
  commit(frames: Buffer, settlements: readonly Settlement[] = [], leaseMillis: number = leaseMillisFor()): Committed {
    return this.#transact(() => {
      for (const settlement of settlements) this.#settle(settlement);
      const { ids, retained, ordered } = this.#add(frames);
      const leased = new Set([...retained, ...this.#leases.firsts(ordered)]);
      this.#leases.acquire([...leased], leaseMillis);
      this.#ledger.write();
      const dropped = ids.length > 0 ? this.#size.enforce() : {};
      return { ids: ids.map((id) => (id < 0 || leased.has(id) ? id : 0)), dropped, ...this.#books() };
    });
  }

  /** Stores records that a process which died had not committed. */
  adopt(frames: Buffer): Committed {
    return this.#transact(() => {
      this.#add(frames);
      this.#ledger.write();
      const dropped = this.#size.enforce();
      return { ids: [], dropped, ...this.#books() };
    });
  }

  /** Leases the oldest free records of a destination; at most one batch per order key is leased at any time. */
  take(destination: string, limits: TakeLimits, leaseMillis: number = leaseMillisFor()): Acquired {
    if (!this.#leases.isAnyFree(destination)) {
      const waitMillis = this.#leases.waitMillis(destination);
      if (waitMillis === undefined) this.#ledger.checkNoneHidden(destination);
      return { batches: [], damaged: [], waitMillis };
    }
    return this.#transact(() => {
      const groups = this.#leases.choose(destination, limits);
      const ids = groups.flatMap((group) => group.ids);
      const records = new Map(readRecords(this.#db, ids).map(({ id, ...record }) => [id, record]));
      const unreadable = ids.filter((id) => !records.has(id));
      const damaged = this.#bury(unreadable, 'damaged on disk');
      const batches = groups.flatMap(({ ids: wanted, attempts, orderKey }): Batch[] => {
        const sound = wanted.filter((id) => records.has(id));
        if (sound.length === 0) return [];
        const state =
          limits.maxCoalesced !== undefined && orderKey !== undefined
            ? readState(this.#db, destination, orderKey)
            : undefined;
        const bodies = sound.flatMap((id) => records.get(id)?.body ?? []);
        const keys = sound.map((id) => records.get(id)?.key ?? '');
        return [
          { ids: sound, keys, bodies, attempts, ...(orderKey !== undefined && { orderKey }), ...(state && { state }) },
        ];
      });
      this.#leases.acquire(
        batches.flatMap((batch) => batch.ids),
        leaseMillis,
      );
      this.#ledger.write();
      const waitMillis = this.#leases.isAnyFree(destination) ? 0 : this.#leases.waitMillis(destination);
      return { batches, damaged, waitMillis };
    });
  }

  /** Ends the delays of records, of one destination or all. */
  retryNow(destination?: string): void {
    this.#leases.retryNow(destination);
  }

  /** Ends the leases of dead processes, and of this one when `includeOwn`. */
  releaseAbandoned(includeOwn: boolean): void {
    this.#leases.releaseAbandoned(includeOwn);
  }

  totals(): Readonly<Record<string, Total>> {
    return this.#books().totals;
  }

  /** @throws when nothing can be written */
  probe(): void {
    this.#transact(() => this.#db.all(`PRAGMA user_version = ${SCHEMA_VERSION}`));
  }

  /** Deletes old keys and states, and returns free pages to the file system. */
  tidy(): void {
    const now = this.#clock.wall();
    this.#transact(() => {
      this.#known.forgetAged(now);
      const waiting = Object.values(this.totals()).reduce((sum, { records }) => sum + records, 0);
      this.#known.shrink(MAX_KEYS + waiting);
      this.#known.coalesce();
      this.#db.run('DELETE FROM state WHERE at < ?', now - STATE_MAX_AGE_MILLIS);
    });
    const spare = this.#db.pragma('freelist_count') - SPARE_PAGES;
    if (spare > 0) this.#db.all(`PRAGMA incremental_vacuum(${spare})`);
    this.#db.all('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /**
   * Records that were committed and are lost, by destination; see {@link Ledger.reconcile}. `read` takes the notes of the
   * processes away and runs inside the transaction, so that of two processes at once only one counts them.
   */
  reconcile(read: () => readonly { readonly owner: string; readonly entries: Entries }[]): Record<string, number> {
    return this.#transact(() => {
      const lost = this.#ledger.reconcile(new Map(read().map(({ owner, entries }) => [owner, entries])));
      this.#ledger.forgetOwners((owner) => isDead(owner, this.#owner));
      return lost;
    });
  }

  /** The dead letters, for {@link replay} and for inspection. */
  deadLetters(destination?: string): SqlRow[] {
    return this.#db.all(
      `SELECT id, ${text('destination')}, ${text('key')}, ${text('order_key')}, created, at, ${text('reason')} FROM dead
       WHERE ?1 IS NULL OR destination = ?1 ORDER BY id`,
      destination ?? null,
    );
  }

  /** Makes dead letters waiting records again, in their order. Returns how many. @param isChosen by key; default: all */
  replay(destination?: string, isChosen: (key: string) => boolean = () => true): number {
    return this.#transact(() => {
      let back = 0;
      for (const letter of this.deadLetters(destination)) {
        if (!isChosen(String(letter['key']))) continue;
        const [row] = this.#db.all('DELETE FROM dead WHERE id = ? RETURNING crc, body', letter['id'] ?? null);
        const record = recordOf({ ...letter, ...row });
        if (!this.#known.add([record], this.#clock.wall())[0]) continue;
        this.#insert([{ ...record, crc: Number(row?.['crc']) }]);
        back += 1;
      }
      this.#ledger.write();
      return back;
    });
  }

  /** Deletes dead letters. Returns how many. @param isChosen by key; default: all */
  dropDead(destination?: string, isChosen: (key: string) => boolean = () => true): number {
    const ids = this.deadLetters(destination).flatMap(({ id, key }) => (isChosen(String(key)) ? [id] : []));
    return this.#db.run(`DELETE FROM dead WHERE id ${AMONG}`, JSON.stringify(ids)).changes;
  }

  /** Lets records be added again whose keys are known because they were delivered. Those that wait stay known. */
  forgetDelivered(destination: string, keys: readonly string[]): void {
    const sql = `SELECT ?1 AS destination, value AS key FROM json_each(?2)
      EXCEPT SELECT ?1, key FROM outbox WHERE destination = ?1`;
    this.#transact(() => this.#known.remove(this.#db.all(sql, destination, JSON.stringify(keys)).map(keyedOf)));
  }

  /** Deletes waiting records that are not leased. Returns how many. @param isChosen by key; default: all */
  dropWaiting(destination?: string, isChosen: (key: string) => boolean = () => true): number {
    return this.#transact(() => {
      const sql = `SELECT id, ${text('key')} FROM outbox WHERE ?1 IS NULL OR destination = ?1`;
      const rows = this.#db.all(sql, destination ?? null);
      const ids = rows.flatMap(({ id, key }) => (isChosen(String(key)) ? [id] : []));
      const dropped = this.#size.drop(`id ${AMONG}`, JSON.stringify(ids));
      this.#ledger.write();
      return dropped.length;
    });
  }

  /** Deletes what destinations have under these order keys: the next record is merged with nothing. */
  dropStates(orderKeys: readonly string[]): void {
    this.#db.run(`DELETE FROM state WHERE order_key ${AMONG}`, JSON.stringify(orderKeys));
  }

  close(): void {
    this.#db.close();
  }

  #books(): Books {
    return this.#ledger.books(this.#clock.wall());
  }

  #transact<T>(work: () => T): T {
    try {
      return this.#db.transact(work);
    } catch (error) {
      this.#ledger.forget();
      this.#known.forget();
      throw error;
    }
  }

  /** Returns the ids, -1 for a known key, and which of them the writer means to send itself: at once, or in order. */
  #add(bytes: Buffer): { readonly ids: number[]; readonly retained: number[]; readonly ordered: number[] } {
    const frames = readFrames(bytes);
    const isNew = this.#known.add(frames, this.#clock.wall());
    const inserted = this.#insert(frames.filter((_, index) => isNew[index]));
    const ids: number[] = [];
    const retained: number[] = [];
    const ordered: number[] = [];
    let next = 0;
    for (const [index, { isRetained, orderKey }] of frames.entries()) {
      const id = isNew[index] ? (inserted[next++] ?? -1) : -1;
      ids.push(id);
      if (id > 0 && isRetained) (orderKey === undefined ? retained : ordered).push(id);
    }
    return { ids, retained, ordered };
  }

  /** Returns the ids. */
  #insert(frames: readonly Omit<Frame, 'isRetained'>[]): number[] {
    const ids: number[] = [];
    for (const group of rowGroups(frames)) {
      const values: SqlValue[] = [];
      for (const { destination, key, orderKey, created, crc, body } of group) {
        const line = this.#ledger.idOf(destination);
        values.push(destination, key, orderKey ?? null, created, line, crc, body);
        this.#ledger.added(line, body.byteLength);
      }
      const { lastId } = this.#db.run(INSERT(group.length), ...values);
      // Within a transaction, `AUTOINCREMENT` counts without gaps.
      for (let before = group.length - 1; before >= 0; before -= 1) ids.push(lastId - before);
    }
    return ids;
  }

  #settle(settlement: Settlement): void {
    const { ids } = settlement;
    const list = JSON.stringify(ids);
    if (settlement.outcome === 'rejected') {
      this.#bury(ids, settlement.reason);
      return;
    }
    if (settlement.outcome === 'waiting') {
      this.#leases.release(ids, settlement.delayMillis, settlement.isAttempt);
      return;
    }
    this.#remove(list);
    const { destination, orderKey, state } = settlement;
    if (orderKey === undefined || !state) return;
    writeState(this.#db, destination, orderKey, { at: this.#clock.wall(), body: state });
  }

  #remove(list: string): void {
    // Counted by SQLite: to return a row for each record to JavaScript costs more than to delete it.
    this.#ledger.removed(
      this.#db.all(
        `SELECT ledger, COUNT(*) AS records, SUM(length(body)) AS size FROM outbox WHERE id ${AMONG} GROUP BY ledger`,
        list,
      ),
    );
    this.#db.run(`DELETE FROM outbox WHERE id ${AMONG}`, list);
    this.#db.run(`DELETE FROM loan WHERE id ${AMONG}`, list);
  }

  /** Makes dead letters of records. Returns their keys. */
  #bury(ids: readonly number[], reason: string): string[] {
    if (ids.length === 0) return [];
    const list = JSON.stringify(ids);
    const buried = this.#db.all(
      `INSERT INTO dead (destination, key, order_key, created, at, reason, crc, body)
       SELECT destination, key, order_key, created, ?, ?, crc, body FROM outbox WHERE id ${AMONG}
       RETURNING ${text('destination')}, ${text('key')}`,
      this.#clock.wall(),
      reason,
      list,
    );
    const names = buried.map(keyedOf);
    this.#known.remove(names);
    this.#remove(list);
    return names.map(({ key }) => key);
  }
}
