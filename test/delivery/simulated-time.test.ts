import { expect, it } from 'vitest';
import type { Answer, DeliveryStats, Destination } from '../../src/delivery/delivery.ts';
import { emptyDirectory, keys } from './support/lines.ts';
import type { SimulatedClock } from './support/simulated-time.ts';
import { HOUR, MIB, SECOND, spoolModes, world } from './support/world.ts';

const droppedOf = ({ dropped }: DeliveryStats): number => Object.values(dropped).reduce((sum, each) => sum + each, 0);

it.each<[string, (() => string) | undefined, string]>([
  ['on disk, 64 MiB', emptyDirectory, 'spool_full'],
  ['in memory', undefined, 'queue_full'],
])('after six hours without the vendor the books balance: %s', async (_name, dir, reason) => {
  const made = world(dir && { dir: dir(), maxBytes: 64 * MIB });
  const { clock, delivery, taken } = made;
  made.answer = () => 'nothing';
  let count = 0;
  for (let minute = 0; minute < 360; minute += 1) {
    for (let each = 0; each < 5; each += 1) {
      count += 1;
      delivery.enqueue({ key: `k${count}`, body: Buffer.alloc(60_000, `k${count} `) });
    }
    await clock.pass(60 * SECOND);
  }
  // A dead vendor is asked about once a minute, not by all that wait.
  expect(made.asked.length).toBeLessThan(1_000);
  const lost = droppedOf(delivery.stats());
  expect(lost).toBeGreaterThan(0);
  made.answer = () => ({});
  await clock.pass(10 * 60 * SECOND);
  const stats = delivery.stats();
  expect(stats).toMatchObject({ enqueued: 1_800, delivered: 1_800 - lost, dropped: { [reason]: lost }, spooled: 0 });
  expect(new Set(taken).size).toBe(taken.length);
  // The oldest went, but for those that were being tried.
  expect(taken).toEqual(expect.arrayContaining(keys(1_801).slice(-500)));
  await clock.until(delivery.shutdown());
});

it('sends the first records after a quiet time soon, and then a batch each 200 ms', async () => {
  const { clock, delivery, asked } = world(undefined, { maxBatchRecords: 100 });
  const start = clock.monotonic();
  // For 600 ms each 20 ms one record.
  for (const key of keys(30)) {
    delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
    await clock.pass(20);
  }
  await clock.pass(10 * SECOND);
  expect(asked.map((time) => Math.round(time - start))).toEqual([50, 250, 450, 650]);
  const later = clock.monotonic();
  delivery.enqueue({ key: 'alone', body: Buffer.from('alone text') });
  await clock.pass(SECOND);
  expect(Math.round((asked[4] ?? 0) - later)).toBe(50);
  await clock.until(delivery.shutdown());
});

it.each<[string, (() => string) | undefined]>([
  ['on disk', emptyDirectory],
  ['in memory', undefined],
])('a short outage under many requests at once is soon over: %s', async (_name, dir) => {
  const made = world(dir && { dir: dir(), maxBytes: 64 * MIB });
  const { clock, delivery, taken } = made;
  // A while later, so that as many as may be are under way together.
  made.answer = () => new Promise((_, reject) => clock.after(100, () => reject(new Error('connection reset'))));
  for (const key of keys(100)) {
    delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
    await clock.pass(10);
  }
  await clock.pass(2 * SECOND);
  made.answer = () => ({});
  await clock.pass(8 * SECOND);
  expect(new Set(taken).size).toBe(100);
  await clock.until(delivery.shutdown());
});

it.each([-1, 1])('a clock that jumps by %i h costs no wait, no order and no record', async (hours) => {
  const made = world({ dir: emptyDirectory(), maxBytes: 64 * MIB });
  const { clock, delivery, taken } = made;
  made.answer = () => 'nothing';
  for (const key of keys(3)) delivery.enqueue({ key, orderKey: 'conversation', body: Buffer.from(`${key} text`) });
  await clock.pass(5 * SECOND);
  clock.jump(hours * HOUR);
  made.answer = () => ({});
  await clock.pass(20 * SECOND);
  expect(taken).toEqual(keys(3));
  expect(delivery.stats()).toMatchObject({ delivered: 3, dropped: {}, spooled: 0 });
  await clock.until(delivery.shutdown());
});

it.each<[string, (clock: SimulatedClock) => string]>([
  ['seconds', () => '90'],
  ['a date', (clock) => new Date(clock.wall() + 90 * SECOND).toUTCString()],
])(
  'sends nothing before the time that Retry-After names in %s, flush or not, and sends soon after it',
  async (_name, header) => {
    for (const mode of spoolModes) {
      const made = world(mode && { dir: emptyDirectory(), maxBytes: MIB, durability: mode });
      const { clock, delivery, asked } = made;
      made.answer = () => ({ status: 429, headers: { 'retry-after': header(clock) } });
      delivery.enqueue({ key: 'k0', body: Buffer.from('k0 text') });
      await clock.pass(SECOND);
      const [first = 0] = asked;
      made.answer = () => ({});
      delivery.enqueue({ key: 'k1', body: Buffer.from('k1 text') });
      expect(await clock.until(delivery.flush(10 * SECOND))).toMatchObject({ waiting: 2 });
      expect(asked).toEqual([first]);
      await clock.pass(5 * 60 * SECOND);
      const waits = asked.slice(1).map((at) => at - first);
      expect(waits).toHaveLength(2);
      for (const wait of waits) {
        // A date has whole seconds.
        expect(wait).toBeGreaterThanOrEqual(89 * SECOND);
        expect(wait).toBeLessThanOrEqual(90.5 * SECOND);
      }
      await clock.until(delivery.shutdown());
    }
  },
);

it('a record that was rejected may come again', async () => {
  const outcome = ({ status }: Answer): ReturnType<Destination['outcome']> =>
    status < 300 ? { status: 'delivered' } : { status: 'rejected', reason: `HTTP ${status}` };
  for (const mode of spoolModes) {
    const made = world(mode && { dir: emptyDirectory(), maxBytes: MIB, durability: mode }, { outcome });
    const { clock, delivery, taken } = made;
    made.answer = () => ({ status: 400 });
    delivery.enqueue({ key: 'k0', body: Buffer.from('k0 text') });
    await clock.pass(SECOND);
    made.answer = () => ({});
    delivery.enqueue({ key: 'k0', body: Buffer.from('k0 again') });
    await clock.pass(SECOND);
    expect(taken).toEqual(['k0']);
    expect(delivery.stats()).toMatchObject({ delivered: 1, rejected: 1, dropped: {} });
    await clock.until(delivery.shutdown());
  }
});

it('a shutdown takes no longer than it was given, whatever hangs', async () => {
  for (const spool of [undefined, { dir: emptyDirectory(), maxBytes: MIB }]) {
    const made = world(spool);
    const { clock, delivery } = made;
    made.answer = () => new Promise(() => {});
    delivery.enqueue({ key: 'k0', body: Buffer.from('k0 text') });
    await clock.pass(SECOND);
    const began = clock.monotonic();
    await clock.until(delivery.shutdown(2 * SECOND));
    expect(clock.monotonic() - began).toBeLessThanOrEqual(2 * SECOND + 20);
  }
});

it('a record that was dropped may come again', async () => {
  const made = world();
  const { clock, delivery, taken } = made;
  made.answer = () => 'nothing';
  for (const key of keys(600)) delivery.enqueue({ key, body: Buffer.alloc(100_000, `${key} `) });
  expect(delivery.stats().dropped['queue_full']).toBeGreaterThan(0);
  made.answer = () => ({});
  await clock.pass(HOUR);
  delivery.enqueue({ key: 'k0', body: Buffer.from('k0 again') });
  await clock.pass(SECOND);
  expect(taken).toContain('k0');
  expect(delivery.stats().dropped['duplicate']).toBeUndefined();
});

it.each<[string, (() => string) | undefined]>([
  ['on disk', emptyDirectory],
  ['in memory', undefined],
])('records that come one by one go together, where a request can carry several: %s', async (_name, dir) => {
  const made = world(dir && { dir: dir(), maxBytes: 64 * MIB }, { maxBatchRecords: 100 });
  const { clock, delivery, asked } = made;
  for (const key of keys(200)) {
    delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
    await clock.pass(10);
  }
  await clock.pass(SECOND);
  expect(delivery.stats()).toMatchObject({ enqueued: 200, delivered: 200 });
  expect(asked.length).toBeLessThan(15);
  // A full request waits for nothing.
  for (const key of keys(300, 'burst')) delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
  await clock.pass(60);
  expect(delivery.stats()).toMatchObject({ delivered: 500 });
  await clock.until(delivery.shutdown());
});
