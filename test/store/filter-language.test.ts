import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseFilter } from '../../src/store/filter-language.ts';

const terms = (text: string) => parseFilter(text).terms.map(({ start: _, end: __, ...term }) => term);

it('reads the example of the page', () => {
  expect(terms('model:gpt-4o* cost>0.01 is:error "refund order"')).toEqual([
    { isNegated: false, kind: 'text', key: 'model', values: ['gpt-4o*'] },
    { isNegated: false, kind: 'number', key: 'cost', operator: '>', value: 0.01 },
    { isNegated: false, kind: 'choice', key: 'is', values: ['error'] },
    { isNegated: false, kind: 'words', words: 'refund order' },
  ]);
});

it.each([
  ['-is:error', { isNegated: true, kind: 'choice', key: 'is', values: ['error'] }],
  ['model:a,"b, c"', { isNegated: false, kind: 'text', key: 'model', values: ['a', 'b, c'] }],
  ['duration>500ms', { isNegated: false, kind: 'number', key: 'duration', operator: '>', value: 0.5 }],
  ['first<2s', { isNegated: false, kind: 'number', key: 'first', operator: '<', value: 2 }],
  ['turns:3', { isNegated: false, kind: 'number', key: 'turns', operator: '=', value: 3 }],
  ['cost:unknown', { isNegated: false, kind: 'unknown', key: 'cost' }],
  ['attr.http.route:/a', { isNegated: false, kind: 'attribute', name: 'http.route', values: ['/a'] }],
  ['user:"say \\"hi\\""', { isNegated: false, kind: 'text', key: 'user', values: ['say "hi"'] }],
  ['-', { isNegated: false, kind: 'words', words: '-' }],
])('reads %s', (text, term) => {
  expect(parseFilter(text).errors).toEqual([]);
  expect(terms(text)).toEqual([term]);
});

it.each([
  ['modle:x', 'modle is not a key. Did you mean model?'],
  ['zzzzzz:x', 'zzzzzz is not a key.'],
  ['is:broken', 'is:broken is not known. Use live, error, action, stopped, tool, run, streamed.'],
  ['cost>abc', 'cost>abc is not a number.'],
  ['cost>2s', 'cost>2s is not a number.'],
  ['duration>soon', 'duration>soon is not a number or a time such as 2s or 500ms.'],
  ['model>5', 'model is not a number: write model:value.'],
  ['model:', 'model: has no value.'],
  ['constructor:x', 'constructor is not a key.'],
  ['toString:x', 'toString is not a key.'],
  [`id:${'a,'.repeat(140)}`, 'id: has more than 50 values.'],
  [`attr.x:${'a,'.repeat(140)}`, 'attr.x: has more than 50 values.'],
  [`cost>${'9'.repeat(400)}`, 'cost> has a number that is too large.'],
  [`duration<${'9'.repeat(308)}h`, 'duration< has a number that is too large.'],
])('says what is wrong with %s, and where', (text, message) => {
  expect(parseFilter(`is:run ${text} x`)).toMatchObject({
    terms: [{ key: 'is' }, { words: 'x' }],
    errors: [{ start: 7, end: 7 + text.length, message }],
  });
});

it('never throws, and every place lies within the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z:"<>, *\\-]{0,60}$/)), (text) => {
      const { terms: read, errors } = parseFilter(text);
      for (const { start, end } of [...read, ...errors]) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(text.length);
        expect(start).toBeLessThan(end);
      }
    }),
  );
});
