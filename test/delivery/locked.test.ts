import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, vi } from 'vitest';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { isHealthy } from '../../src/delivery/spool/salvage.ts';
import { untilFree } from '../../src/delivery/spool/until-free.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import { emptyDirectory } from './support/lines.ts';

/** Ends one span, which creates the file; then others while the test holds its lock; then itself, in one of the ways. */
const program = `
  import { once } from 'node:events';
  import { start } from ${JSON.stringify(pathToFileURL(resolve('dist/index.js')).href)};
  const handle = start({ destinations: ['otlp'], shutdownTimeoutMillis: 500 });
  const tracer = handle.tracerProvider.getTracer('test');
  const attributes = { text: 'x'.repeat(20_000) };
  tracer.startSpan('first').end();
  await once(process.stdin, 'data');
  for (let index = 0; index < 60; index += 1) tracer.startSpan('call', { attributes }).end();
  const ending = process.argv[1];
  if (ending.endsWith('later')) await once(process.stdin, 'data');
  if (ending.startsWith('shutdown')) await handle.shutdown();
  if (ending === 'signal') process.kill(process.pid, 'SIGTERM');
  else process.exit(0);
`;

function run(dir: string, ending: string, durability: string): ChildProcessWithoutNullStreams {
  const env = {
    ...cleanEnvironment(),
    SPANPORT_SPOOL_DIR: dir,
    SPANPORT_DURABILITY: durability,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  };
  return spawn(process.execPath, ['--input-type=module', '--eval', program, ending], { env });
}

it.each([
  ['exit', 'batch', [0, null]],
  // The writing thread has given up by then, and the records wait in memory.
  ['exit later', 'batch', [0, null]],
  ['exit', 'sync', [0, null]],
  ['shutdown', 'batch', [0, null]],
  ['signal', 'batch', [null, 'SIGTERM']],
])(
  'a process that ends while another one holds the lock of the spool loses nothing: %s, %s',
  async (ending, durability, status) => {
    const dir = emptyDirectory();
    const child = run(dir, ending, durability);
    const exit = once(child, 'exit');
    let warnings = '';
    child.stderr.on('data', (part) => {
      warnings += part;
    });
    const records = (count: number): unknown => [expect.objectContaining({ name: 'otlp', records: count })];
    await vi.waitFor(() => expect(spoolStatus(dir).destinations).toEqual(records(1)), 60_000);
    const other = findSqlite()?.(join(dir, 'spool.db'));
    other?.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
    child.stdin.write('go');
    if (ending === 'exit later') await vi.waitFor(() => expect(warnings).toContain('accepts no records'), 60_000);
    child.stdin.end('go');
    expect(await exit).toEqual(status);
    other?.exec('ROLLBACK');
    other?.close();
    expect(spoolStatus(dir).destinations).toEqual(records(61));
  },
);

it.each([
  ['exit', 'batch'],
  ['exit', 'sync'],
  // The writing thread has given up by then, and the records wait in memory.
  ['exit later', 'batch'],
  ['exit later', 'sync'],
  ['shutdown later', 'batch'],
  ['shutdown later', 'sync'],
])(
  'a process whose spool belongs to another version leaves all records next to it: %s, %s',
  async (ending, durability) => {
    const dir = emptyDirectory();
    const file = join(dir, 'spool.db');
    const other = findSqlite()?.(file);
    other?.exec('CREATE TABLE outbox (id INTEGER PRIMARY KEY, novelty TEXT); PRAGMA user_version = 9');
    other?.close();
    const child = run(dir, ending, durability);
    const exit = once(child, 'exit');
    let warnings = '';
    child.stderr.on('data', (part) => {
      warnings += part;
    });
    child.stdin.write('go');
    if (ending.endsWith('later')) await vi.waitFor(() => expect(warnings).toContain('accepts no records'), 60_000);
    child.stdin.end('go');
    expect(await exit).toEqual([0, null]);
    for (const part of ['', '-wal', '-shm']) rmSync(file + part, { force: true });
    expect(spoolStatus(dir).destinations).toEqual([expect.objectContaining({ name: 'otlp', records: 61 })]);
  },
);

it('a file is not taken for damaged because another connection holds its lock', () => {
  const file = join(emptyDirectory(), 'spool.db');
  const [one, other] = [findSqlite()?.(file), findSqlite()?.(file)];
  if (!one || !other) throw new Error('no SQLite');
  other.exec('CREATE TABLE outbox (id INTEGER PRIMARY KEY); BEGIN EXCLUSIVE');
  one.exec('PRAGMA busy_timeout = 0');
  expect(() => isHealthy(one)).toThrow(/database is locked/);
  other.exec('COMMIT');
  expect(isHealthy(one)).toBe(true);
  one.close();
  other.close();
});

it('the writing thread waits for the lock in several attempts, up to five seconds', () => {
  const locked = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
  let attempts = 0;
  let time = 0;
  const attempt = (isFreeAt: number): number => {
    attempts += 1;
    time += 1_000;
    if (time < isFreeAt) throw locked;
    return attempts;
  };
  expect(
    untilFree(
      () => attempt(3_000),
      () => time,
    ),
  ).toBe(3);
  time = 0;
  attempts = 0;
  expect(() =>
    untilFree(
      () => attempt(60_000),
      () => time,
    ),
  ).toThrow(locked);
  expect(attempts).toBe(5);
  expect(() =>
    untilFree(() => {
      attempts += 1;
      throw new Error('disk I/O error');
    }),
  ).toThrow('disk I/O error');
  expect(attempts).toBe(6);
});
