import { expect, it } from 'vitest';
import type { DeliveryState, Destination } from '../../src/gateway/api/routes.ts';
import { inOrder } from '../../src/ui/parts/column-order.ts';
import { stripOf, worstOf } from '../../src/ui/strip.ts';
import { shortModel, withoutMarks } from '../../src/ui/text.ts';

function columns(...ids: string[]) {
  return ids.map((id) => ({ id }));
}

it.each([
  ['the default without a choice', [], 'state title model tokens cost last'],
  ['the chosen one', ['last', 'cost', 'tokens', 'model'], 'state title last cost tokens model'],
  [
    'a column that the choice does not know follows its neighbour',
    ['last', 'tokens', 'model'],
    'state title last tokens cost model',
  ],
  ['names that do not exist are left out', ['gone', 'cost', 'model'], 'state title cost last model tokens'],
])('orders columns: %s', (_name, order, expected) => {
  const all = columns('state', 'title', 'model', 'tokens', 'cost', 'last');
  expect(
    inOrder(all, order)
      .map(({ id }) => id)
      .join(' '),
  ).toBe(expected);
});

function destination(name: string, counts: Destination['counts'] = {}): Destination {
  return { name, isConfigured: true, isStopped: false, counts, setUp: [], isVendor: true, takesFeedback: false };
}

it('folds the quiet ones of more than eight destinations, in one order', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const namesOf = (list: readonly Destination[]): string => list.map(({ name }) => name).join('');
  const eight = stripOf(names.map((name) => destination(name)));
  expect([namesOf(eight.shown), namesOf(eight.folded)]).toEqual(['abcdefgh', '']);
  const ten = stripOf(
    [...names, 'i', 'j'].map((name) =>
      destination(name, name === 'i' ? { dead: 1 } : name === 'j' ? { waiting: 4 } : { delivered: 9 }),
    ),
  );
  expect([namesOf(ten.shown), namesOf(ten.folded)]).toEqual(['abcdefi', 'ghj']);
});

it('finds the state that most needs a person', () => {
  const states: DeliveryState[] = ['delivered', 'waiting', 'dead', 'retrying'];
  expect(worstOf(states)).toBe('dead');
  expect(worstOf(['delivered', 'coalesced'])).toBe('coalesced');
  expect(worstOf([])).toBeUndefined();
});

it.each([
  ['The step is at **10:04:50**, and `8f3c1e2` fits:', 'The step is at 10:04:50, and 8f3c1e2 fits:'],
  ['## Plan\n\n```sql\nSELECT 1\n```', 'Plan SELECT 1 '],
  ['2**8 is 256, and 3 ** 2 is 9', '2**8 is 256, and 3 ** 2 is 9'],
  ['call __init__ and snake_case', 'call __init__ and snake_case'],
])('reads Markdown as words in one line: %s', (text, words) => {
  expect(withoutMarks(text)).toBe(words);
});

it('names a model without the date of its version', () => {
  expect(['gpt-4o-mini-2024-07-18', 'gpt-4o', 'ft:gpt-4o-2024-08-06:acme::x1'].map(shortModel)).toEqual([
    'gpt-4o-mini',
    'gpt-4o',
    'ft:gpt-4o-2024-08-06:acme::x1',
  ]);
});
