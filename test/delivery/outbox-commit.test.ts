import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Clock } from '../../src/delivery/clock.ts';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { Outbox } from '../../src/delivery/spool/outbox.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import { emptyDirectory } from './support/lines.ts';

const HOUR = 60 * 60_000;

function framesOf(keys: readonly string[]): Buffer {
  return Buffer.concat(
    keys.map((key) => {
      const record = { destination: 'd', key, created: 1, body: Buffer.from(`body of ${key}`) };
      const bytes = Buffer.alloc(frameBytes(record));
      return bytes.subarray(0, writeFrame(bytes, 0, record, false));
    }),
  );
}

function begin(): { readonly outbox: Outbox; readonly advance: (millis: number) => void } {
  const open = findSqlite();
  if (!open) throw new Error('no SQLite');
  let wall = 1_700_000_000_000;
  const clock: Clock = { monotonic: () => 0, wall: () => wall, boot: 'boot', after: () => () => {} };
  const outbox = new Outbox(open(join(emptyDirectory(), 'spool.db')), { maxBytes: 64 << 20, clock, owner: 'owner' });
  return {
    outbox,
    advance: (millis) => {
      wall += millis;
    },
  };
}

const bodiesIn = (outbox: Outbox): string[] =>
  outbox
    .take('d', { maxRecords: 256, maxBytes: 1 << 20 })
    .batches.flatMap(({ keys, bodies }) => bodies.map((body, index) => `${keys[index]}: ${Buffer.from(body)}`));

it.each([1, 3, 4, 5, 16, 21, 100])(
  'a commit of %i records stores each with its own key and body, in order',
  (count) => {
    const { outbox } = begin();
    const keys = Array.from({ length: count }, (_, index) => `k${index}`);
    expect(outbox.commit(framesOf(keys)).ids).toEqual(keys.map(() => 0));
    expect(bodiesIn(outbox)).toEqual(keys.map((key) => `${key}: body of ${key}`));
    outbox.close();
  },
);

it('a key is stored once within 24 hours, also where new and known keys come in one commit', () => {
  const { outbox, advance } = begin();
  outbox.commit(framesOf(['old']));
  advance(25 * HOUR);
  outbox.commit(framesOf(['known', 'other']));
  const { ids } = outbox.commit(framesOf(['a', 'known', 'b', 'a', 'old', 'c', 'other', 'd', 'old']));
  expect(ids).toEqual([0, -1, 0, -1, 0, 0, -1, 0, -1]);
  expect(outbox.totals()['d']?.records).toBe(8);
  expect(bodiesIn(outbox).slice(3)).toEqual(['a', 'b', 'old', 'c', 'd'].map((key) => `${key}: body of ${key}`));
  outbox.close();
});
