import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { createGate } from '../../src/delivery/spool/gate.ts';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { emptyDirectory } from './support/lines.ts';

/** These run the built package in threads. */

const built = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

it.each(['batch', 'sync'])(
  'a worker thread that is terminated right after its result loses nothing: %s',
  async (durability) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const dir = emptyDirectory();
    const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { start } = require(workerData.package);
    const { url, spool } = workerData;
    const handle = start({ destinations: [{ name: 'otlp', url }], spool });
    handle.tracerProvider.getTracer('test').startSpan('chat').end();
    parentPort.postMessage('result');`;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const workerData = { package: built('cjs/index.js'), url, spool: { dir, durability } };
    const worker = new Worker(program, { eval: true, workerData });
    worker.once('message', () => void worker.terminate());
    await new Promise((resolve) => worker.once('exit', resolve));
    expect(spoolStatus(dir).destinations).toEqual([expect.objectContaining({ name: 'otlp', records: 1 })]);
    server.closeAllConnections();
    server.close();
  },
);

it('the writing thread ends where ports cannot be closed, as in Deno', async () => {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    parentPort.close = undefined;
    import(workerData.file);`;
  const workerData = {
    file: built('chunks/spool-worker.js'),
    dir: emptyDirectory(),
    maxBytes: 1 << 20,
    processId: 'test',
    gate: createGate(),
  };
  const worker = new Worker(program, { eval: true, workerData });
  const replies: unknown[] = [];
  worker.on('message', (message) => replies.push(message));
  const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  worker.postMessage({ id: 1, method: 'close', args: [true] });
  expect(await ended).toBe(0);
  expect(replies).toContainEqual({ id: 1, value: undefined });
});
