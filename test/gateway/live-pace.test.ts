import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { LiveTail } from '../../src/gateway/api/live.ts';
import type { Store } from '../../src/store/store.ts';

afterEach(() => vi.useRealTimers());

/** A stream that notes what was written to it, and a store with one change per sequence number. */
function openStream(): { readonly tail: LiveTail; sent(): number[] } {
  const store = {
    progress: { sequence: 0 },
    read: { changes: async (after: number) => ({ items: [{ id: after + 1 }], deleted: [], last: after + 1 }) },
  };
  const written: string[] = [];
  const response = Object.assign(new EventEmitter(), {
    writableLength: 0,
    writeHead: () => {},
    write: (text: string) => written.push(text),
    end: () => {},
  });
  const tail = new LiveTail(store as unknown as Store);
  const request = { headers: {} } as IncomingMessage;
  tail.open(request, response as unknown as ServerResponse, new URL('http://localhost/api/live'));
  return {
    tail,
    sent: () => written.flatMap((text) => /event: conversations\ndata: .*"id":(\d+)/.exec(text)?.[1] ?? []).map(Number),
  };
}

it('sends the first change after a quiet time at once, and those of a burst every 250 ms', async () => {
  vi.useFakeTimers();
  const { tail, sent } = openStream();
  tail.notify(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent()).toEqual([1]);
  tail.notify(2);
  await vi.advanceTimersByTimeAsync(249);
  expect(sent()).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent()).toEqual([1, 2]);
  await vi.advanceTimersByTimeAsync(10_000);
  tail.notify(3);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent()).toEqual([1, 2, 3]);
  tail.close();
});
