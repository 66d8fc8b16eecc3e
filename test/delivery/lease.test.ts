import { expect, it } from 'vitest';
import { createDelivery } from '../../src/delivery/create-delivery.ts';
import type { Delivery, Destination } from '../../src/delivery/delivery.ts';
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
