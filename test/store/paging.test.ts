import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PageOf } from '../../src/store/rows.ts';
import { chat, hex, LocalStore } from './local-store.ts';

const BEFORE = 30;
const AT = 1_700_000_000;
const RETENTION = { maxAgeSeconds: 1_000, maxBytes: 1e12 };

/** Each has a conversation and a trace of its own. */
function call(name: string, seconds: number) {
  return chat({ trace: name, span: name, conversation: name, question: 'same words', at: AT + seconds });
}

const lists: Readonly<Record<string, (store: LocalStore, cursor?: string) => PageOf<{ readonly name: string }>>> = {
  conversations: (store, cursor) => named(store.reader.conversations(pageAt('', cursor)), 'conversationId'),
  'conversations with a word': (store, cursor) =>
    named(store.reader.conversations(pageAt('words', cursor)), 'conversationId'),
  interactions: (store, cursor) => named(store.reader.interactions(pageAt('', cursor)), 'traceId'),
  'interactions with a word': (store, cursor) => named(store.reader.interactions(pageAt('words', cursor)), 'traceId'),
  traces: (store, cursor) => named(store.reader.traces(pageAt('', cursor)), 'traceId'),
};

function pageAt(q: string, cursor: string | undefined) {
  return { q, limit: 4, ...(cursor !== undefined && { cursor }) };
}

function named<K extends string>(page: PageOf<{ readonly [key in K]?: string }>, key: K): PageOf<{ name: string }> {
  return { ...page, items: page.items.map((row) => ({ name: String(row[key]) })) };
}

const changes: Readonly<Record<string, (store: LocalStore, step: number) => readonly number[]>> = {
  'a later call': (store, step) => {
    store.spans([call(`later ${step}`, 500 + step)], { receivedUs: (AT + 2_000) * 1e6 });
    return [];
  },
  'a late call': (store, step) => {
    store.spans([call(`late ${step}`, step)], { receivedUs: (AT + 2_000) * 1e6 });
    return [];
  },
  'a later version': (store, step) => {
    const index = (step * 7) % BEFORE;
    store.spans([{ ...call(`c${index}`, index), endTime: [AT + 700 + step, 0] }], { receivedUs: (AT + 900) * 1e6 });
    return [index];
  },
  'a deletion': (store, step) => {
    const index = (step * 11) % BEFORE;
    store.writer.deleteConversation(store.reader.conversation(`c${index}`)?.id ?? '');
    return [index];
  },
  // Removes the first rows, which were received first.
  retention: (store, step) => {
    store.writer.prune((AT + 900 + 1_000 + step) * 1e6);
    return Array.from({ length: step }, (_, index) => index);
  },
};

it.each(Object.keys(lists))('pages of %s show each row once that nothing changes meanwhile', (list) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(changes)), { maxLength: 8 }), (between) => {
      using store = new LocalStore(RETENTION);
      for (let index = 0; index < BEFORE; index += 1)
        store.spans([call(`c${index}`, index)], { receivedUs: (AT + 900 + index) * 1e6 });
      store.settle();
      const touched = new Set<number>();
      const seen: string[] = [];
      let cursor: string | undefined;
      let step = 0;
      do {
        const page = lists[list]?.(store, cursor);
        seen.push(...(page?.items ?? []).map(({ name }) => name));
        cursor = page?.next;
        step += 1;
        for (const index of changes[between[step - 1] ?? '']?.(store, step) ?? []) touched.add(index);
        store.settle();
      } while (cursor !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      const nameOf = (index: number): string => (list.includes('conversations') ? `c${index}` : hex(`c${index}`, 32));
      const untouched = [...Array(BEFORE).keys()].filter((index) => !touched.has(index)).map(nameOf);
      expect(untouched.filter((name) => !seen.includes(name))).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
