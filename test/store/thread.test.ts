import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { builtFile } from '../../src/loading/own-files.ts';
import type { ThreadReply } from '../../src/store/calls.ts';
import { spanRowFrom } from '../../src/store/span-row.ts';
import { spanData } from '../support/span-data.ts';

it('says what waits for the index before it answers, so that who reads then does not miss it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanport-thread-'));
  const retention = { maxAgeSeconds: 1e9, maxBytes: 1e9 };
  const worker = new Worker(builtFile('store-thread.js') ?? '', {
    workerData: { role: 'writer', file: join(folder, 'spanport.db'), retention },
  });
  onTestFinished(async () => {
    await worker.terminate();
    rmSync(folder, { recursive: true, force: true });
  });
  const replies: ThreadReply[] = [];
  const answered = new Promise<void>((resolve) => {
    worker.on('message', (reply: ThreadReply) => {
      replies.push(reply);
      if ('id' in reply) resolve();
    });
  });
  const write = { project: 'default', receivedBy: 'otlp', receivedUs: 1, spans: [spanRowFrom(spanData(), '{}')] };
  worker.postMessage({ id: 1, method: 'write', args: [[write]] });
  await answered;
  expect(replies.map((reply) => ('progress' in reply ? reply.progress.backlog : 'answer'))).toEqual([0, 1, 'answer']);
});
