import fc from 'fast-check';
import { expect, it } from 'vitest';
import { differenceOf, similarity, textDifference, wordsOf } from '../../src/ui/parts/diff.ts';

const side = (a: string, b: string, without: 'added' | 'removed'): string =>
  textDifference(a, b)
    .filter(({ kind }) => kind !== without)
    .map(({ items }) => items.join(''))
    .join('');

it('finds the words that differ, and takes a lone space between two changes along', () => {
  expect(textDifference('Say what you could not check.', 'Say what you checked.')).toEqual([
    { kind: 'same', items: ['Say', ' ', 'what', ' ', 'you', ' '] },
    { kind: 'removed', items: ['could', ' ', 'not', ' ', 'check'] },
    { kind: 'added', items: ['checked'] },
    { kind: 'same', items: ['.'] },
  ]);
});

it('gives both texts back, whatever they are', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(side(a, b, 'added')).toBe(a);
      expect(side(a, b, 'removed')).toBe(b);
    }),
  );
});

it('is never longer than removing all and adding all, and finds the shortest way', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(words, words, (a, b) => {
      const edits = differenceOf(a, b)
        .filter(({ kind }) => kind !== 'same')
        .reduce((sum, { items }) => sum + items.length, 0);
      expect(edits).toBe(a.length + b.length - 2 * longestCommon(a, b));
    }),
  );
});

function longestCommon(a: readonly string[], b: readonly string[]): number {
  const [first, ...rest] = a;
  if (first === undefined || b.length === 0) return 0;
  const at = b.indexOf(first);
  const without = longestCommon(rest, b);
  return at < 0 ? without : Math.max(without, 1 + longestCommon(rest, b.slice(at + 1)));
}

it('gives up on texts without anything in common, and says so', () => {
  const a = Array.from({ length: 3_000 }, (_, index) => `a${index}`);
  const b = Array.from({ length: 3_000 }, (_, index) => `b${index}`);
  expect(differenceOf(a, b).map(({ kind }) => kind)).toEqual(['removed', 'added']);
  expect(similarity(textDifference('one two', 'one two'))).toBe(1);
  expect(similarity(textDifference('one', 'two'))).toBe(0);
  expect(wordsOf('a b, c')).toEqual(['a', ' ', 'b', ',', ' ', 'c']);
});
