import { expect, it } from 'vitest';
import { BytePool } from '../../src/bounded/byte-pool.ts';

it('encodes texts of any length as UTF-8, and none is overwritten by later ones', () => {
  const pool = new BytePool();
  // A Euro sign takes three bytes, an emoji four; the long ones need more than a pool.
  const texts = Array.from({ length: 400 }, (_, index) => `${index} € 😀 `.repeat(1 + ((index * 37) % 90)));
  texts.push('', 'x'.repeat(16_384), 'x'.repeat(16_385), '€'.repeat(100_000), 'end');
  const encoded = texts.map((text) => pool.encode(text));
  expect(encoded.map((bytes) => bytes.toString())).toEqual(texts);
});

it('short texts share memory', () => {
  const pool = new BytePool();
  expect(pool.encode('one').buffer).toBe(pool.encode('other').buffer);
});
