import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KnownKeys } from '../../src/delivery/spool/known-keys.ts';
import { Outbox } from '../../src/delivery/spool/outbox.ts';
import { prepareDatabase } from '../../src/delivery/spool/schema.ts';
import { Connection } from '../../src/sqlite/connection.ts';
import { type Database, findSqlite } from '../../src/sqlite/driver.ts';
import { emptyDirectory } from './support/lines.ts';

const HOUR = 60 * 60_000;
const NOON = 1_700_000_000_000;

function openDatabase(path: string): Database {
  const db = findSqlite()?.(path);
  if (!db) throw new Error('no SQLite');
  return db;
}

interface Process {
  add(keys: readonly string[], at?: number): boolean[];
  remove(keys: readonly string[]): void;
  /** What a process does now and then. */
  tidy(most: number, at?: number): void;
  fail(keys: readonly string[]): void;
  readonly rows: number;
}

/** A process with a connection of its own. */
function openProcess(path: string): Process {
  const raw = openDatabase(path);
  prepareDatabase(raw);
  const db = new Connection(raw);
  const known = new KnownKeys(db);
  const records = (keys: readonly string[]): { destination: string; key: string }[] =>
    keys.map((key) => ({ destination: 'd', key }));
  return {
    add: (keys, at = NOON) => db.transact(() => known.add(records(keys), at)),
    remove: (keys) => db.transact(() => known.remove(records(keys))),
    tidy: (most, at = NOON) =>
      db.transact(() => {
        known.forgetAged(at);
        known.shrink(most);
        known.coalesce();
      }),
    fail(keys) {
      expect(() =>
        db.transact(() => {
          known.add(records(keys), NOON);
          throw new Error('the disk is full');
        }),
      ).toThrow('the disk is full');
      known.forget();
    },
    get rows() {
      return Number(db.all('SELECT COUNT(*) AS rows FROM known')[0]?.['rows']);
    },
  };
}

const numbered = (count: number, prefix = 'k'): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

it('a key that one process has stored is known to the others, until it is removed', () => {
  const path = join(emptyDirectory(), 'spool.db');
  const [one, other] = [openProcess(path), openProcess(path)];
  expect(one.add(['a', 'b', 'a'])).toEqual([true, true, false]);
  expect(other.add(['b', 'c', 'a'])).toEqual([false, true, false]);
  expect(one.add(['c'])).toEqual([false]);
  one.remove(['a', 'c']);
  expect(other.add(['a', 'b'])).toEqual([true, false]);
  expect(one.add(['a', 'b', 'c'])).toEqual([false, false, true]);
  expect(openProcess(path).add(['a', 'b', 'c', 'd'])).toEqual([false, false, false, true]);
});

it('keys of a commit that failed are not known', () => {
  const path = join(emptyDirectory(), 'spool.db');
  const process = openProcess(path);
  process.add(['a']);
  process.fail(['b', 'c']);
  expect(process.add(['a', 'b', 'c'])).toEqual([false, true, true]);
});

it('a key is forgotten after 24 hours, and the oldest keys where there are too many', () => {
  const path = join(emptyDirectory(), 'spool.db');
  const [one, other] = [openProcess(path), openProcess(path)];
  one.add(['old']);
  other.add(['young'], NOON + 2 * HOUR);
  expect(other.add(['old'], NOON + 24 * HOUR)).toEqual([false]);
  expect(other.add(['old', 'young'], NOON + 25 * HOUR)).toEqual([true, false]);
  one.tidy(10, NOON + 27 * HOUR);
  expect(one.add(['old', 'young'], NOON + 27 * HOUR)).toEqual([false, true]);
  for (const key of numbered(20)) one.add([key], NOON + 27 * HOUR);
  one.tidy(10, NOON + 27 * HOUR);
  other.tidy(10, NOON + 27 * HOUR);
  for (const process of [one, other, openProcess(path)])
    expect(process.add(numbered(20).slice(10), NOON + 27 * HOUR)).toEqual(Array(10).fill(false));
  expect(other.add(['k0', 'old'], NOON + 27 * HOUR)).toEqual([true, true]);
});

it('many rows become few, and each key stays known or unknown as it was', () => {
  const path = join(emptyDirectory(), 'spool.db');
  const [one, other] = [openProcess(path), openProcess(path)];
  const keys = numbered(1_500);
  for (const key of keys) one.add([key]);
  one.remove(['k3', 'k700']);
  for (const key of numbered(200, 'later')) other.add([key]);
  one.add(['k700']);
  one.tidy(10_000);
  expect(one.rows).toBeLessThan(20);
  for (const process of [one, other, openProcess(path)]) {
    const isNew = process.add([...keys.filter((key) => key !== 'k3'), ...numbered(200, 'later')]);
    expect(isNew.filter(Boolean)).toEqual([]);
  }
  other.tidy(10_000);
  expect(other.add(['k3', 'k700'])).toEqual([true, false]);
  // Rows that were coalesced before are forgotten like others.
  for (const process of [one, other]) process.tidy(100);
  expect(one.rows).toBeLessThan(4);
  expect(other.add(['k0'])).toEqual([true]);
});

it('opens the file of the version before, with its records and its keys', () => {
  const path = join(emptyDirectory(), 'spool.db');
  const former = openDatabase(path);
  prepareDatabase(former);
  former.exec('DROP TABLE known');
  former.exec(
    `CREATE TABLE known (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  at INTEGER NOT NULL
)`,
  );
  const { hash } = process.getBuiltinModule('node:crypto');
  const insert = former.prepare('INSERT INTO known (hash, at) VALUES (?, ?)');
  for (const key of numbered(1_000))
    insert.run(Buffer.from(hash('sha256', `d\n${key}`, 'hex').slice(0, 16), 'hex'), NOON);
  former.exec(`INSERT INTO dead (destination, key, created, at, reason, crc, body)
    VALUES ('d', 'rejected', 1, 1, 'HTTP 422', 0, x'00')`);
  former.exec('PRAGMA user_version = 2');
  former.close();
  const outbox = new Outbox(openDatabase(path), { maxBytes: 1 << 26 });
  expect(outbox.deadLetters()).toMatchObject([{ key: 'rejected', reason: 'HTTP 422' }]);
  outbox.close();
  expect(
    openProcess(path)
      .add([...numbered(1_000), 'new'])
      .filter(Boolean),
  ).toEqual([true]);
});
