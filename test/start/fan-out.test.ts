import { createServer, type Server } from 'node:net';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DestinationStats, noStats } from '../../src/exporter/destination.ts';
import type { DestinationSetting } from '../../src/index.ts';
import { instrumentOpenAI, start } from '../../src/index.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let sink: Sink;
const open: Server[] = [];

beforeEach(async () => {
  fake = await startFakeOpenAI();
  sink = await startSink();
});
afterEach(async () => {
  for (const server of open.splice(0)) server.close();
  await Promise.all([fake.close(), sink.close()]);
});

/** A server that handles connections with the given function, and its URL. */
function serverThat(treat: (write: (text: string) => void, destroy: () => void) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).unref();
    treat(
      (text) => void socket.write(text),
      () => void socket.destroy(),
    );
  });
  open.push(server);
  return new Promise((resolve) =>
    server
      .unref()
      .listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as { port: number }).port}`)),
  );
}

const dead: readonly (readonly [string, () => Promise<string>])[] = [
  ['refuses connections', () => Promise.resolve('http://127.0.0.1:1')],
  ['never answers', () => serverThat(() => {})],
  ['hangs up', () => serverThat((_, destroy) => destroy())],
  ['answers garbage', () => serverThat((write) => write('\u0000\u0001 no HTTP at all \r\n\r\n'))],
  [
    'breaks off its answer',
    () =>
      serverThat((write, destroy) => {
        write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{');
        setTimeout(destroy, 5);
      }),
  ],
];

/** Whatever was taken in is delivered, refused, dropped with a reason, or still waits. */
function waiting({ enqueued, delivered, rejected, coalesced, dropped }: DestinationStats): number {
  return enqueued - delivered - rejected - coalesced - Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

const all = (): DestinationSetting[] => [
  { name: 'athina', apiKey: 'k', baseUrl: sink.url },
  { name: 'reconify', appKey: 'a', apiKey: 'k', tracker: `${sink.url}/track` },
  { name: 'inkeep', apiKey: 'k', url: sink.url },
  { name: 'requesty', apiKey: 'k', url: `${sink.url}/requesty` },
  { name: 'otlp', url: `${sink.url}/v1/traces`, encoding: 'json' },
];

async function chat(times = 1): Promise<void> {
  const openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
  for (let index = 0; index < times; index += 1)
    await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: `Hi ${index}` }],
    });
}

describe('several destinations', () => {
  it('all get their own of every call', async () => {
    const handle = start({ destinations: all() });
    await chat(3);
    await handle.forceFlush();
    const { destinations } = handle.stats();
    expect(Object.keys(destinations)).toEqual(['athina', 'reconify', 'inkeep', 'requesty', 'otlp']);
    for (const stats of Object.values(destinations)) {
      expect(stats).toMatchObject({ enqueued: 3, rejected: 0, skipped: 0, dropped: {} });
      expect(waiting(stats)).toBe(0);
    }
    expect(new Set(sink.received.map(({ path }) => path))).toEqual(
      new Set(['/api/v1/log/inference', '/track', '/conversations', '/requesty', '/v1/traces']),
    );
    await handle.shutdown();
  });

  it.each(dead)('are not held up by one that %s, and neither is the application', async (_, url) => {
    const handle = start({
      destinations: [{ name: 'athina', apiKey: 'k', baseUrl: await url() }, ...all().slice(1)],
      shutdownTimeoutMillis: 700,
    });
    await chat(3);
    await handle.forceFlush();
    await handle.shutdown();
    const { athina, ...others } = handle.stats().destinations;
    expect(athina).toMatchObject({ enqueued: 3, delivered: 0 });
    expect(athina && waiting(athina)).toBe(0);
    for (const stats of Object.values(others)) {
      expect(stats.delivered + stats.coalesced).toBe(3);
      expect(stats.dropped).toEqual({});
    }
  });

  it('are not held up by one that throws', async () => {
    const broken = {
      ...quiet,
      name: 'broken',
      take: () => {
        throw new Error('no');
      },
    };
    const handle = start({ destinations: [broken, ...all()] });
    await chat();
    await handle.forceFlush();
    expect(handle.stats().destinations['athina']?.delivered).toBe(1);
    await handle.shutdown();
  });
});

const quiet = {
  wantsContent: false,
  forceFlush: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
  shutdown: () => Promise.reject(new Error('no')),
  stats: () => noStats,
};
