import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import type { Database, OpenDatabase, SqlRow, SqlValue, Statement } from '../../sqlite/driver.ts';
import { checksum, recordOf, type SpoolRecord, stateOf } from './frame.ts';
import { type RawRow, readRows } from './raw-pages.ts';
import { DamagedSpoolError, prepareDatabase } from './schema.ts';

const PARTS = ['', '-wal', '-shm'];
/** The format version for writing in the file's header, and its valid values (sqlite.org/fileformat2.html, 1.3.3). */
const WRITE_VERSION_OFFSET = 18;
const ROLLBACK_JOURNAL = 1;
const WRITE_AHEAD_LOG = 2;
/** A process that holds the lock longer than this has died. */
const LOCK_MAX_AGE_MILLIS = 60_000;

/** Whether the error means that the file is damaged, and not busy, full, unreachable or of another version. */
export function isCorrupt(error: unknown): boolean {
  if (error instanceof DamagedSpoolError) return true;
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: unknown };
  if (/SQLITE_(CORRUPT|NOTADB)/.test(String(code)) || errcode === 11 || errcode === 26) return true;
  return /database disk image is malformed|malformed database schema|file is not a database/.test(String(message));
}

/** Whether another connection held the lock of the file for longer than this one waits. */
export function isBusy(error: unknown): boolean {
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: unknown };
  if (String(code).startsWith('SQLITE_BUSY') || (Number(errcode) & 0xff) === 5) return true;
  return /database is locked/.test(String(message));
}

/** Whether SQLite refused to write because the file is read-only. */
export function isReadOnly(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === 'SQLITE_READONLY' || errcode === 8;
}

/**
 * Whether a bit has flipped in the format version of the file. SQLite treats a file with an unknown version as read-only.
 * Call it only while this process has no connection to the file, because closing the file drops that connection's locks.
 */
export function isVersionDamaged(path: string): boolean {
  const version = Buffer.alloc(1);
  const file = openSync(path, 'r');
  try {
    readSync(file, version, 0, 1, WRITE_VERSION_OFFSET);
  } finally {
    closeSync(file);
  }
  return version[0] !== ROLLBACK_JOURNAL && version[0] !== WRITE_AHEAD_LOG;
}

/**
 * Whether the whole file reads well.
 * @throws when another connection holds the lock of the file
 */
export function isHealthy(db: Database): boolean {
  try {
    return Object.values(db.prepare('PRAGMA quick_check(1)').all()[0] ?? {})[0] === 'ok';
  } catch (error) {
    if (isBusy(error)) throw error;
    return false;
  }
}

/**
 * Copies what can still be read into a new file that replaces the old one, which is renamed to `.corrupt-<time>`. Returns
 * the old one's new name, or nothing when another process is doing it.
 */
export function salvage(file: string, open: OpenDatabase): string | undefined {
  const lock = `${file}.salvage`;
  if (!lockFile(lock)) return undefined;
  try {
    const fresh = `${file}.fresh`;
    const aside = `${file}.corrupt-${Date.now()}`;
    removeAll(fresh);
    closeSync(openSync(fresh, 'w', 0o600));
    const target = open(fresh);
    prepareDatabase(target);
    // One file from now on: its log must not stay behind when it is renamed.
    target.prepare('PRAGMA journal_mode = DELETE').all();
    copy(file, target);
    target.close();
    moveAll(file, aside);
    moveAll(fresh, file);
    // What another process committed to the old file between the copy and the renaming.
    const again = open(file);
    prepareDatabase(again);
    copy(aside, again);
    again.close();
    return aside;
  } finally {
    unlinkSync(lock);
  }
}

type Kind = 'null' | 'text' | 'optional text' | 'integer' | 'blob';

interface Table {
  readonly name: string;
  /** In the order of the row's values, without the id. */
  readonly columns: readonly string[];
  /** The kinds of a row's values, which distinguish it from rows of other tables. */
  readonly kinds: readonly Kind[];
  /** What its checksum covers. Rows without one are used only if a page lists them. */
  readonly record?: (row: SqlRow) => SpoolRecord;
}

const TABLES: readonly Table[] = [
  {
    name: 'outbox',
    columns: ['destination', 'key', 'order_key', 'created', 'ledger', 'crc', 'body'],
    kinds: ['null', 'text', 'text', 'optional text', 'integer', 'integer', 'integer', 'blob'],
    record: recordOf,
  },
  {
    name: 'dead',
    columns: ['destination', 'key', 'order_key', 'created', 'at', 'reason', 'crc', 'body'],
    kinds: ['null', 'text', 'text', 'optional text', 'integer', 'integer', 'text', 'integer', 'blob'],
    record: recordOf,
  },
  {
    name: 'state',
    columns: ['destination', 'order_key', 'at', 'crc', 'body'],
    kinds: ['null', 'text', 'text', 'integer', 'integer', 'blob'],
    record: stateOf,
  },
  {
    name: 'ledger',
    columns: ['owner', 'destination', 'committed', 'removed', 'bytes'],
    kinds: ['null', 'text', 'text', 'integer', 'integer', 'integer'],
  },
  { name: 'known', columns: ['at', 'hashes'], kinds: ['null', 'integer', 'blob'] },
];

function copy(from: string, target: Database): void {
  const inserts = new Map(TABLES.map((table) => [table, target.prepare(insertInto(table))]));
  target.exec('BEGIN');
  for (const row of readRows(from)) {
    for (const table of TABLES) {
      const values = valuesOf(row, table);
      if (values) insert(inserts.get(table), row.id, values);
    }
  }
  target.exec('COMMIT');
}

function insertInto({ name, columns }: Table): string {
  // The counts of a ledger row only grow, and the copy after the renaming has the newer ones.
  const conflict = name === 'ledger' ? 'REPLACE' : 'IGNORE';
  return `INSERT OR ${conflict} INTO ${name} (id, ${columns.join(', ')}) VALUES (?${', ?'.repeat(columns.length)})`;
}

function insert(statement: Statement | undefined, id: number, values: readonly SqlValue[]): void {
  try {
    statement?.run(id, ...values);
  } catch {
    // A row that violates a constraint is not the row that was written.
  }
}

/** The values of a row's columns, if it is a row of this table. */
function valuesOf({ values, isListed }: RawRow, { columns, kinds, record }: Table): readonly SqlValue[] | undefined {
  if (values.length !== kinds.length) return undefined;
  const read: SqlValue[] = [];
  for (const [index, kind] of kinds.entries()) {
    const value = valueAs(kind, values[index] ?? null);
    if (value === undefined) return undefined;
    if (index > 0) read.push(value);
  }
  if (!record) return isListed ? read : undefined;
  const row = Object.fromEntries(columns.map((name, index) => [name, read[index] ?? null]));
  return checksum(record(row)) === row['crc'] ? read : undefined;
}

/** The value, if it is of this kind. One bit of a row's header distinguishes text from blob, so either is accepted. */
function valueAs(kind: Kind, value: SqlValue): SqlValue | undefined {
  switch (kind) {
    case 'null':
      return value === null ? null : undefined;
    case 'integer':
      return typeof value === 'number' ? value : undefined;
    case 'optional text':
      return value === null ? null : valueAs('text', value);
    case 'text':
      if (value instanceof Uint8Array) return Buffer.from(value).toString();
      return typeof value === 'string' ? value : undefined;
    case 'blob':
      if (typeof value === 'string') return Buffer.from(value);
      return value instanceof Uint8Array ? value : undefined;
  }
}

function lockFile(path: string): boolean {
  try {
    if (existsSync(path) && Date.now() - statSync(path).mtimeMs > LOCK_MAX_AGE_MILLIS) unlinkSync(path);
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch {
    return false;
  }
}

function moveAll(from: string, to: string): void {
  for (const part of PARTS) if (existsSync(from + part)) renameSync(from + part, to + part);
}

function removeAll(file: string): void {
  for (const part of PARTS) rmSync(file + part, { force: true });
}
