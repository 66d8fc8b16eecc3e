import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDelivery, type DeliveryOptions } from '../../src/delivery/create-delivery.ts';
import type { Answer, Attempt, Delivery, Destination, RecordOutcome } from '../../src/delivery/delivery.ts';
import { Receipts } from '../../src/delivery/receipts.ts';
import { emptyDirectory, keys, linesTo } from './support/lines.ts';
import { SimulatedClock, writerOn } from './support/simulated-time.ts';

type Event = readonly [key: string, what: 'stored' | RecordOutcome];

interface World {
  readonly clock: SimulatedClock;
  readonly delivery: Delivery;
  /** The outcomes that the listeners got, in order. */
  readonly events: Event[];
  readonly attempts: Attempt[];
  readonly reports: string[];
  respond: (keysInRequest: readonly string[]) => Partial<Answer> | 'no answer' | Promise<never>;
  enqueue(key: string, body?: Uint8Array, orderKey?: string): void;
}

function world(spool?: DeliveryOptions['spool'], over: Partial<Destination> = {}): World {
  const clock = new SimulatedClock();
  const events: Event[] = [];
  const attempts: Attempt[] = [];
  const reports: string[] = [];
  const delivery = createDelivery(linesTo('http://vendor.invalid/', over), {
    clock,
    ...(spool && { spool, startWriter: writerOn(clock) }),
    onAttempt: (attempt) => attempts.push(attempt),
    report: (message) => reports.push(message),
    transport: async ({ body }) => {
      const response = await made.respond(
        String(body)
          .split('\n')
          .map((line) => line.split(' ')[0] ?? ''),
      );
      if (response === 'no answer') throw new Error('connection refused');
      return { status: 200, headers: {}, body: '', ...response };
    },
  });
  const made: World = {
    clock,
    delivery,
    events,
    attempts,
    reports,
    respond: () => ({}),
    enqueue: (key, body = Buffer.from(`${key} text`), orderKey = undefined) =>
      delivery.enqueue(
        { key, body, ...(orderKey !== undefined && { orderKey }) },
        {
          stored: () => events.push([key, 'stored']),
          settled: (outcome) => events.push([key, outcome]),
        },
      ),
  };
  return made;
}

const spool = (maxBytes = 64 << 20, dir = emptyDirectory()): NonNullable<DeliveryOptions['spool']> => ({
  dir,
  maxBytes,
  durability: 'batch',
});

const delivered: RecordOutcome = { status: 'delivered' };
const outcomesOf = (events: readonly Event[]): Event[] => events.filter(([, what]) => what !== 'stored');
const storedOf = (events: readonly Event[]): string[] =>
  events.filter(([, what]) => what === 'stored').map(([key]) => key);

const modes: [string, () => DeliveryOptions['spool']][] = [
  ['in memory', () => undefined],
  ['on disk', () => spool()],
];

describe.each(modes)('a record listener, %s', (_mode, spoolOf) => {
  it('gets one outcome: delivered for the record, dropped for a duplicate', async () => {
    const { clock, delivery, events, enqueue } = world(spoolOf());
    for (const key of ['k0', 'k1', 'k0']) enqueue(key);
    await clock.pass(1_000);
    expect(outcomesOf(events)).toHaveLength(3);
    expect(outcomesOf(events)).toEqual(
      expect.arrayContaining([
        ['k0', delivered],
        ['k1', delivered],
        ['k0', { status: 'dropped', reason: 'duplicate' }],
      ]),
    );
    await clock.until(delivery.shutdown());
    expect(outcomesOf(events)).toHaveLength(3);
  });

  it('gets the reason of a rejection, and the other records of the batch are delivered', async () => {
    const made = world(spoolOf(), { maxBatchRecords: 16 });
    made.respond = (inRequest) => (inRequest.includes('k3') ? { status: 400, body: 'no model' } : {});
    for (const key of keys(10)) made.enqueue(key);
    await made.clock.pass(5_000);
    const rejected: RecordOutcome = { status: 'rejected', reason: 'HTTP 400 no model' };
    expect(new Map(outcomesOf(made.events))).toEqual(
      new Map(keys(10).map((key) => [key, key === 'k3' ? rejected : delivered])),
    );
    await made.clock.until(made.delivery.shutdown());
  });

  it('gets the id of the record that its own was coalesced into', async () => {
    const newest = (_: Uint8Array | undefined, waiting: readonly Uint8Array[]): Uint8Array =>
      waiting.at(-1) ?? Buffer.alloc(0);
    const { clock, delivery, events, enqueue } = world(spoolOf(), { coalesce: newest });
    for (const key of keys(3)) enqueue(key, undefined, 'conversation');
    await clock.pass(1_000);
    expect(outcomesOf(events)).toEqual([
      ['k0', { status: 'coalesced', into: 'k2' }],
      ['k1', { status: 'coalesced', into: 'k2' }],
      ['k2', delivered],
    ]);
    await clock.until(delivery.shutdown());
  });

  it('gets the message of a destination that accepted a request in part', async () => {
    const outcome = (): ReturnType<Destination['outcome']> => ({ status: 'delivered', rejected: 1, reason: 'too old' });
    const made = world(spoolOf(), { maxBatchRecords: 2, outcome });
    made.enqueue('k0');
    made.enqueue('k1');
    await made.clock.pass(1_000);
    const partly = { status: 'delivered', note: '1 of 2 records were rejected: too old' };
    expect(outcomesOf(made.events)).toEqual([
      ['k0', partly],
      ['k1', partly],
    ]);
    made.enqueue('k2');
    await made.clock.pass(1_000);
    expect(made.events.at(-1)).toEqual(['k2', { status: 'rejected', reason: '1 of 1 records were rejected: too old' }]);
    await made.clock.until(made.delivery.shutdown());
  });

  it('is not called again when it throws, and no other record is delayed', async () => {
    const { clock, delivery, events, reports, enqueue } = world(spoolOf());
    let calls = 0;
    const settled = (): void => {
      calls += 1;
      throw new Error('a fault of the listener');
    };
    delivery.enqueue({ key: 'bad', body: Buffer.from('bad text') }, { settled });
    enqueue('good');
    await clock.pass(1_000);
    await clock.until(delivery.shutdown());
    expect(calls).toBe(1);
    expect(outcomesOf(events)).toEqual([['good', delivered]]);
    expect(reports.filter((message) => message.includes('a fault of the listener'))).toHaveLength(1);
  });

  it('hears of a record that came after the end', async () => {
    const { clock, delivery, events, enqueue } = world(spoolOf());
    await clock.until(delivery.shutdown());
    enqueue('late');
    expect(events).toEqual([['late', { status: 'dropped', reason: 'shut_down' }]]);
  });
});

it('in memory, a shutdown settles what could not be delivered as dropped', async () => {
  const made = world();
  made.respond = () => 'no answer';
  for (const key of keys(3)) made.enqueue(key);
  expect(await made.clock.until(made.delivery.flush(100))).toEqual({ waiting: 3, onDisk: 0 });
  await made.clock.until(made.delivery.shutdown(1_000));
  expect(made.events).toEqual(keys(3).map((key) => [key, { status: 'dropped', reason: 'shut_down' }]));
});

it('in memory, the oldest records of a full queue are settled as dropped', async () => {
  const made = world();
  made.respond = () => 'no answer';
  for (const key of keys(600)) made.enqueue(key, Buffer.alloc(100_000, `${key} `));
  const full = outcomesOf(made.events);
  expect(full).toHaveLength(made.delivery.stats().dropped['queue_full'] ?? 0);
  expect(full[0]).toEqual(['k0', { status: 'dropped', reason: 'queue_full' }]);
  await made.clock.until(made.delivery.shutdown(10));
  expect(new Set(outcomesOf(made.events).map(([key]) => key)).size).toBe(600);
  expect(outcomesOf(made.events)).toHaveLength(600);
});

describe('on disk', () => {
  it('a listener first gets that the record is on disk, then its outcome', async () => {
    const made = world(spool());
    made.respond = () => 'no answer';
    for (const key of keys(3)) made.enqueue(key);
    expect(made.events).toEqual([]);
    expect(await made.clock.until(made.delivery.flush(2_000))).toEqual({ waiting: 3, onDisk: 3 });
    expect(made.events).toEqual(keys(3).map((key) => [key, 'stored']));
    made.respond = () => ({});
    expect(await made.clock.until(made.delivery.flush(2_000))).toEqual({ waiting: 0, onDisk: 0 });
    expect(outcomesOf(made.events)).toEqual(keys(3).map((key) => [key, delivered]));
    await made.clock.until(made.delivery.shutdown());
    expect(made.events).toHaveLength(6);
  });

  it('a shutdown settles what waits as on disk, and the next process delivers it and reports its keys', async () => {
    const settings = spool();
    const former = world(settings);
    former.respond = () => 'no answer';
    for (const key of keys(3)) former.enqueue(key);
    expect(await former.clock.until(former.delivery.shutdown())).toEqual({ waiting: 3, onDisk: 3 });
    expect(outcomesOf(former.events)).toEqual(keys(3).map((key) => [key, { status: 'on_disk' }]));
    const next = world(settings);
    await next.clock.pass(100_000);
    expect(next.attempts.flatMap((attempt) => attempt.keys).sort()).toEqual(keys(3));
    await next.clock.until(next.delivery.shutdown());
  });

  it('the oldest records of a full spool are settled as dropped', async () => {
    const made = world(spool(400_000));
    made.respond = () => 'no answer';
    for (const key of keys(300)) {
      made.enqueue(key, Buffer.alloc(4_000, `${key} `));
      if (Number(key.slice(1)) % 20 === 0) await made.clock.pass(30);
    }
    await made.clock.until(made.delivery.flush(1_000));
    const full = outcomesOf(made.events);
    expect(full.length).toBeGreaterThan(0);
    expect(full).toHaveLength(made.delivery.stats().dropped['spool_full'] ?? 0);
    await made.clock.until(made.delivery.shutdown());
    expect(outcomesOf(made.events)).toHaveLength(300);
    expect(new Set(storedOf(made.events)).size).toBe(300);
  });

  it('while the disk refuses records, their listeners hear of the delivery out of memory', async () => {
    const file = join(emptyDirectory(), 'a-file');
    writeFileSync(file, '');
    chmodSync(file, 0o400);
    const made = world(spool(64 << 20, join(file, 'spool')));
    for (const key of keys(3)) made.enqueue(key);
    await made.clock.pass(1_000);
    for (const key of keys(3, 'more')) made.enqueue(key);
    await made.clock.pass(1_000);
    expect(made.events).toEqual([...keys(3), ...keys(3, 'more')].map((key) => [key, delivered]));
    await made.clock.until(made.delivery.shutdown());
  });

  it('one of two destinations that leaves has its records on disk', async () => {
    const settings = spool();
    const one = world(settings, { name: 'one' });
    const other = world(settings, { name: 'other' });
    one.respond = () => 'no answer';
    one.enqueue('k0');
    await one.clock.until(one.delivery.shutdown(0));
    expect(one.events).toEqual([
      ['k0', 'stored'],
      ['k0', { status: 'on_disk' }],
    ]);
    await other.clock.until(other.delivery.shutdown());
  });
});

it('each request is reported with its records, its status and how the answer was judged', async () => {
  const made = world();
  const responses: (Partial<Answer> | 'no answer')[] = ['no answer', { status: 503 }, {}];
  made.respond = () => responses.shift() ?? {};
  made.enqueue('k0');
  await made.clock.pass(60_000);
  expect(made.attempts).toEqual([
    {
      destination: 'vendor',
      keys: ['k0'],
      at: expect.any(Number),
      durationMillis: 0,
      outcome: { status: 'retryable', reason: 'connection refused' },
      waitMillis: expect.any(Number),
    },
    {
      destination: 'vendor',
      keys: ['k0'],
      at: expect.any(Number),
      durationMillis: 0,
      httpStatus: 503,
      outcome: { status: 'retryable', reason: 'HTTP 503' },
      waitMillis: expect.any(Number),
    },
    {
      destination: 'vendor',
      keys: ['k0'],
      at: expect.any(Number),
      durationMillis: 0,
      httpStatus: 200,
      outcome: { status: 'delivered' },
    },
  ]);
  const [first, second, third] = made.attempts;
  expect(second?.at).toBe(Math.ceil((first?.at ?? 0) + (first?.waitMillis ?? 0)));
  expect(third?.at).toBe(Math.ceil((second?.at ?? 0) + (second?.waitMillis ?? 0)));
  await made.clock.until(made.delivery.shutdown());
});

it('a listener per record stays bounded: the oldest are settled as on disk', () => {
  const receipts = new Receipts(() => {});
  const outcomes: RecordOutcome[] = [];
  for (const key of keys(100_001)) receipts.add(key, { settled: (outcome) => outcomes.push(outcome) });
  expect(outcomes).toEqual(Array(25_000).fill({ status: 'on_disk' }));
  receipts.settleRest({ status: 'on_disk' });
  expect(outcomes).toHaveLength(100_001);
});

it('two listeners of one key both hear of its end, even when the first throws', () => {
  const reports: string[] = [];
  const receipts = new Receipts((message) => reports.push(message));
  const heard: RecordOutcome[] = [];
  receipts.add('k', {
    settled: () => {
      throw new Error('broken');
    },
  });
  receipts.add('k', { settled: (outcome) => heard.push(outcome) });
  receipts.settle(['k'], delivered);
  expect([heard, reports]).toEqual([[delivered], ['a record listener threw: broken']]);
});
