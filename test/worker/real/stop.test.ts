import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Kafka } from '../../../collector/kafka.mjs';
import { Servers } from './support.ts';

const servers = new Servers();

/** It needs no Kafka, but more time than a test of the other suites. */
it('a worker ends at last after SIGTERM where a broker takes connections and never answers', async () => {
  const silent = createServer();
  const connected = once(silent, 'connection');
  silent.listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const kafka = { bootstrap: `127.0.0.1:${(silent.address() as AddressInfo).port}` } as Kafka;
  const topics = { spans: 'spans', interactions: 'interactions', dead: 'dead' };
  const worker = servers.launched(kafka, topics, { args: ['--to', 'athina'], env: { ATHINA_API_KEY: 'key' } });
  await connected;
  expect(await worker.stop()).toBe(1);
  expect(worker.output().stderr).toContain('The worker did not end within 30 s, so it was stopped.');
});
