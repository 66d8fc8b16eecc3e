import { type Database, text } from '../../sqlite/driver.ts';

/** Raised when the tables change. A file of another version is left alone, except one of the version before. */
export const SCHEMA_VERSION = 3;
const FORMER_VERSION = 2;

/**
 * - `outbox`: the records. A row is written once and never changed; `crc` covers the whole record.
 * - `loan`: the leases: rows that a process is sending (`owner` is set), or that wait for their next attempt. `until` is a
 *   time of the monotonic clock of `boot`.
 * - `ledger`: per process and destination, how many records were committed and how many were taken out again, so that
 *   one that disappears from a damaged file leaves a gap; and the bytes of what is there.
 * - `known`: hashes of the keys of the last 24 h, those of a commit in one row; see `KnownKeys`.
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
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  hashes BLOB NOT NULL
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

const FORMER_TABLES: typeof TABLES = {
  ...TABLES,
  known: `CREATE TABLE known (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  at INTEGER NOT NULL
)`,
};

/** Keys in one row when a file of the version before is converted. */
const KEYS_AT_ONCE = 512;

/** Thrown for damage that SQLite itself does not detect. */
export class DamagedSpoolError extends Error {}

/** How long a statement waits while another process holds the lock of the file. */
export const BUSY_MILLIS = 5_000;

/**
 * Settings of the connection, and the tables when they are not there.
 * @throws when another version of spanport wrote the file, which is then left as it is
 */
export function prepareDatabase(db: Database, busyMillis: number = BUSY_MILLIS): void {
  db.exec(`PRAGMA busy_timeout = ${busyMillis}`);
  const version = versionOf(db);
  if (version !== 0) {
    if (version === FORMER_VERSION && hasTables(db, FORMER_TABLES)) convert(db);
    assertCurrent(db);
    configure(db);
    return;
  }
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  configure(db);
  transact(db, () => {
    // Another process may have been faster.
    if (!hasTables(db, TABLES)) for (const sql of Object.values(TABLES)) db.exec(sql);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

function versionOf(db: Database): number {
  return Number(db.prepare('PRAGMA user_version').all()[0]?.['user_version']);
}

function assertCurrent(db: Database): void {
  const version = versionOf(db);
  const isOurs = hasTables(db, TABLES);
  if (version !== SCHEMA_VERSION && !isOurs)
    throw new Error(`the spool was written by another version of spanport (${version})`);
  if (version !== SCHEMA_VERSION || !isOurs) throw new DamagedSpoolError('the tables of the spool are damaged');
}

/** Makes a file of the version before one of this version. It keeps its records and its known keys. */
function convert(db: Database): void {
  transact(db, () => {
    // Another process may have been faster.
    if (!hasTables(db, FORMER_TABLES)) return;
    const keys = db.prepare('SELECT hash, at FROM known ORDER BY id').all();
    db.exec('DROP TABLE known');
    db.exec(String(TABLES['known']));
    const insert = db.prepare('INSERT INTO known (at, hashes) VALUES (?, ?)');
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      const some = keys.slice(start, start + KEYS_AT_ONCE);
      const hashes = Buffer.concat(some.map(({ hash }) => hash as Uint8Array));
      insert.run(Number(some.at(-1)?.['at']), hashes);
    }
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

function transact(db: Database, work: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function hasTables(db: Database, tables: typeof TABLES): boolean {
  const found = new Map(
    db
      .prepare(`SELECT ${text('name')}, ${text('sql')} FROM sqlite_schema WHERE sql IS NOT NULL`)
      .all()
      .map(({ name, sql }) => [name, sql]),
  );
  return Object.entries(tables).every(([name, sql]) => found.get(name) === sql);
}

function configure(db: Database): void {
  db.prepare('PRAGMA journal_mode = WAL').all();
  // The file is sound after a power cut, too; the last commits before it may be gone. A killed process loses nothing.
  db.exec('PRAGMA synchronous = NORMAL');
  // Each checkpoint waits for the disk twice. What a bad page of the log cuts off is found by the salvage.
  db.prepare('PRAGMA wal_autocheckpoint = 1000').all();
  db.prepare('PRAGMA journal_size_limit = 1048576').all();
}
