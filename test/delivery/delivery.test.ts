import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDelivery, type DeliveryOptions } from '../../src/delivery/create-delivery.ts';
import type { Delivery, Destination } from '../../src/delivery/delivery.ts';
import { dropRecords, replayDeadLetters, spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { emptyDirectory, enqueue, keys, linesTo } from './support/lines.ts';
import { type Behaviour, ScriptedVendor, taken } from './support/scripted-vendor.ts';

let vendor: ScriptedVendor;
const open: Delivery[] = [];

beforeEach(async () => {
  vendor = await ScriptedVendor.start();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((delivery) => delivery.shutdown(200)));
  await vendor.stop();
});

function start(options: DeliveryOptions = {}, over: Partial<Destination> = {}): Delivery {
  const delivery = createDelivery(linesTo(vendor.url, over), options);
  open.push(delivery);
  return delivery;
}

const spoolIn = (dir: string, durability: 'batch' | 'sync' = 'batch', maxBytes = 64 << 20): DeliveryOptions => ({
  spool: { dir, durability, maxBytes },
});

const status = (code: number, headers: Record<string, string> = {}): Behaviour => ({
  kind: 'answer',
  status: code,
  headers,
});

/** Behaves so the first times, and takes everything afterwards. */
function first(...behaviours: Behaviour[]): void {
  vendor.behaviour = () => behaviours.shift() ?? taken;
}

const modes: [string, () => DeliveryOptions][] = [
  ['in memory', () => ({})],
  ['on disk, batch', () => spoolIn(emptyDirectory())],
  ['on disk, sync', () => spoolIn(emptyDirectory(), 'sync')],
];

describe.each(modes)('delivery %s', (_, options) => {
  it('delivers each record once', async () => {
    const delivery = start(options());
    enqueue(delivery, keys(50));
    enqueue(delivery, ['k0', 'k1']);
    await delivery.flush();
    expect([...vendor.copies.values()]).toEqual(Array(50).fill(1));
    expect(delivery.stats()).toMatchObject({ enqueued: 52, delivered: 50, dropped: { duplicate: 2 } });
  });

  it.each<[string, Behaviour]>([
    ['503', status(503)],
    ['a reset', { kind: 'reset' }],
    ['429', status(429)],
  ])('tries again after %s', async (_name, behaviour) => {
    const delivery = start(options());
    first(behaviour);
    enqueue(delivery, keys(5));
    await vendor.has(5);
    await delivery.flush();
    expect(delivery.stats().delivered).toBe(5);
    expect(delivery.stats().retried).toBeGreaterThan(0);
  });

  it('refuses one poison record, and delivers its neighbours', async () => {
    const delivery = start(options(), { maxBatchRecords: 16 });
    vendor.behaviour = (arrivals) => (arrivals.some(({ key }) => key === 'k3') ? status(400) : taken);
    enqueue(delivery, keys(10));
    await vendor.has(9);
    await delivery.flush();
    expect(delivery.stats()).toMatchObject({ delivered: 9, rejected: 1 });
  });

  it('halves a batch that is too large', async () => {
    const delivery = start(options(), { maxBatchRecords: 16 });
    vendor.behaviour = (arrivals) => (arrivals.length > 3 ? status(413) : taken);
    enqueue(delivery, keys(20));
    await delivery.flush();
    expect([...vendor.copies.values()]).toEqual(Array(20).fill(1));
    expect(delivery.stats()).toMatchObject({ delivered: 20, rejected: 0 });
  });

  it('sends one at a time under an order key, oldest first', async () => {
    const delivery = start(options(), { concurrency: 8 });
    first(status(503));
    enqueue(delivery, keys(5), 'conversation');
    await vendor.has(5);
    expect(vendor.arrivals.map(({ key }) => key)).toEqual(keys(5));
  });

  it('coalesces the records that wait under an order key into one body', async () => {
    const join = (last: Uint8Array | undefined, waiting: readonly Uint8Array[]): Uint8Array =>
      Buffer.from(
        [...(last ? [last] : []), ...waiting].map((body) => Buffer.from(body).toString().split(' ')[0]).join('+'),
      );
    const delivery = start(options(), { coalesce: join });
    enqueue(delivery, keys(3), 'conversation');
    await delivery.flush();
    enqueue(delivery, ['later'], 'conversation');
    await delivery.flush();
    expect(vendor.arrivals.at(-1)?.body).toBe('k0+k1+k2+later');
    const { delivered, coalesced } = delivery.stats();
    expect(delivered + coalesced).toBe(4);
  });

  it('sends what has no order key in requests of its own, to a destination that coalesces as well', async () => {
    const one = ([body]: readonly Uint8Array[]) => ({
      method: 'POST' as const,
      url: vendor.url,
      headers: {},
      body: body ?? '',
    });
    const newest = (_: Uint8Array | undefined, waiting: readonly Uint8Array[]): Uint8Array =>
      waiting.at(-1) as Uint8Array;
    const delivery = start(options(), { coalesce: newest, prepare: one });
    enqueue(delivery, keys(3));
    await delivery.flush();
    await vendor.has(3);
    expect(vendor.arrivals.map(({ key }) => key).sort()).toEqual(keys(3));
  });

  it('ends although the vendor hangs, and the counters say what became of the records', async () => {
    const delivery = start(options());
    vendor.behaviour = () => ({ kind: 'hang' });
    enqueue(delivery, keys(20));
    await delivery.shutdown(300);
    const { enqueued, delivered, dropped, spooled } = delivery.stats();
    expect(enqueued).toBe(delivered + (dropped['shut_down'] ?? 0) + spooled);
  });

  it('counts each loss once if it is shut down twice at the same time', async () => {
    const delivery = start(options());
    vendor.behaviour = () => ({ kind: 'hang' });
    enqueue(delivery, keys(3));
    await Promise.all([delivery.shutdown(300), delivery.shutdown(300)]);
    const { enqueued, delivered, dropped, spooled } = delivery.stats();
    expect(enqueued).toBe(delivered + (dropped['shut_down'] ?? 0) + spooled);
  });
});

describe('the spool', () => {
  it('is readable by its owner alone', async () => {
    const dir = join(emptyDirectory(), 'spool');
    const delivery = start(spoolIn(dir));
    enqueue(delivery, keys(1));
    await delivery.flush();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  });

  it('keeps records over a restart, dead vendor or not', async () => {
    const dir = emptyDirectory();
    vendor.behaviour = () => status(503);
    const former = start(spoolIn(dir));
    enqueue(former, keys(20));
    await former.shutdown();
    expect(former.stats().spooled).toBe(20);
    vendor.behaviour = () => taken;
    start(spoolIn(dir));
    await vendor.has(20);
    expect([...vendor.copies.values()]).toEqual(Array(20).fill(1));
  });

  it('does not send again what was delivered before a restart', async () => {
    const dir = emptyDirectory();
    const former = start(spoolIn(dir));
    enqueue(former, keys(5));
    await former.shutdown();
    const next = start(spoolIn(dir));
    enqueue(next, keys(6));
    await next.flush();
    expect([...vendor.copies.values()]).toEqual(Array(6).fill(1));
    expect(next.stats().dropped).toEqual({ duplicate: 5 });
  });

  it('keeps dead letters with their reason, sends them again when asked, and drops them when asked', async () => {
    const dir = emptyDirectory();
    vendor.behaviour = () => ({ kind: 'answer', status: 400, body: 'no such project' });
    const delivery = start(spoolIn(dir));
    enqueue(delivery, keys(2));
    await delivery.flush();
    expect(spoolStatus(dir).dead.map(({ key, reason }) => [key, reason])).toEqual([
      ['k0', 'HTTP 400 no such project'],
      ['k1', 'HTTP 400 no such project'],
    ]);
    vendor.behaviour = () => taken;
    expect(replayDeadLetters(dir)).toBe(2);
    await delivery.flush();
    expect(vendor.copies.size).toBe(2);
    expect(dropRecords(dir, { waiting: true })).toBe(0);
  });

  it('drops the oldest when it is full, and counts them', async () => {
    const delivery = start(spoolIn(emptyDirectory(), 'sync', 400_000));
    vendor.behaviour = () => ({ kind: 'hang' });
    for (const key of keys(300)) delivery.enqueue({ key, body: Buffer.alloc(4_000, `${key} `) });
    await vi.waitFor(() => expect(delivery.stats().dropped['spool_full']).toBeGreaterThan(0), 60_000);
    const { enqueued, dropped, spooled } = delivery.stats();
    expect(spooled + (dropped['spool_full'] ?? 0)).toBe(enqueued);
  });

  it('starts on a file that is no database, keeps it aside, and goes on', async () => {
    const dir = emptyDirectory();
    writeFileSync(join(dir, 'spool.db'), Buffer.alloc(20_000, 'not a database '));
    const delivery = start(spoolIn(dir));
    enqueue(delivery, keys(3));
    await vendor.has(3);
    expect(readdirSync(dir).some((name) => name.includes('.corrupt-'))).toBe(true);
  });

  it('delivers no record that was altered on disk', async () => {
    const dir = emptyDirectory();
    vendor.behaviour = () => status(503);
    const former = start(spoolIn(dir));
    for (const key of keys(50)) former.enqueue({ key, body: Buffer.from(`${key} ${'marker'.repeat(200)}`) });
    await former.shutdown();
    for (const name of readdirSync(dir).filter((each) => each.startsWith('spool.db') && !each.endsWith('-shm'))) {
      const bytes = readFileSync(join(dir, name));
      for (
        let at = bytes.indexOf('markermarker');
        at >= 0 && at < bytes.length;
        at = bytes.indexOf('markermarker', at + 8_000)
      )
        bytes[at] = 0x4d;
      writeFileSync(join(dir, name), bytes);
    }
    vendor.behaviour = () => taken;
    const next = start(spoolIn(dir));
    const settled = (): number => {
      const { rejected, dropped } = next.stats();
      return vendor.copies.size + rejected + (dropped['damaged'] ?? 0);
    };
    await vi.waitFor(() => expect(settled()).toBe(50), { timeout: 60_000 });
    for (const { body } of vendor.arrivals) expect(body).not.toContain('M');
  });

  it('delivers out of memory when the directory cannot be written, and says so once', async () => {
    const reports: string[] = [];
    const file = join(emptyDirectory(), 'a-file');
    writeFileSync(file, '');
    chmodSync(file, 0o400);
    const delivery = start({ ...spoolIn(join(file, 'spool')), report: (message) => reports.push(message) });
    enqueue(delivery, keys(5));
    await vendor.has(5);
    await delivery.flush();
    expect(delivery.stats()).toMatchObject({ delivered: 5, dropped: {} });
    expect(reports.filter((message) => message.includes('accepts no records'))).toHaveLength(1);
  });
});
