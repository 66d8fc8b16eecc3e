import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/delivery/clock.ts';
import { createDelivery } from '../../src/delivery/create-delivery.ts';
import type { Delivery, Destination } from '../../src/delivery/delivery.ts';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { SpoolFile } from '../../src/delivery/spool/spool-file.ts';
import { emptyDirectory, enqueue, linesTo } from './support/lines.ts';
import { SimulatedClock, writerOn } from './support/simulated-time.ts';

const SECOND = 1_000;

/** A destination whose requests may take 200 s, and one with the default of 30 s, on one spool. */
function open(clock: SimulatedClock, dir: string, over: Partial<Destination>, answerMillis: number) {
  const asked: string[] = [];
  const deliveryOf = (destination: Destination, timeoutMillis: number | undefined): Delivery =>
    createDelivery(destination, {
      clock,
      spool: { dir, durability: 'batch', maxBytes: 1 << 20 },
      startWriter: writerOn(clock),
      connection: { timeoutMillis },
      transport: ({ method, body }) => {
        asked.push(`${method} ${String(body).split(' ')[0]}`);
        return new Promise((resolve) =>
          clock.after(answerMillis, () => resolve({ status: 200, headers: {}, body: '' })),
        );
      },
    });
  const slow = deliveryOf(linesTo('http://vendor.invalid/', over), 200 * SECOND);
  const quick = deliveryOf(linesTo('http://quick.invalid/', { name: 'quick' }), undefined);
  return { asked, slow, quick };
}

const coalesce: Destination['coalesce'] = (_, waiting) => Buffer.concat(waiting);
const coalescing: Partial<Destination> = {
  coalesce,
  remote: {
    request: () => ({ method: 'GET', url: 'http://vendor.invalid/', headers: {}, body: 'state' }),
    state: () => undefined,
  },
};

it.each<[string, Partial<Destination>, number, string[]]>([
  ['one request', { coalesce }, 190, ['POST k0']],
  ['a request after one that fetches the state', coalescing, 195, ['GET state', 'POST k0']],
])('a record is not sent again while its request may still be answered: %s', async (_, over, seconds, requests) => {
  const clock = new SimulatedClock();
  const { asked, slow, quick } = open(clock, emptyDirectory(), over, seconds * SECOND);
  enqueue(slow, ['k0'], 'conversation');
  await clock.pass(600 * SECOND);
  expect(asked).toEqual(requests);
  expect(slow.stats()).toMatchObject({ delivered: 1, retried: 0, spooled: 0 });
  await Promise.all([clock.until(slow.shutdown()), clock.until(quick.shutdown())]);
});

it('a record of an earlier process is not sent again either', async () => {
  const clock = new SimulatedClock();
  const dir = emptyDirectory();
  const first = open(clock, dir, {}, 3_600 * SECOND);
  enqueue(first.slow, ['k0']);
  await clock.pass(SECOND);
  await Promise.all([clock.until(first.slow.shutdown(100)), clock.until(first.quick.shutdown(100))]);
  const next = open(clock, dir, {}, 190 * SECOND);
  await clock.pass(600 * SECOND);
  expect(next.asked).toEqual(['POST k0']);
  expect(next.slow.stats()).toMatchObject({ delivered: 1, retried: 0, spooled: 0 });
  await Promise.all([clock.until(next.slow.shutdown()), clock.until(next.quick.shutdown())]);
});

it.each([
  ['its process is gone', 'here/earlier 1 1 other', ['k0']],
  ['another process, which may have set it, uses the spool', 'elsewhere/now 1 1 other', []],
])('which records the next start sends in spite of a stored delay: %s', (_, owner, free) => {
  const dir = emptyDirectory();
  const open = (): SpoolFile =>
    new SpoolFile({ dir, maxBytes: 1 << 20, clock, isChecking: true, report: () => {}, onLost: () => {} });
  const clock = { ...systemClock, boot: 'here/now' };
  const record = { destination: 'vendor', key: 'k0', created: 1, body: Buffer.from('k0 text') };
  const frames = Buffer.alloc(frameBytes(record));
  const limits = { maxRecords: 10, maxBytes: 1 << 20 };
  const before = open();
  before.commit(frames.subarray(0, writeFrame(frames, 0, record, false)), []);
  const [batch] = before.run((outbox) => outbox.take('vendor', limits)).batches;
  const delayed = { outcome: 'waiting', destination: 'vendor', ids: batch?.ids ?? [], isAttempt: false } as const;
  before.commit(Buffer.alloc(0), [{ ...delayed, delayMillis: 900 * SECOND }]);
  before.close(true);
  // The mark of a process is there while it lives, and after a hard exit.
  writeFileSync(join(dir, 'other.mark'), `${owner}\n{}`);
  const next = open();
  const { batches } = next.run((outbox) => outbox.take('vendor', limits));
  expect(batches.flatMap((each) => each.keys)).toEqual(free);
  next.close(true);
});
