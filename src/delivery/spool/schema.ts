import type { Database } from './driver.ts';

/** Raised when the tables change. A file of another version is left alone. */
export const SCHEMA_VERSION = 1;

/**
 * - `outbox`: what waits. `busy_until` is a lease when `owner` is set, else the wait before the next attempt; it counts
 *   by the monotonic clock of `busy_boot`.
 * - `writer`: for each process how many records it committed and how many were taken out again, so that a record that
 *   disappears from a damaged file leaves a gap.
 * - `total`: per destination, kept by triggers, because counting a long outbox takes too long.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  key TEXT NOT NULL,
  order_key TEXT,
  created INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  busy_until INTEGER NOT NULL DEFAULT 0,
  busy_boot TEXT,
  owner TEXT,
  writer INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  size INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (destination, key)
);
CREATE INDEX IF NOT EXISTS outbox_queue ON outbox (destination, id);
CREATE INDEX IF NOT EXISTS outbox_order ON outbox (destination, order_key, id) WHERE order_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS writer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL UNIQUE,
  committed INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS total (
  destination TEXT PRIMARY KEY,
  records INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS outbox_added AFTER INSERT ON outbox BEGIN
  INSERT INTO total VALUES (new.destination, 1, new.size)
    ON CONFLICT (destination) DO UPDATE SET records = records + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER IF NOT EXISTS outbox_removed AFTER DELETE ON outbox BEGIN
  UPDATE total SET records = records - 1, bytes = bytes - old.size WHERE destination = old.destination;
  UPDATE writer SET removed = removed + 1 WHERE id = old.writer;
END;
CREATE TABLE IF NOT EXISTS delivered (
  destination TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (destination, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivered_at ON delivered (at);
CREATE TABLE IF NOT EXISTS dead (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  key TEXT NOT NULL,
  order_key TEXT,
  created INTEGER NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS state (
  destination TEXT NOT NULL,
  order_key TEXT NOT NULL,
  at INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (destination, order_key)
);
`;

/** Settings of the connection, and the tables when they are not there. */
export function prepareDatabase(db: Database): void {
  db.exec('PRAGMA busy_timeout = 5000');
  const version = Number(db.prepare('PRAGMA user_version').all()[0]?.['user_version']);
  if (version === SCHEMA_VERSION) {
    configure(db);
    return;
  }
  if (version !== 0) throw new Error(`the spool was written by another version of spanport (${version})`);
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  configure(db);
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(TABLES);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function configure(db: Database): void {
  db.prepare('PRAGMA journal_mode = WAL').all();
  // The file is sound after a power cut, too; the last commits before it may be gone. A killed process loses nothing.
  db.exec('PRAGMA synchronous = NORMAL');
  // SQLite has no page checksums, and one bad frame cuts off the rest of the log: a short log bounds that loss.
  db.prepare('PRAGMA wal_autocheckpoint = 64').all();
  db.prepare('PRAGMA journal_size_limit = 1048576').all();
}
