import { type Database, text } from '../../sqlite/driver.ts';

/** Raised when the tables change. A file of another version is left alone. */
export const SCHEMA_VERSION = 2;

/**
 * - `outbox`: the records. A row is written once and never changed; `crc` covers the whole record.
 * - `loan`: the leases: rows that a process is sending (`owner` is set), or that wait for their next attempt. `until` is a
 *   time of the monotonic clock of `boot`.
 * - `ledger`: per process and destination, how many records were committed and how many were taken out again, so that
 *   one that disappears from a damaged file leaves a gap; and the bytes of what is there.
 * - `known`: hashes of the keys of the last 24 h.
 */
const TABLES: Readonly<Record<string, string>> = {
  outbox: `CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  key TEXT NOT NULL,
  order_key TEXT,
  created INTEGER NOT NULL,
  ledger INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL
)`,
  outbox_queue: 'CREATE INDEX outbox_queue ON outbox (destination, id)',
  outbox_order: `CREATE INDEX outbox_order ON outbox (destination, order_key, id) WHERE order_key IS NOT NULL`,
  loan: `CREATE TABLE loan (
  id INTEGER PRIMARY KEY,
  attempts INTEGER NOT NULL,
  owner TEXT,
  boot TEXT NOT NULL,
  until INTEGER NOT NULL
)`,
  ledger: `CREATE TABLE ledger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL,
  destination TEXT NOT NULL,
  committed INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  UNIQUE (owner, destination)
)`,
  known: `CREATE TABLE known (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  at INTEGER NOT NULL
)`,
  dead: `CREATE TABLE dead (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  key TEXT NOT NULL,
  order_key TEXT,
  created INTEGER NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL
)`,
  state: `CREATE TABLE state (
  id INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  order_key TEXT NOT NULL,
  at INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (destination, order_key)
)`,
};

/** Thrown for damage that SQLite itself does not detect. */
export class DamagedSpoolError extends Error {}

/**
 * Settings of the connection, and the tables when they are not there.
 * @throws when another version of spanport wrote the file, which is then left as it is
 */
export function prepareDatabase(db: Database): void {
  db.exec('PRAGMA busy_timeout = 5000');
  const version = Number(db.prepare('PRAGMA user_version').all()[0]?.['user_version']);
  if (version !== 0) {
    const isOurs = hasOurTables(db);
    if (version !== SCHEMA_VERSION && !isOurs)
      throw new Error(`the spool was written by another version of spanport (${version})`);
    if (version !== SCHEMA_VERSION || !isOurs) throw new DamagedSpoolError('the tables of the spool are damaged');
    configure(db);
    return;
  }
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  configure(db);
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster.
    if (!hasOurTables(db)) for (const sql of Object.values(TABLES)) db.exec(sql);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function hasOurTables(db: Database): boolean {
  const found = new Map(
    db
      .prepare(`SELECT ${text('name')}, ${text('sql')} FROM sqlite_schema WHERE sql IS NOT NULL`)
      .all()
      .map(({ name, sql }) => [name, sql]),
  );
  return Object.entries(TABLES).every(([name, sql]) => found.get(name) === sql);
}

function configure(db: Database): void {
  db.prepare('PRAGMA journal_mode = WAL').all();
  // The file is sound after a power cut, too; the last commits before it may be gone. A killed process loses nothing.
  db.exec('PRAGMA synchronous = NORMAL');
  // Each checkpoint waits for the disk twice. What a bad page of the log cuts off is found by the salvage.
  db.prepare('PRAGMA wal_autocheckpoint = 1000').all();
  db.prepare('PRAGMA journal_size_limit = 1048576').all();
}
