import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { SpoolFile } from '../../src/delivery/spool/spool-file.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import { emptyDirectory } from './support/lines.ts';

const COUNT = 300;
/** The most that one flipped bit may cost. */
const MOST_LOST = 25;

function frames(from: number, to: number): Buffer {
  const records = Array.from({ length: to - from }, (_, index) => ({
    destination: 'vendor',
    key: `k${from + index}`,
    orderKey: undefined,
    created: 1_700_000_000_000,
    // Some spill into pages of their own.
    body: Buffer.alloc(index % 20 === 0 ? 9_000 : 60, `k${from + index} `),
  }));
  const bytes = Buffer.alloc(records.reduce((sum, record) => sum + frameBytes(record), 0));
  return bytes.subarray(
    0,
    records.reduce((end, record) => writeFrame(bytes, end, record, false), 0),
  );
}

function open(dir: string): SpoolFile {
  return new SpoolFile({ dir, maxBytes: 64 << 20, isChecking: true, report: () => {}, onLost: () => {} });
}

/** The files as a killed process leaves them, or as one that ended well does. */
function leave(isClean: boolean): Map<string, Buffer> {
  const dir = emptyDirectory();
  const file = open(dir);
  for (let at = 0; at < COUNT; at += 50) {
    const { ids } = file.commit(frames(at, at + 50), []);
    expect(ids).toHaveLength(50);
  }
  const { batches } = file.run((outbox) => outbox.take('vendor', { maxRecords: 1, maxBytes: 1 << 20 }));
  const ids = batches.slice(0, 20).flatMap((batch) => batch.ids);
  file.commit(Buffer.alloc(0), [{ outcome: 'delivered', destination: 'vendor', ids }]);
  if (isClean) file.close(true);
  const files = new Map(
    readdirSync(dir)
      .filter((name) => name.startsWith('spool.db') && !name.endsWith('-shm'))
      .map((name) => [name, readFileSync(join(dir, name))]),
  );
  if (!isClean) file.close(true);
  return files;
}

function bodiesIn(file: SpoolFile): string[] {
  const bodies: string[] = [];
  // What the process had under way: it goes by the same name as this one.
  file.run((outbox) => outbox.releaseAbandoned(true));
  for (;;) {
    const { batches, damaged } = file.run((outbox) => outbox.take('vendor', { maxRecords: 1, maxBytes: 1 << 20 }));
    if (batches.length === 0 && damaged.length === 0) return bodies;
    for (const { bodies: each } of batches) bodies.push(...each.map((body) => Buffer.from(body).toString()));
  }
}

it.each([
  ['was killed', false],
  ['ended well', true],
])(
  'a bit that flips after the process %s costs 25 records at the most, and alters none',
  (_name, isClean) => {
    const files = leave(isClean);
    const spots = [...files].map(([name, bytes]) => ({ name, bytes }));
    const expected = new Set(
      Array.from({ length: COUNT }, (_, index) => `k${index} `).map((text, index) =>
        Buffer.alloc((index % 50) % 20 === 0 ? 9_000 : 60, text).toString(),
      ),
    );
    fc.assert(
      fc.property(
        fc.nat(spots.length - 1),
        // Half of them in the first page, where most depends on a bit.
        fc.oneof(fc.nat(4_095), fc.nat(10_000_000)),
        fc.nat(7),
        (which, place, bit) => {
          const dir = emptyDirectory();
          for (const [name, bytes] of files) writeFileSync(join(dir, name), bytes);
          const spot = spots[which];
          if (!spot) return;
          const bytes = Buffer.from(spot.bytes);
          const at = place % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          writeFileSync(join(dir, spot.name), bytes);
          const file = open(dir);
          const bodies = bodiesIn(file);
          for (const body of bodies) expect(expected.has(body)).toBe(true);
          expect(new Set(bodies).size).toBe(bodies.length);
          expect(bodies.length).toBeGreaterThanOrEqual(COUNT - 20 - MOST_LOST);
          file.close(true);
        },
      ),
      { numRuns: 150 },
    );
  },
  120_000,
);

it('a text that is no UTF-8 any more ends no process, wherever it stands', () => {
  const from = emptyDirectory();
  for (const [each, bytes] of leave(true)) writeFileSync(join(from, each), bytes);
  // All of it into the database itself, where no checksum of SQLite's own covers it.
  const db = findSqlite()?.(join(from, 'spool.db'));
  db?.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  db?.close();
  const bytes = readFileSync(join(from, 'spool.db'));

  const places: number[] = [];
  // Tables and indexes by their names, the columns of rows by what they hold.
  for (const word of ['CREATE TABLE outbox', 'NOT NULL', 'outbox_queue', 'vendork', 'vendor'])
    for (let at = bytes.indexOf(word), found = 0; at >= 0 && found < 6; at = bytes.indexOf(word, at + 1), found += 1)
      places.push(at);
  expect(places.length).toBeGreaterThan(15);
  for (const at of places) {
    const dir = emptyDirectory();
    const harmed = Buffer.from(bytes);
    harmed.writeUInt8(harmed.readUInt8(at) ^ 0x80, at);
    writeFileSync(join(dir, 'spool.db'), harmed);
    const file = open(dir);
    expect(bodiesIn(file).length).toBeGreaterThanOrEqual(COUNT - 20 - MOST_LOST);
    file.close(true);
  }
});

it('leaves the file of a newer version alone, and says so', () => {
  const dir = emptyDirectory();
  const path = join(dir, 'spool.db');
  const db = findSqlite()?.(path);
  db?.exec('CREATE TABLE outbox (id INTEGER PRIMARY KEY, novelty TEXT); PRAGMA user_version = 9');
  db?.close();
  const before = readFileSync(path);
  expect(() => open(dir).commit(frames(0, 1), [])).toThrow(/another version of spanport \(9\)/);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(dir)).toEqual(['spool.db']);
});
