import { expect, it } from 'vitest';
import { usageBy } from '../../src/store/reports.ts';
import { chat, LocalStore } from './local-store.ts';

const SPANS = 120;
const all = { limit: 500 };

function calls(seconds: number, indexes: readonly number[]) {
  return indexes.map((index) =>
    chat({
      trace: `t${index % 7}`,
      span: `s${index}`,
      at: 1_700_000_000 + index,
      seconds,
      conversation: `c${index % 7}`,
      question: `question ${index} é 😀 \u0000 \ud800`,
      user: `user ${index % 5}`,
      cost: index + seconds,
    }),
  );
}

/** What an index shows that is built after a restart, or from what is still in memory. */
function indexed(change: (store: LocalStore) => void, isRestarted: boolean): unknown {
  using store = new LocalStore();
  store.spans(calls(1, [...Array(SPANS).keys()]));
  change(store);
  if (isRestarted) store.restart();
  store.settle();
  const { items } = store.reader.interactions(all);
  const contents = items.map(({ id }) => store.reader.interaction(id)?.interaction);
  const found = store.reader.interactions({ q: '"question 7"', limit: 5 }).items;
  return { items, contents, found, usage: usageBy(store.reader, 'user', all), traces: store.reader.traces(all).items };
}

it.each<[string, (store: LocalStore) => void]>([
  ['as they arrived', () => undefined],
  ['with later versions of some', (store) => store.spans(calls(2, [5, 60, 119]))],
  [
    'after a refused write',
    (store) => expect(() => store.write({ spans: [{ ...calls(1, [200])[0] } as never] })).toThrow(),
  ],
  [
    'after a conversation was deleted',
    (store) => {
      store.writer.settle();
      store.spans(
        calls(
          1,
          [...Array(SPANS).keys()].map((index) => index + SPANS),
        ),
      );
      store.writer.deleteConversation(store.reader.conversation('c3')?.id ?? '');
    },
  ],
])('spans are indexed from memory as from the file: %s', (_, change) => {
  expect(indexed(change, false)).toEqual(indexed(change, true));
});
