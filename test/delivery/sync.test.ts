import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { systemClock } from '../../src/delivery/clock.ts';
import { createDelivery } from '../../src/delivery/create-delivery.ts';
import { frameBytes, writeFrame } from '../../src/delivery/spool/frame.ts';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { Overflow } from '../../src/delivery/spool/overflow.ts';
import { emptyDirectory, enqueue, keys, linesTo } from './support/lines.ts';
import { ScriptedVendor } from './support/scripted-vendor.ts';

/** Ends spans, and itself in the same turn: no other thread has had the time to commit them. */
const program = `
  import { start } from ${JSON.stringify(pathToFileURL(resolve('dist/index.js')).href)};
  const { tracerProvider } = start({ destinations: ['otlp'] });
  const tracer = tracerProvider.getTracer('test');
  for (let index = 0; index < 400; index += 1) tracer.startSpan('call', { attributes: { text: 'x'.repeat(2_000) } }).end();
  process.kill(process.pid, 'SIGKILL');
`;

it('sync: what a process has ended is on disk in the same turn, so that a kill loses nothing', async () => {
  const dir = emptyDirectory();
  const env = {
    ...cleanEnvironment(),
    SPANPORT_SPOOL_DIR: dir,
    SPANPORT_DURABILITY: 'sync',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [warnings, ended] = await Promise.all([text(child.stderr as Readable), once(child, 'exit')]);
  expect([warnings, ended]).toEqual(['', [null, 'SIGKILL']]);
  expect(spoolStatus(dir)).toMatchObject({ destinations: [{ name: 'otlp', records: 400 }], dead: [] });
  expect(readdirSync(dir).filter((name) => name.endsWith('.overflow'))).toEqual([]);
});

it('sync: the next process delivers what a killed one has left, although that had no database yet', async () => {
  const vendor = await ScriptedVendor.start();
  const dir = emptyDirectory();
  const left = new Overflow(dir, `${systemClock.boot} 999999999 1 gone`);
  const record = { destination: 'vendor', key: 'k0', created: Date.now(), body: Buffer.from('k0 text') };
  const frames = Buffer.alloc(frameBytes(record));
  left.keep(frames.subarray(0, writeFrame(frames, 0, record, true) + 1));
  left.close();
  const delivery = createDelivery(linesTo(vendor.url), { spool: { dir, durability: 'sync', maxBytes: 64 << 20 } });
  await vendor.has(1);
  await delivery.shutdown();
  expect(vendor.copies).toEqual(new Map([['k0', 1]]));
  expect(statSync(join(dir, 'spool.db')).mode & 0o777).toBe(0o600);
  await vendor.stop();
});

it('sync: nothing waits in memory alone, and a shutdown leaves no file of its own behind', async () => {
  const vendor = await ScriptedVendor.start();
  const dir = emptyDirectory();
  const delivery = createDelivery(linesTo(vendor.url), { spool: { dir, durability: 'sync', maxBytes: 64 << 20 } });
  for (const round of ['a', 'b', 'c']) {
    enqueue(delivery, keys(50, round));
    expect(readdirSync(dir).filter((name) => name.endsWith('.overflow'))).toHaveLength(1);
    const { waiting, onDisk } = await delivery.flush(0);
    expect(onDisk).toBe(waiting);
    await delivery.flush();
  }
  expect([...vendor.copies.values()]).toEqual(Array(150).fill(1));
  await delivery.shutdown();
  expect(delivery.stats()).toMatchObject({ enqueued: 150, delivered: 150, dropped: {}, spooled: 0 });
  expect(readdirSync(dir).filter((name) => name.endsWith('.overflow'))).toEqual([]);
  await vendor.stop();
});
