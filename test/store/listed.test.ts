import { expect, it } from 'vitest';
import { chat, LocalStore } from './local-store.ts';

/** In the order of their bytes in UTF-8. As UTF-16, the emoji would come before U+FF5E. */
const USERS = ['Zoe', 'zoe', 'zoë', '日本', '～', '😀'];

it('lists the users of a conversation in one order, whether they came one by one or were read again', () => {
  using store = new LocalStore();
  const last = USERS.length - 1;
  const order = [3, 5, 0, 4, 2, 1, 5];
  for (const [at, index] of order.entries()) {
    store.spans([
      chat({ trace: 't', span: `s${at}`, at: 1_700_000_000 + at, conversation: 'c', user: USERS[index] ?? '' }),
    ]);
    store.settle();
  }
  expect(store.reader.conversations({ limit: 1 }).items[0]?.users).toEqual(USERS);
  // A call that is earlier than the others: the summary is computed from all of them.
  store.spans([chat({ trace: 't', span: 'first', at: 1_600_000_000, conversation: 'c', user: USERS[last] ?? '' })]);
  store.settle();
  expect(store.reader.conversations({ limit: 1 }).items[0]?.users).toEqual(USERS);
});
