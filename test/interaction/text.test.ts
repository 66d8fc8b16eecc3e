import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginningOf, wellFormed, wellFormedIn, wellFormedJson } from '../../src/interaction/text.ts';

const HALF = '\uD83D';
const unit = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom(HALF, '\uDE42', '🙂', '\\', '\\ud83d', '"', '\n'),
);
const text = fc.array(unit, { maxLength: 20 }).map((units) => units.join(''));

describe('text for UTF-8', () => {
  it('has U+FFFD in place of half a pair, and whole pairs as they are', () => {
    expect(wellFormed(`a${HALF}b🙂`)).toBe('a\uFFFDb🙂');
  });

  it('is the same in JSON: whole JSON is what the well-formed value gives', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.array(text), fc.dictionary(fc.string(), text)), (value) => {
        expect(wellFormedJson(JSON.stringify(value))).toBe(
          JSON.stringify(typeof value === 'string' ? wellFormed(value) : wellFormedIn(value)),
        );
      }),
    );
  });

  it('leaves a backslash alone that stands before the letters of an escape', () => {
    const json = JSON.stringify({ path: 'C:\\ud83d' });
    expect(wellFormedJson(json)).toBe(json);
  });

  it('keeps a value that needs no change', () => {
    const value = { list: ['🙂', { deep: 'text' }] };
    expect(wellFormedIn(value)).toBe(value);
    expect(wellFormedIn({ [HALF]: [HALF] })).toEqual({ '\uFFFD': ['\uFFFD'] });
  });
});

describe('the beginning of a text', () => {
  it('is as long as it may be, and splits no pair', () => {
    expect(beginningOf('ab🙂', 3)).toBe('ab');
    expect(beginningOf('ab🙂', 4)).toBe('ab🙂');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (whole, length) => {
        const beginning = beginningOf(whole, length);
        expect(whole.startsWith(beginning)).toBe(true);
        expect(beginning.isWellFormed()).toBe(true);
        expect(beginning.length).toBeGreaterThanOrEqual(Math.min(whole.length, length - 1));
      }),
    );
  });
});
