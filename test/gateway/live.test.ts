import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { LiveTail } from '../../src/gateway/api/live.ts';
import type { Store } from '../../src/store/store.ts';
import { openGateway } from './gateway-scene.ts';

interface LiveEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: {
    readonly items?: readonly { readonly conversationId?: string; readonly interactions: number }[];
    readonly ids?: string[];
  };
}

async function* eventsOf(url: string, headers: Record<string, string> = {}): AsyncGenerator<LiveEvent> {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: (.*)/s, 2)),
        );
        text = text.slice(end + 2);
        if (fields['event']) yield { ...fields, data: JSON.parse(String(fields['data'])) } as LiveEvent;
      }
    }
  } finally {
    stop.abort();
  }
}

async function nextOf(events: AsyncGenerator<LiveEvent>, name: string): Promise<LiveEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream ended');
    if (value.event === name) return value;
  }
}

const chat = (trace: string, conversation: string) => ({
  traceId: trace.repeat(32),
  spanId: trace.repeat(16),
  name: 'chat',
  startTimeUnixNano: '1760000000000000000',
  endTimeUnixNano: '1760000001000000000',
  attributes: [
    { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
    { key: 'gen_ai.conversation.id', value: { stringValue: conversation } },
  ],
});

it('sends new conversations, and resumes after what was seen', async () => {
  const { gateway, client } = await openGateway();
  const post = (spans: object[]) =>
    fetch(`${gateway.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    });
  const stream = eventsOf(`${gateway.url}/api/live`);
  await nextOf(stream, 'ping');
  await post([chat('1', 'first')]);
  const first = await nextOf(stream, 'conversations');
  expect(first.data.items).toMatchObject([{ conversationId: 'first', interactions: 1 }]);
  await stream.return(undefined);

  await post([chat('2', 'second'), chat('3', 'first')]);
  const resumed = eventsOf(`${gateway.url}/api/live`, { 'last-event-id': first.id ?? '' });
  const missed = new Map<string | undefined, number>();
  while (missed.get('second') !== 1 || missed.get('first') !== 2) {
    const { data } = await nextOf(resumed, 'conversations');
    for (const { conversationId, interactions } of data.items ?? []) missed.set(conversationId, interactions);
  }
  const conversation = await client.getConversation({ params: { id: 'second' } });
  await client.deleteConversation({ params: { id: conversation.id } });
  expect((await nextOf(resumed, 'deleted')).data.ids).toEqual([conversation.id]);
  await resumed.return(undefined);
});

it('gives a new stream an id to resume from, and has a page load again whose id is of other data', async () => {
  const { gateway } = await openGateway();
  const stream = eventsOf(`${gateway.url}/api/live`);
  expect((await nextOf(stream, 'ping')).id).toBe('0');
  await stream.return(undefined);
  const other = eventsOf(`${gateway.url}/api/live`, { 'last-event-id': '100000' });
  expect((await nextOf(other, 'resync')).id).toBe('0');
  await other.return(undefined);
});

it('has a page load again that resumes from before the deletions that are remembered', async () => {
  const reads: number[] = [];
  const store = {
    progress: { backlog: 0, sequence: 1_000_000 },
    read: {
      changes: async (after: number) => {
        reads.push(after);
        return { items: [], deleted: ['c1'], last: after + 1 };
      },
    },
  };
  const eventsAfter = async (id: number): Promise<string> => {
    const tail = new LiveTail(store as unknown as Store);
    const written: string[] = [];
    const response = {
      writableLength: 0,
      writeHead: () => undefined,
      on: () => undefined,
      end: () => undefined,
      write: (text: string) => written.push(text),
    };
    tail.open(
      { headers: { 'last-event-id': String(id) } } as unknown as IncomingMessage,
      response as unknown as ServerResponse,
      new URL('http://gateway/api/live'),
    );
    await vi.waitFor(() => expect(written.length).toBeGreaterThan(2), 60_000);
    tail.close();
    return written.at(-1) ?? '';
  };
  expect(await eventsAfter(999_000)).toContain('event: deleted\ndata: {"ids":["c1"]}');
  expect(await eventsAfter(900_000)).toBe('id: 1000000\nevent: resync\ndata: {}\n\n');
  expect(reads).toEqual([999_000]);
});

it('sends a heartbeat to a stream on which nothing happens, and cuts off one that reads nothing', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const tail = new LiveTail({ progress: { backlog: 0, sequence: 0 } } as unknown as Store);
  const written: string[] = [];
  const state = { writableLength: 0, isDestroyed: false };
  const response = {
    get writableLength() {
      return state.writableLength;
    },
    writeHead: () => undefined,
    on: () => undefined,
    end: () => undefined,
    write: (text: string) => written.push(text),
    destroy: () => {
      state.isDestroyed = true;
    },
  };
  tail.open(
    { headers: {} } as IncomingMessage,
    response as unknown as ServerResponse,
    new URL('http://gateway/api/live'),
  );
  const before = written.length;
  vi.advanceTimersByTime(60_000);
  expect(written.slice(before)).toEqual(Array.from({ length: 4 }, () => 'event: ping\ndata: {}\n\n'));
  state.writableLength = 5_000_000;
  vi.advanceTimersByTime(15_000);
  expect(state.isDestroyed).toBe(true);
  tail.close();
});
