import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, toJson } from '../../src/interaction/json.ts';

const ring: Record<string, unknown> = { name: 'ring' };
ring['itself'] = ring;
const shared = { a: 1 };
const unreadable = Object.defineProperty({}, 'x', {
  enumerable: true,
  get: () => {
    throw new Error('no');
  },
});

describe('toJson', () => {
  it.each([
    ['a circle', ring, { name: 'ring', itself: '[circular]' }],
    ['one object in two places', [shared, shared], [{ a: 1 }, { a: 1 }]],
    ['what JSON has no word for', { a: undefined, b: () => 1, c: Number.NaN, d: Symbol('d') }, {}],
    ['the same in a list', [undefined, Number.NaN, 1], [null, null, 1]],
    ['a hole in a list', new Array(2), [null, null]],
    ['a big integer', 10n, '10'],
    ['minus zero', -0, 0],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['bytes', new Uint8Array(3), '[3 bytes]'],
    ['what cannot be read', { unreadable }, { unreadable: '[unreadable]' }],
    ['half a surrogate pair', 'a\uD83Db', 'a\uFFFDb'],
    ['a whole one', '😀', '😀'],
    ['NUL, in a key too', { 'a\u0000': '\u0000' }, { 'a\uFFFD': '\uFFFD' }],
    ['a key that is an attack', JSON.parse('{"__proto__":1,"a":2}'), { a: 2 }],
    ['nothing', undefined, undefined],
  ])('has a place for %s', (_, value, expected) => {
    expect(toJson<unknown>(value)).toEqual(expected);
  });

  it('ends a nest that is too deep', () => {
    let nest: unknown = 0;
    for (let level = 0; level < 1000; level += 1) nest = [nest];
    expect(jsonText(nest)).toMatch(/^\[{100}"\[too deep]"\]{100}$/);
  });

  it('gives what JSON keeps, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (value) => {
          const copy = toJson(value);
          if (copy !== undefined) expect(JSON.parse(JSON.stringify(copy))).toEqual(copy);
        },
      ),
    );
  });

  it('has nothing left to change in what it gave', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const copy = toJson(value);
        expect(toJson(copy)).toEqual(copy);
      }),
    );
  });

  it('leaves ordinary values as they are', () => {
    const value = { a: [1, 'ä😀', null, true, { b: -1.5 }], c: '' };
    expect(toJson(value)).toEqual(value);
    expect(toJson(value)).not.toBe(value);
  });
});
