import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, it, vi } from 'vitest';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { systemClock } from '../../src/delivery/clock.ts';
import { createDelivery } from '../../src/delivery/create-delivery.ts';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { dropRecords, spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { Overflow } from '../../src/delivery/spool/overflow.ts';
import { SpoolFile } from '../../src/delivery/spool/spool-file.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import { emptyDirectory, keys, linesTo } from './support/lines.ts';
import { ScriptedVendor } from './support/scripted-vendor.ts';

const MIB = 1 << 20;
/** Nobody has this number: Linux gives none above 4,194,304. */
const GONE = `${systemClock.boot} 999999999 1 gone`;

const overflowsIn = (dir: string): string[] => readdirSync(dir).filter((name) => name.endsWith('.overflow'));

function framesOf(names: readonly string[]): Buffer {
  const records = names.map((key) => ({
    destination: 'vendor',
    key,
    orderKey: undefined,
    created: 1_700_000_000_000,
    body: Buffer.from(`${key} text`),
  }));
  const bytes = Buffer.alloc(records.reduce((sum, record) => sum + frameBytes(record), 0));
  // As the main thread marks what it means to send itself: the process that takes it over does not.
  const end = records.reduce((start, record) => writeFrame(bytes, start, record, true), 0);
  return bytes.subarray(0, end + 1);
}

it('loses nothing of a burst in one turn, and leaves no file behind', async () => {
  const vendor = await ScriptedVendor.start();
  const dir = emptyDirectory();
  const delivery = createDelivery(linesTo(vendor.url, { maxBatchRecords: 512, maxBatchBytes: 4 * MIB }), {
    spool: { dir, durability: 'batch', maxBytes: 256 * MIB },
  });
  const names = keys(20_000);
  for (const key of names) delivery.enqueue({ key, body: Buffer.alloc(2_000, `${key} text `) });
  // The disk cannot have followed, and memory has no place for all of it.
  const [overflow = ''] = overflowsIn(dir);
  expect(statSync(join(dir, overflow)).size).toBeGreaterThan(MIB);
  expect(statSync(join(dir, overflow)).mode & 0o777).toBe(0o600);
  await vendor.has(names.length);
  await delivery.flush();
  expect(delivery.stats()).toMatchObject({ enqueued: 20_000, delivered: 20_000, dropped: {}, spooled: 0 });
  expect(vendor.arrivals).toHaveLength(names.length);
  expect(overflowsIn(dir)).toEqual([]);
  await delivery.shutdown();
  await vendor.stop();
});

it('keeps what a shutdown has no time for, and counts it as waiting', async () => {
  const dir = emptyDirectory();
  const delivery = createDelivery(linesTo('http://127.0.0.1:9/'), {
    spool: { dir, durability: 'batch', maxBytes: 256 * MIB },
  });
  for (const key of keys(20_000)) delivery.enqueue({ key, body: Buffer.alloc(2_000, `${key} text `) });
  await delivery.shutdown(0);
  expect(delivery.stats()).toMatchObject({ enqueued: 20_000, dropped: {}, spooled: 20_000 });
  expect(overflowsIn(dir)).toHaveLength(1);
});

it('takes over what a killed process had not come to commit, once, and counts what was altered', () => {
  const dir = emptyDirectory();
  const left = new Overflow(dir, GONE);
  const parts = [keys(50, 'a'), keys(50, 'b'), keys(50, 'c'), keys(50, 'd')];
  const places = parts.map((part) => left.keep(framesOf(part)));
  // The first was committed before the end.
  if (places[0]) left.free(places[0]);
  left.close();
  const [name = ''] = overflowsIn(dir);
  const file = openSync(join(dir, name), 'r+');
  const size = statSync(join(dir, name)).size;
  const bytes = Buffer.alloc(size);
  readSync(file, bytes, 0, size, 0);
  const at = bytes.indexOf('c17 text');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeSync(file, bytes, 0, size, 0);
  closeSync(file);

  const losses: Readonly<Record<string, number>>[] = [];
  const options = { dir, maxBytes: 64 * MIB, isChecking: true, report: () => {} };
  const next = new SpoolFile({ ...options, onLost: (lost) => losses.push(lost) });
  next.commit(framesOf(keys(1, 'd')), []);
  while (next.adopt());
  expect(next.run((outbox) => outbox.totals())['vendor']?.records).toBe(149);
  expect(losses).toEqual([{ vendor: 1 }]);
  const { batches } = next.run((outbox) => outbox.take('vendor', { maxRecords: 512, maxBytes: MIB }));
  const bodies = batches.flatMap((batch) => batch.bodies).map((body) => Buffer.from(body).toString());
  const undamaged = keys(50, 'c').filter((key) => key !== 'c17');
  const expected = [...keys(50, 'd').slice(1), ...keys(50, 'b'), ...undamaged];
  expect([...bodies].sort(inOrder)).toEqual(expected.map((key) => `${key} text`).sort(inOrder));
  expect(overflowsIn(dir)).toEqual([]);
  next.close(true);

  function inOrder(one: string, other: string): number {
    return one.localeCompare(other, 'en', { numeric: true });
  }
});

it('forgets nothing of what a killed process left before it is committed', () => {
  const dir = emptyDirectory();
  const left = new Overflow(dir, GONE);
  left.keep(framesOf(keys(50, 'a')));
  left.keep(framesOf(keys(50, 'b')));
  left.close();
  const db = findSqlite()?.(join(dir, 'spool.db'));
  db?.exec('CREATE TABLE outbox (id INTEGER PRIMARY KEY, novelty TEXT); PRAGMA user_version = 9');
  db?.close();
  const next = new SpoolFile({ dir, maxBytes: 64 * MIB, isChecking: true, report: () => {}, onLost: () => {} });
  expect(() => next.adopt()).toThrow(/another version/);
  expect(() => next.adopt()).toThrow(/another version/);
  rmSync(join(dir, 'spool.db'));
  while (next.adopt());
  expect(next.run((outbox) => outbox.totals())['vendor']?.records).toBe(100);
  next.close(true);
});

it('shows and drops what a killed process left among all that waits', () => {
  const dir = emptyDirectory();
  const file = new SpoolFile({ dir, maxBytes: 64 * MIB, isChecking: true, report: () => {}, onLost: () => {} });
  file.commit(framesOf(keys(10)), []);
  file.close(true);
  const left = new Overflow(dir, GONE);
  left.keep(framesOf(keys(50, 'a')));
  left.close();
  expect(spoolStatus(dir).destinations).toMatchObject([{ name: 'vendor', records: 60 }]);
  // The ten are lent to this process, which lives.
  expect(dropRecords(dir, { waiting: true })).toBe(50);
});

it('drops of what waits only the records with a chosen key', () => {
  const dir = emptyDirectory();
  const left = new Overflow(dir, GONE);
  const names = keys(5, 'a');
  left.keep(framesOf(names));
  left.close();
  const chosen = new Set([names[1], names[3]]);
  expect(dropRecords(dir, { waiting: true, isChosen: (key) => chosen.has(key) })).toBe(2);
  expect(spoolStatus(dir).destinations).toMatchObject([{ name: 'vendor', records: 3 }]);
  expect(dropRecords(dir, { isChosen: () => true })).toBe(0);
});

/** Of two lives: the first ends in the middle of a burst, the second delivers. */
const program = `
  import { start } from ${JSON.stringify(pathToFileURL(resolve('dist/index.js')).href)};
  const { tracerProvider } = start({ destinations: ['otlp'] });
  const tracer = tracerProvider.getTracer('test');
  const attributes = { text: 'x'.repeat(1_000) };
  if (process.argv[1] === 'burst') {
    for (let index = 0; index < 20_000; index += 1) tracer.startSpan('call', { attributes }).end();
    process.exit();
  }
  process.stdin.resume();
`;

it('loses nothing when the process exits in the middle of a burst', async () => {
  const ids: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      for (const [, id = ''] of body.matchAll(/"spanId":"(\w+)"/g)) ids.push(id);
      response.end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const env = {
    ...cleanEnvironment(),
    SPANPORT_SPOOL_DIR: emptyDirectory(),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  };
  const live = (how: string): ChildProcess =>
    spawn(process.execPath, ['--input-type=module', '--eval', program, how], {
      env,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  const burst = live('burst');
  const [warnings, ended] = await Promise.all([text(burst.stderr as Readable), once(burst, 'exit')]);
  expect([warnings, ended]).toEqual(['', [0, null]]);
  const next = live('deliver');
  await vi.waitFor(() => expect(ids.length).toBeGreaterThanOrEqual(20_000), { timeout: 60_000, interval: 100 });
  next.stdin?.end();
  await once(next, 'exit');
  expect(new Set(ids).size).toBe(20_000);
  expect(ids).toHaveLength(20_000);
  server.close();
});
