import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/delivery/clock.ts';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { Overflow } from '../../src/delivery/spool/overflow.ts';
import { isDead } from '../../src/delivery/spool/owner.ts';
import { SpoolFile } from '../../src/delivery/spool/spool-file.ts';
import { emptyDirectory, keys } from './support/lines.ts';

const OLD_PROCESS = '4242 17 5f6f0f5e-5d0e-4f44-9e3f-6a1d4d2d9d3e';
const OLD_OWNER = `host/first ${OLD_PROCESS}`;

function framesOf(names: readonly string[]): Buffer {
  const records = names.map((key) => ({ destination: 'vendor', key, created: 1, body: Buffer.from(`${key} text`) }));
  const bytes = Buffer.alloc(records.reduce((sum, record) => sum + frameBytes(record), 0) + 1);
  return bytes.subarray(
    0,
    records.reduce((end, record) => writeFrame(bytes, end, record, false), 0),
  );
}

/** The file as a process of this boot sees it. */
function open(dir: string, boot: string, lost: Record<string, number>[]): SpoolFile {
  const clock: Clock = { ...systemClock, boot };
  return new SpoolFile({
    dir,
    maxBytes: 64 << 20,
    clock,
    isChecking: true,
    report: () => {},
    onLost: (counts) => lost.push({ ...counts }),
  });
}

const marksIn = (dir: string): string[] => readdirSync(dir).filter((name) => name.endsWith('.mark'));

it('after a reboot, records that the power cut has cost are counted, and nothing of the processes before stays', () => {
  const dir = emptyDirectory();
  const mark = join(dir, '5f6f0f5e-5d0e-4f44-9e3f-6a1d4d2d9d3e.mark');
  writeFileSync(mark, `${OLD_OWNER}\n{"vendor":{"committed":7,"removed":2}}`);
  const left = new Overflow(dir, OLD_OWNER);
  left.keep(Buffer.concat([framesOf(keys(3)), Buffer.alloc(1)]));
  left.close();

  const lost: Record<string, number>[] = [];
  const file = open(dir, 'host/second', lost);
  while (file.adopt());
  expect(lost).toEqual([{ vendor: 5 }]);
  expect(file.run((outbox) => outbox.totals())['vendor']?.records).toBe(3);
  file.close(true);
  expect(readdirSync(dir).filter((name) => !name.startsWith('spool.db'))).toEqual([]);
});

it('after a reboot, the ledger forgets the processes before once their records are gone', () => {
  const dir = emptyDirectory();
  const lost: Record<string, number>[] = [];
  const before = open(dir, 'host/first', lost);
  before.commit(framesOf(keys(4)), []);
  before.close(false);
  const file = open(dir, 'host/second', lost);
  const { batches } = file.run((outbox) => outbox.take('vendor', { maxRecords: 10, maxBytes: 1 << 20 }));
  expect(batches.flatMap((batch) => batch.keys)).toEqual(keys(4));
  const ids = batches.flatMap((batch) => batch.ids);
  file.commit(Buffer.alloc(0), [{ outcome: 'delivered', destination: 'vendor', ids }]);
  file.close(false);
  const next = open(dir, 'host/third', lost);
  expect(next.run((outbox) => outbox.totals())).toEqual({});
  expect(lost).toEqual([]);
  next.close(true);
  expect(marksIn(dir)).toEqual([]);
});

it.each([
  ['an earlier boot of this machine', `host/first ${OLD_PROCESS}`, true],
  ['another machine', `other/first ${OLD_PROCESS}`, false],
  ['another machine whose name begins alike', `host2/first ${OLD_PROCESS}`, false],
  ['a system that names no boots', `host ${OLD_PROCESS}`, false],
])('whether a process is certainly dead: %s', (_, owner, isGone) => {
  expect(isDead(owner, 'host/second 1 1 self')).toBe(isGone);
});
