import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/delivery/clock.ts';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { SpoolFile } from '../../src/delivery/spool/spool-file.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import { emptyDirectory } from './support/lines.ts';

const COUNT = 300;
const DELIVERED = 20;
/** Process id, start and random part of an owner. No process has this id: it is the maximum of Linux. */
const DEAD_PROCESS = '4194303 1 5f6f0f5e-5d0e-4f44-9e3f-6a1d4d2d9d3e';
/** Maximum number of records that one flipped bit may cost. */
const MAX_LOST = 25;

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

/** @param onLost called with a number of records that were lost */
function open(dir: string, onLost: (count: number) => void = () => {}): SpoolFile {
  return new SpoolFile({
    dir,
    maxBytes: 64 << 20,
    isChecking: true,
    report: () => {},
    onLost: (lost) => onLost(Object.values(lost).reduce((sum, count) => sum + count, 0)),
  });
}

/**
 * The files of a process that was killed, which are mostly its log, or those of one that ended, whose log is empty. Both
 * have leases of a process that is dead.
 */
function leave(isClean: boolean): Map<string, Buffer> {
  const dir = emptyDirectory();
  const file = open(dir);
  for (let at = 0; at < COUNT; at += 50) {
    const { ids } = file.commit(frames(at, at + 50), []);
    expect(ids).toHaveLength(50);
  }
  const { batches } = file.run((outbox) => outbox.take('vendor', { maxRecords: 1, maxBytes: 1 << 20 }));
  const ids = batches.slice(0, DELIVERED).flatMap((batch) => batch.ids);
  file.commit(Buffer.alloc(0), [{ outcome: 'delivered', destination: 'vendor', ids }]);
  if (isClean) {
    file.close(true);
    leaveLeases(join(dir, 'spool.db'));
  }
  const files = new Map(
    readdirSync(dir)
      .filter((name) => name.startsWith('spool.db') && !name.endsWith('-shm'))
      .map((name) => [name, readFileSync(join(dir, name))]),
  );
  if (!isClean) file.close(true);
  return files;
}

/** Makes the leases those of a process that is dead, and empties the log. */
function leaveLeases(path: string): void {
  const db = findSqlite()?.(path);
  const owner = `${systemClock.boot} ${DEAD_PROCESS}`;
  const changes = db?.prepare('UPDATE loan SET owner = ? WHERE owner IS NOT NULL').run(owner).changes;
  expect(changes).toBeGreaterThan(200);
  db?.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  db?.close();
}

/** Delivers every record, at least once. `damaged` counts records that could not be read. */
function drain(file: SpoolFile): { readonly bodies: ReadonlySet<string>; readonly damaged: number } {
  const bodies = new Set<string>();
  let count = 0;
  // Leases of this process, in the files of the killed one.
  file.run((outbox) => outbox.releaseAbandoned(true));
  for (;;) {
    const { batches, damaged } = file.run((outbox) => outbox.take('vendor', { maxRecords: 1, maxBytes: 1 << 20 }));
    if (batches.length === 0 && damaged.length === 0) return { bodies, damaged: count };
    count += damaged.length;
    for (const { bodies: each } of batches) for (const body of each) bodies.add(Buffer.from(body).toString());
    const ids = batches.flatMap((batch) => batch.ids);
    file.commit(Buffer.alloc(0), [{ outcome: 'delivered', destination: 'vendor', ids }]);
  }
}

it.each([
  ['was killed', false],
  ['ended well', true],
])(
  'a bit that flips after the process %s costs at most 25 records, which are counted, and alters none',
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
          let lost = 0;
          const file = open(dir, (count) => {
            lost += count;
          });
          const { bodies, damaged } = drain(file);
          for (const body of bodies) expect(expected.has(body)).toBe(true);
          expect(bodies.size).toBeGreaterThanOrEqual(COUNT - DELIVERED - MAX_LOST);
          expect(COUNT - DELIVERED - bodies.size).toBe(damaged + lost);
          file.close(true);
        },
      ),
      { numRuns: 150 },
    );
  },
);

it('a bit that flips in the owner of a lease hides no record', () => {
  const bytes = leave(true).get('spool.db') ?? Buffer.alloc(0);
  const { length } = systemClock.boot;
  const owner = `${systemClock.boot} ${DEAD_PROCESS}`;
  // In the boot and before, inside and behind the process id. The highest bit makes the text invalid UTF-8.
  for (const offset of [0, length - 1, length, length + 3, owner.indexOf(' 1 ')])
    for (const bit of [0, 3, 7]) {
      const dir = emptyDirectory();
      const harmed = Buffer.from(bytes);
      const at = harmed.indexOf(owner) + offset;
      harmed.writeUInt8(harmed.readUInt8(at) ^ (1 << bit), at);
      writeFileSync(join(dir, 'spool.db'), harmed);
      const file = open(dir);
      expect(drain(file).bodies.size).toBe(COUNT - DELIVERED);
      file.close(true);
    }
});

it.each([
  // The header of a row: its id is null, its destination a text of 6 bytes, its ledger the number 1.
  ['makes a blob of a destination', [0, 0x19], 1, 0x18],
  ['assigns a record to a ledger that does not exist', [5, 9], 1, 8],
] as const)('a bit that %s loses no record and counts none', (_, header, offset, byte) => {
  const bytes = leave(true).get('spool.db') ?? Buffer.alloc(0);
  const dir = emptyDirectory();
  const harmed = Buffer.from(bytes);
  harmed.writeUInt8(byte, harmed.lastIndexOf(Buffer.from(header), harmed.indexOf('vendork251')) + offset);
  writeFileSync(join(dir, 'spool.db'), harmed);
  let lost = 0;
  const file = open(dir, (count) => {
    lost += count;
  });
  expect(drain(file).bodies.size).toBe(COUNT - DELIVERED);
  expect(lost).toBe(0);
  file.close(true);
});

it('a bit that flips in an index hides no record', () => {
  const bytes = leave(true).get('spool.db') ?? Buffer.alloc(0);
  const dir = emptyDirectory();
  const harmed = Buffer.from(bytes);
  // Entries of the index on destination and id, in the order of a page from its end.
  const at = harmed.indexOf(Buffer.from('vendoryy\f\u0004\u0019\u0001\u0001vendor', 'latin1')) + 13;
  expect(at).toBeGreaterThan(13);
  harmed.writeUInt8(harmed.readUInt8(at) ^ 8, at);
  writeFileSync(join(dir, 'spool.db'), harmed);
  const file = open(dir);
  expect(drain(file).bodies.size).toBe(COUNT - DELIVERED);
  file.close(true);
});

it('a text that is not valid UTF-8 any more ends no process, in any place', () => {
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
    expect(drain(file).bodies.size).toBeGreaterThanOrEqual(COUNT - DELIVERED - MAX_LOST);
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
