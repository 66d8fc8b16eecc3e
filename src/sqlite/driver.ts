import { isBuiltin } from 'node:module';
import { isPackageInstalled, loadPackage } from '../loading/load-package.ts';

/** What can be bound and read. Anything else is refused before it reaches a driver: one of them aborts the process. */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface Statement {
  /** Runs to the end and gives back all rows, so that no read stays open between calls. */
  all(...values: SqlValue[]): SqlRow[];
  /** Runs a statement without rows. `lastId` is that of the row inserted last. */
  run(...values: SqlValue[]): { readonly changes: number; readonly lastId: number };
}

/** A SQLite database, synchronous. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** @throws when the file cannot be opened */
export type OpenDatabase = (file: string) => Database;

/** What `node:sqlite` and `libsql` have in common, as far as it is used here. */
interface Engine {
  exec(sql: string): unknown;
  prepare(sql: string): {
    all(...values: unknown[]): unknown[];
    run(...values: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  };
  close(): void;
}

/** The SQLite of this Node, else `libsql` when it is installed, else nothing. */
export function findSqlite(): OpenDatabase | undefined {
  return nodeSqlite() ?? libsql();
}

/** Whether one of them is there, without loading it: that takes its time and can wait for the first record. */
export function hasSqlite(): boolean {
  return isBuiltin('node:sqlite') || isPackageInstalled('libsql');
}

function nodeSqlite(): OpenDatabase | undefined {
  const sqlite = quietly(() => process.getBuiltinModule?.('node:sqlite')) as
    | { readonly DatabaseSync: new (file: string) => Engine }
    | undefined;
  return sqlite && ((file) => seam(new sqlite.DatabaseSync(file), (values) => values, true));
}

function libsql(): OpenDatabase | undefined {
  try {
    const Libsql = loadPackage('libsql') as new (file: string) => Engine;
    // As an array, always: a lone value is looked at for its type, and a lone Buffer aborts the process.
    return (file) => seam(new Libsql(file), (values) => [values], false);
  } catch {
    return undefined;
  }
}

/** Loads without the ExperimentalWarning that Node 22 prints for `node:sqlite`; all other warnings pass. */
function quietly<T>(load: () => T): T {
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).includes('SQLite')) Reflect.apply(emit, process, [warning, ...rest]);
  }) as typeof emit;
  try {
    return load();
  } finally {
    process.emitWarning = emit;
  }
}

/** @param hasPlainRows whether the engine's rows hold the columns alone */
function seam(engine: Engine, bind: (values: SqlValue[]) => unknown[], hasPlainRows: boolean): Database {
  return {
    exec: (sql) => void engine.exec(sql),
    prepare(sql) {
      const statement = engine.prepare(sql);
      // Its rows are what is passed on, but for columns of hexadecimal digits.
      const isPlain = hasPlainRows && !sql.includes(HEX);
      return {
        all(...values) {
          for (const value of values) assertBindable(value);
          const rows = statement.all(...bind(values));
          return isPlain ? (rows as SqlRow[]) : rows.map(row);
        },
        run(...values) {
          for (const value of values) assertBindable(value);
          const { changes, lastInsertRowid } = statement.run(...bind(values));
          return { changes: Number(changes), lastId: Number(lastInsertRowid) };
        },
      };
    },
    close: () => engine.close(),
  };
}

function assertBindable(value: unknown): asserts value is SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (value instanceof Uint8Array) return;
  throw new TypeError(`cannot be stored: ${typeof value}`);
}

/** Marks a column that is read as hexadecimal digits; {@link text} writes it. */
const HEX = 'hex:';

/**
 * A column of text in a query, read as hexadecimal digits, because libsql aborts the process for text that is not valid
 * UTF-8, such as after a flipped bit. The result is a text with U+FFFD for damaged bytes. It is not read as a blob,
 * because each blob is an ArrayBuffer, which stays in memory for long in a thread that rarely collects garbage.
 */
export function text(column: string, name: string = column): string {
  return `CASE WHEN ${column} IS NOT NULL THEN hex(${column}) END AS "${HEX}${name}"`;
}

/** libsql adds `_metadata`, and hands out blobs as an ArrayBuffer. */
function row(raw: unknown): SqlRow {
  const clean: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(raw as Record<string, unknown>)) {
    if (name === '_metadata') continue;
    const plain = value instanceof ArrayBuffer ? new Uint8Array(value) : (value as SqlValue);
    if (name.startsWith(HEX)) {
      clean[name.slice(HEX.length)] = typeof plain === 'string' ? Buffer.from(plain, 'hex').toString() : plain;
    } else clean[name] = plain;
  }
  return clean;
}
