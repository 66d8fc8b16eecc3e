import type { Connection } from '../../sqlite/connection.ts';
import { type SqlRow, text } from '../../sqlite/driver.ts';
import { DamagedSpoolError } from './schema.ts';

/** The owner of records whose row is gone. */
const UNKNOWN_OWNER = 'unknown ';

/** What one process has committed for one destination since its start, and what of that was taken out again. */
export interface Entry {
  readonly committed: number;
  readonly removed: number;
}

/** By destination. */
export type Entries = Readonly<Record<string, Entry>>;

export interface Total {
  readonly records: number;
  readonly bytes: number;
  /** ms since the oldest was written. */
  readonly oldestAgeMillis: number;
}

export interface Books {
  /** What waits, by destination. */
  readonly totals: Readonly<Record<string, Total>>;
  /** What this process has committed. */
  readonly own: Entries;
}

interface Change {
  added: number;
  addedBytes: number;
  removed: number;
  removedBytes: number;
}

/** Counts how many records came and went. Call every method in the transaction that moves the records. */
export class Ledger {
  readonly #db: Connection;
  readonly #owner: string;
  readonly #ids = new Map<string, number>();
  readonly #changes = new Map<number, Change>();

  constructor(db: Connection, owner: string) {
    this.#db = db;
    this.#owner = owner;
  }

  /** The row that counts this process's records for a destination. */
  idOf(destination: string): number {
    const known = this.#ids.get(destination);
    if (known !== undefined) return known;
    this.#db.run(
      'INSERT OR IGNORE INTO ledger (owner, destination, committed, removed, bytes) VALUES (?, ?, 0, 0, 0)',
      this.#owner,
      destination,
    );
    const [row] = this.#db.all('SELECT id FROM ledger WHERE owner = ? AND destination = ?', this.#owner, destination);
    const id = Number(row?.['id']);
    this.#ids.set(destination, id);
    return id;
  }

  added(id: number, bytes: number): void {
    const change = this.#change(id);
    change.added += 1;
    change.addedBytes += bytes;
  }

  /** Rows with `ledger`, the number of `records`, and the `size` of their bodies. */
  removed(rows: readonly SqlRow[]): void {
    for (const { ledger, records, size } of rows) {
      const change = this.#change(Number(ledger));
      change.removed += Number(records);
      change.removedBytes += Number(size);
    }
  }

  /** Before the transaction ends. */
  write(): void {
    for (const [id, { added, addedBytes, removed, removedBytes }] of this.#changes)
      this.#db.run(
        'UPDATE ledger SET committed = committed + ?, removed = removed + ?, bytes = bytes + ? WHERE id = ?',
        added,
        removed,
        addedBytes - removedBytes,
        id,
      );
    this.#changes.clear();
  }

  /** After a transaction that was rolled back. */
  forget(): void {
    this.#changes.clear();
    this.#ids.clear();
  }

  /** What waits, and what this process has committed. */
  books(now: number): Books {
    const totals: Record<string, Total> = {};
    const own: Record<string, Entry> = {};
    const rows = this.#db.all(
      `SELECT ${text('destination')}, SUM(committed - removed) AS records, SUM(bytes) AS bytes,
         (SELECT created FROM outbox WHERE outbox.destination = ledger.destination ORDER BY id LIMIT 1) AS oldest,
         SUM(committed) FILTER (WHERE owner = ?1) AS committed, SUM(removed) FILTER (WHERE owner = ?1) AS removed
       FROM ledger GROUP BY destination`,
      this.#owner,
    );
    for (const { destination, records, bytes, oldest, committed, removed } of rows) {
      const name = String(destination);
      totals[name] = {
        records: Number(records),
        bytes: Number(bytes),
        oldestAgeMillis: oldest === null ? 0 : Math.max(0, now - Number(oldest)),
      };
      if (committed !== null) own[name] = { committed: Number(committed), removed: Number(removed) };
    }
    return { totals, own };
  }

  /**
   * Compares the rows with the records that exist, and returns the number of lost records by destination. A record that was
   * committed, not removed, and is missing is lost, and is counted once. `noted` is what processes last wrote outside the
   * file, by owner. Counts are compared per destination, because a flipped bit may assign a record to another row.
   */
  reconcile(noted: ReadonlyMap<string, Entries>): Record<string, number> {
    const missing: Record<string, number> = {};
    const add = (destination: string, count: number): void => {
      missing[destination] = (missing[destination] ?? 0) + count;
    };
    const present = new Map(
      this.#db
        .all(
          `SELECT ledger, ${text('destination')}, COUNT(*) AS records, SUM(length(body)) AS bytes
           FROM outbox GROUP BY ledger, CAST(destination AS TEXT)`,
        )
        .map((row) => [`${row['ledger']} ${row['destination']}`, row]),
    );
    const lines = this.#db.all(`SELECT id, ${text('owner')}, ${text('destination')}, committed, removed FROM ledger`);
    for (const { id, owner, destination, committed, removed } of lines) {
      const place = `${id} ${destination}`;
      const records = Number(present.get(place)?.['records'] ?? 0);
      const mark = noted.get(String(owner))?.[String(destination)];
      const came = Math.max(Number(committed), mark?.committed ?? 0);
      const went = Math.max(Number(removed), mark?.removed ?? 0);
      add(String(destination), came - went - records);
      this.#db.run(
        'UPDATE ledger SET committed = ?, removed = ?, bytes = ? WHERE id = ?',
        came,
        came - records,
        Number(present.get(place)?.['bytes'] ?? 0),
        Number(id),
      );
      present.delete(place);
    }
    for (const row of present.values()) add(String(row['destination']), -this.#adopt(row));
    const known = new Set(lines.map(({ owner, destination }) => `${owner} ${destination}`));
    for (const [owner, entries] of noted)
      for (const [destination, { committed, removed }] of Object.entries(entries))
        if (!known.has(`${owner} ${destination}`)) add(destination, committed - removed);
    this.forget();
    return Object.fromEntries(Object.entries(missing).filter(([, count]) => count > 0));
  }

  /** Creates a row for records whose own row is missing. @returns the number of records */
  #adopt({ ledger, destination, records, bytes }: SqlRow): number {
    this.#db.run(
      `INSERT OR IGNORE INTO ledger (id, owner, destination, committed, removed, bytes) VALUES (?, ?, ?, ?, 0, ?)`,
      Number(ledger),
      `${UNKNOWN_OWNER}${ledger}`,
      String(destination),
      Number(records),
      Number(bytes),
    );
    return Number(records);
  }

  /** @throws DamagedSpoolError if records of a destination wait, although the index of the outbox contains none */
  checkNoneHidden(destination: string): void {
    const hidden = this.#db.all(
      `SELECT 1 AS one WHERE (SELECT SUM(committed - removed) FROM ledger WHERE destination = ?1) > 0
         AND NOT EXISTS (SELECT 1 FROM outbox WHERE destination = ?1)`,
      destination,
    );
    if (hidden.length > 0) throw new DamagedSpoolError('an index of the spool is damaged');
  }

  /** Deletes the rows of dead processes that left no records. */
  forgetOwners(isGone: (owner: string) => boolean): void {
    for (const { owner } of this.#db.all(`SELECT DISTINCT ${text('owner')} FROM ledger WHERE committed = removed`)) {
      const name = String(owner);
      if (name.startsWith(UNKNOWN_OWNER) || isGone(name))
        this.#db.run('DELETE FROM ledger WHERE owner = ? AND committed = removed', name);
    }
  }

  #change(id: number): Change {
    let change = this.#changes.get(id);
    if (!change) {
      change = { added: 0, addedBytes: 0, removed: 0, removedBytes: 0 };
      this.#changes.set(id, change);
    }
    return change;
  }
}
