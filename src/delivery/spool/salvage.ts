import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import type { Database, OpenDatabase, SqlRow } from './driver.ts';
import { prepareDatabase } from './schema.ts';

const PARTS = ['', '-wal', '-shm'];
const TABLES = ['outbox', 'dead', 'delivered', 'state', 'writer'] as const;
/** A salvage that takes longer than this has died. */
const LOCK_MAX_AGE_MILLIS = 60_000;

/** Whether SQLite says that the file is damaged, rather than busy, full or out of reach. */
export function isCorrupt(error: unknown): boolean {
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: unknown };
  if (/SQLITE_(CORRUPT|NOTADB)/.test(String(code)) || errcode === 11 || errcode === 26) return true;
  return /malformed|not a database|corrupt/i.test(String(message));
}

/** Whether the whole file reads well. */
export function isHealthy(db: Database): boolean {
  try {
    return Object.values(db.prepare('PRAGMA quick_check(1)').all()[0] ?? {})[0] === 'ok';
  } catch {
    return false;
  }
}

/**
 * Copies whatever can still be read into a new file that takes the place of the old one, which is kept beside it as
 * `.corrupt-<time>`. Returns the old one's new name, or nothing when another process is at it.
 */
export function salvage(file: string, open: OpenDatabase): string | undefined {
  const lock = `${file}.salvage`;
  if (!lockFile(lock)) return undefined;
  try {
    const fresh = `${file}.fresh`;
    const kept = `${file}.corrupt-${Date.now()}`;
    removeAll(fresh);
    closeSync(openSync(fresh, 'w', 0o600));
    const target = open(fresh);
    prepareDatabase(target);
    // One file from now on: its log must not stay behind when it is renamed.
    target.prepare('PRAGMA journal_mode = DELETE').all();
    copy(file, target, open);
    target.close();
    moveAll(file, kept);
    moveAll(fresh, file);
    // What another process committed to the old file between the copy and the renaming.
    const again = open(file);
    prepareDatabase(again);
    copy(kept, again, open);
    again.close();
    return kept;
  } finally {
    unlinkSync(lock);
  }
}

function copy(from: string, target: Database, open: OpenDatabase): void {
  let source: Database | undefined;
  try {
    source = open(from);
    for (const table of TABLES) copyTable(source, target, table);
  } catch {
    // Not even its first page can be read.
  } finally {
    try {
      source?.close();
    } catch {
      // A damaged file may refuse that, too.
    }
  }
}

function copyTable(source: Database, target: Database, table: (typeof TABLES)[number]): void {
  const insert = (row: SqlRow): void => {
    // Order decides nothing in a new file but the ids, which come with the row.
    const names = Object.keys(row);
    try {
      target
        .prepare(
          `INSERT OR ${table === 'writer' ? 'REPLACE' : 'IGNORE'} INTO ${table} (${names.join(', ')})
           VALUES (${names.map(() => '?').join(', ')})`,
        )
        .all(...Object.values(row));
    } catch {
      // A row that breaks a rule of its table is not the row that was written.
    }
  };
  target.exec('BEGIN');
  if (table === 'delivered' || table === 'state') readAll(source, table).forEach(insert);
  else readRanges(source, table, insert);
  target.exec('COMMIT');
}

function readAll(source: Database, table: string): SqlRow[] {
  try {
    return source.prepare(`SELECT * FROM ${table}`).all();
  } catch {
    return [];
  }
}

/** Reads by ranges of ids; a range that cannot be read is tried in halves, down to the single row. */
function readRanges(source: Database, table: string, insert: (row: SqlRow) => void): void {
  const [low, high] = edges(source, table);
  const read = (from: number, to: number): void => {
    if (from > to) return;
    try {
      source.prepare(`SELECT * FROM ${table} WHERE id BETWEEN ? AND ?`).all(from, to).forEach(insert);
    } catch {
      if (from === to) return;
      const middle = Math.floor((from + to) / 2);
      read(from, middle);
      read(middle + 1, to);
    }
  };
  for (let from = low; from <= high; from += 1_024) read(from, Math.min(high, from + 1_023));
}

function edges(source: Database, table: string): [number, number] {
  const edge = (order: 'ASC' | 'DESC'): number | undefined => {
    try {
      const [row] = source.prepare(`SELECT id FROM ${table} ORDER BY id ${order} LIMIT 1`).all();
      return row && Number(row['id']);
    } catch {
      return undefined;
    }
  };
  const used = ((): number => {
    try {
      const [row] = source.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').all(table);
      return Number(row?.['seq'] ?? 0);
    } catch {
      return 0;
    }
  })();
  const high = Math.max(edge('DESC') ?? 0, used);
  return [edge('ASC') ?? Math.max(1, high - 1_000_000), high];
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
