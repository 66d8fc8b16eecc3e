import { expect, it } from 'vitest';
import type { Answer, Destination } from '../../src/delivery/delivery.ts';
import { emptyDirectory, keys } from './support/lines.ts';
import { HOUR, MIB, SECOND, spoolModes, world } from './support/world.ts';

const refusesKey = (): Partial<Destination> => ({
  concurrency: 1,
  outcome: ({ status }) => (status < 300 ? { status: 'delivered' } : { status: 'blocked', reason: `HTTP ${status}` }),
});

it('a destination that refuses the key is tried again after a growing pause, and its records are kept', async () => {
  for (const mode of spoolModes) {
    const reports: string[] = [];
    const spool = mode && { dir: emptyDirectory(), maxBytes: MIB, durability: mode };
    const made = world(spool, refusesKey(), reports);
    const { clock, delivery, asked, taken } = made;
    made.answer = () => ({ status: 401 });
    for (const key of keys(3)) delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
    await clock.pass(SECOND);
    // Neither a flush nor another record ends the pause.
    expect(await clock.until(delivery.flush())).toMatchObject({ waiting: 3 });
    delivery.enqueue({ key: 'k3', body: Buffer.from('k3 text') });
    await clock.pass(SECOND / 2);
    expect(asked).toHaveLength(1);
    await clock.pass(10 * HOUR);
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    const bounds = [5, 10, 20, 40, 80, 160, 320, 640].map((seconds) => seconds * SECOND);
    for (const [index, pause] of pauses.entries()) {
      const bound = bounds[index] ?? 900 * SECOND;
      expect(pause).toBeGreaterThanOrEqual(bound / 2);
      expect(pause).toBeLessThanOrEqual(bound + 2 * SECOND);
    }
    expect(pauses.length).toBeGreaterThan(40);
    const stopped = 'vendor is stopped, its records are kept and tried again later: HTTP 401';
    expect(reports).toEqual([stopped]);
    expect(delivery.stats()).toMatchObject({ delivered: 0, rejected: 0, retried: 0, dropped: {} });

    made.answer = () => ({});
    await clock.pass(HOUR / 4 + 5 * SECOND);
    expect(taken.sort()).toEqual(keys(4));
    expect(reports).toEqual([stopped, 'vendor accepts requests again']);
    expect(delivery.stats()).toMatchObject({ delivered: 4, rejected: 0, dropped: {} });
    await clock.until(delivery.shutdown());
  }
});

it.each([1, 16])(
  'a record that is refused like a wrong key holds up no others: %i in a request',
  async (maxBatchRecords) => {
    for (const mode of spoolModes) {
      const spool = mode && { dir: emptyDirectory(), maxBytes: MIB, durability: mode };
      const made = world(spool, { ...refusesKey(), maxBatchRecords });
      const { clock, delivery, asked, bodies } = made;
      // A firewall in front of the destination takes it for an attack.
      made.answer = () => ({ status: bodies.at(-1)?.includes('DROP TABLE') ? 403 : 200 });
      delivery.enqueue({ key: 'k0', body: Buffer.from('k0 DROP TABLE') });
      for (const key of keys(40).slice(1)) {
        delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
        await clock.pass(30 * SECOND);
      }
      await clock.pass(HOUR);
      expect(delivery.stats()).toMatchObject({ delivered: 39, rejected: 1, dropped: {} });
      expect(delivery.stats().spooled + delivery.stats().inMemory).toBe(0);
      expect(asked.length).toBeLessThan(100);
      await clock.until(delivery.shutdown());
    }
  },
);

it('nor does it when the application flushes all the time', async () => {
  for (const mode of spoolModes) {
    const made = world(mode && { dir: emptyDirectory(), maxBytes: MIB, durability: mode }, refusesKey());
    const { clock, delivery, bodies } = made;
    made.answer = () => ({ status: bodies.at(-1)?.includes('DROP TABLE') ? 403 : 200 });
    delivery.enqueue({ key: 'k0', body: Buffer.from('k0 DROP TABLE') });
    for (const key of keys(100).slice(1)) {
      delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
      await clock.until(delivery.flush(SECOND));
      await clock.pass(2 * SECOND);
    }
    await clock.pass(30 * SECOND);
    expect(delivery.stats()).toMatchObject({ delivered: 99, rejected: 1, dropped: {} });
    await clock.until(delivery.shutdown());
  }
});

it('a record that is refused in a request with others is found, and those are delivered soon', async () => {
  for (const mode of spoolModes) {
    const spool = mode && { dir: emptyDirectory(), maxBytes: MIB, durability: mode };
    const rejected: string[] = [];
    const made = world(spool, { ...refusesKey(), maxBatchRecords: 64 });
    const { clock, delivery, bodies } = made;
    made.answer = () => ({ status: bodies.at(-1)?.includes('DROP TABLE') ? 403 : 200 });
    for (const key of keys(64)) {
      const body = Buffer.from(`${key} ${key === 'k40' ? 'DROP TABLE' : 'text'}`);
      delivery.enqueue({ key, body }, { settled: ({ status }) => status === 'rejected' && rejected.push(key) });
    }
    await clock.pass(2 * 60 * SECOND);
    expect(delivery.stats()).toMatchObject({ delivered: 63, dropped: {} });
    // Others that come later show that the key is right.
    for (const key of keys(40, 'later')) {
      delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
      await clock.pass(30 * SECOND);
    }
    await clock.pass(HOUR);
    expect(delivery.stats()).toMatchObject({ delivered: 103, rejected: 1, dropped: {} });
    expect(rejected).toEqual(['k40']);
    await clock.until(delivery.shutdown());
  }
});

it('an answer that says nothing about the key does not make a record look guilty of its refusal', async () => {
  const outcome = ({ status }: Answer): ReturnType<Destination['outcome']> => {
    if (status === 400) return { status: 'rejected', reason: 'HTTP 400' };
    return status < 300 ? { status: 'delivered' } : { status: 'blocked', reason: `HTTP ${status}` };
  };
  for (const mode of spoolModes) {
    const spool = mode && { dir: emptyDirectory(), maxBytes: MIB, durability: mode };
    const made = world(spool, { ...refusesKey(), outcome });
    const { clock, delivery, taken, bodies } = made;
    made.answer = () => ({ status: bodies.at(-1)?.includes('malformed') ? 400 : 401 });
    delivery.enqueue({ key: 'k0', body: Buffer.from('k0 text') });
    for (const key of keys(20, 'bad')) {
      delivery.enqueue({ key, body: Buffer.from(`${key} malformed`) });
      await clock.pass(HOUR);
    }
    expect(delivery.stats()).toMatchObject({ delivered: 0, rejected: 20 });
    made.answer = () => ({});
    await clock.pass(HOUR);
    expect(taken).toEqual(['k0']);
    await clock.until(delivery.shutdown());
  }
});

it('a flush sends again to a destination whose pause for a refused key is over', async () => {
  const made = world(undefined, refusesKey());
  const { clock, delivery, taken } = made;
  made.answer = () => ({ status: 403 });
  delivery.enqueue({ key: 'k0', body: Buffer.from('k0 text') });
  expect(await clock.until(delivery.flush())).toMatchObject({ waiting: 1 });
  made.answer = () => ({});
  await clock.pass(6 * SECOND);
  expect(await clock.until(delivery.flush())).toMatchObject({ waiting: 0 });
  expect(taken).toEqual(['k0']);
});

it('in memory, what a destination with a refused key cannot take is bounded and counted', async () => {
  const made = world(undefined, refusesKey());
  const { clock, delivery, taken } = made;
  made.answer = () => ({ status: 401 });
  for (const key of keys(20_005)) delivery.enqueue({ key, body: Buffer.from(`${key} text`) });
  await clock.pass(HOUR);
  expect(delivery.stats()).toMatchObject({ dropped: { queue_full: 5 }, inMemory: 20_000 });
  made.answer = () => ({});
  await clock.pass(HOUR);
  expect(delivery.stats()).toMatchObject({ enqueued: 20_005, delivered: 20_000, inMemory: 0 });
  // The oldest went.
  expect(new Set(taken)).toEqual(new Set(keys(20_005).slice(5)));
  await clock.until(delivery.shutdown());
});
