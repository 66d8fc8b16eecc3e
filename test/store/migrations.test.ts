import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SqlValue } from '../../src/sqlite/driver.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { usageBy } from '../../src/store/reports.ts';
import { SCHEMA_VERSION } from '../../src/store/schema.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { LocalStore, open } from './local-store.ts';

interface SchemaFile {
  readonly version: number;
  readonly statements: readonly string[];
  readonly rows: Readonly<Record<string, readonly Readonly<Record<string, SqlValue>>[]>>;
}

const folder = new URL('./schemas/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** A database as an earlier version left it: two calls, one record of a vendor's client, totals of a pruned call. */
function databaseOf({ version, statements, rows }: SchemaFile, file: string): void {
  const db = open(file);
  for (const sql of statements) db.exec(sql);
  for (const [table, list] of Object.entries(rows)) {
    for (const row of list) {
      const names = Object.keys(row);
      const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
      db.prepare(sql).run(...Object.values(row));
    }
  }
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
}

/** Indexes, and the settings of full text. */
function formOf({ db }: StoreReader): unknown[] {
  const rows = db.all(`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`);
  const indexes = rows.map(({ name, sql }) => [name, String(sql).replace(/\s+/g, ' ')]);
  return [...indexes, ...db.all('SELECT k, v FROM interaction_text_config ORDER BY k')];
}

it('has a file of every earlier version', () => {
  expect(files.sort()).toEqual(Array.from({ length: SCHEMA_VERSION - 1 }, (_, index) => `${index + 1}.json`));
});

it.each(files)('gives the data of %s the tables and the settings of a new store', (name) => {
  const data = mkdtempSync(join(tmpdir(), 'spanport-migration-'));
  const describe = (file: string) => {
    new StoreWriter(open, { file, retention: { maxAgeSeconds: 1e9, maxBytes: 1e12 } }).close();
    const db = open(file);
    const tables = db
      .prepare("SELECT name, type FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
      .all();
    const columns = tables.map(({ name }) => [
      name,
      db.prepare('SELECT name FROM pragma_table_info(?) ORDER BY name').all(String(name)),
    ]);
    const settings = db.prepare('SELECT * FROM interaction_text_config ORDER BY k').all();
    db.close();
    return { tables, columns, settings };
  };
  databaseOf(JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as SchemaFile, join(data, 'earlier.db'));
  expect(describe(join(data, 'earlier.db'))).toEqual(describe(join(data, 'new.db')));
  rmSync(data, { recursive: true, force: true });
});

it.each(files)('opens the data of %s, and builds the index anew', (name) => {
  const data = mkdtempSync(join(tmpdir(), 'spanport-migration-'));
  const file = join(data, 'spanport.db');
  databaseOf(JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as SchemaFile, file);
  const writer = new StoreWriter(open, { file, retention: { maxAgeSeconds: 1e9, maxBytes: 1e12 } });
  expect(writer.backlog).toBeGreaterThan(0);
  while (writer.settle());
  expect(writer.backlog).toBe(0);
  const reader = new StoreReader(open, file);
  const all = { limit: 10 };
  expect(reader.conversations(all).items).toMatchObject([
    { conversationId: 'c1', interactions: 2, cost: 0.75, title: 'Where is my refund?', feedback: { down: 1 } },
    { conversationId: 'by-athina', interactions: 1, cost: 1, deliveries: { inkeep: 'dead' } },
  ]);
  expect(reader.interactions({ q: 'refund', limit: 5 }).items).toMatchObject([{ answer: 'On its way.' }]);
  expect(reader.interactions({ q: 'client', limit: 5 }).items).toMatchObject([{ id: 'athina:1' }]);
  expect(reader.traces(all).items.map(({ spans, interactions, cost }) => [spans, interactions, cost])).toEqual([
    [1, 1, 0.5],
    [1, 1, 0.25],
  ]);
  // The pruned call (4 USD) stays in the totals, and no other call is counted twice.
  expect(usageBy(reader, 'user', all)).toMatchObject([
    { key: 'ann', interactions: 2, cost: 4.25 },
    { key: '', interactions: 2, cost: 1.5 },
  ]);
  expect(reader.db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  using fresh = new LocalStore();
  expect(formOf(reader)).toEqual(formOf(fresh.reader));
  reader.db.close();
  writer.close();
  rmSync(data, { recursive: true, force: true });
});
