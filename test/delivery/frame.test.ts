import { expect, it } from 'vitest';
import { frameBytes, readFrames, soundFrames, writeFrame } from '../../src/delivery/spool/frame.ts';

const names = ['first', 'second', 'third'];

/** Three records, the zero after them, and what was in that memory before: the rest of an older record. */
function threeRecords(): { readonly bytes: Buffer; readonly starts: readonly number[]; readonly end: number } {
  const records = names.map((key) => ({
    destination: 'vendor',
    key,
    orderKey: key === 'second' ? 'conversation' : undefined,
    created: 1_700_000_000_000,
    body: Buffer.from(`text of ${key}`),
  }));
  const bytes = Buffer.alloc(
    records.reduce((sum, record) => sum + frameBytes(record), 40),
    0x71,
  );
  const starts: number[] = [];
  let end = 0;
  for (const record of records) {
    starts.push(end);
    end = writeFrame(bytes, end, record, true);
  }
  return { bytes, starts, end };
}

const keysOf = (frames: Buffer): string[] => readFrames(frames).map(({ key }) => key);

it('reads records up to the zero after them, whatever follows', () => {
  const { bytes } = threeRecords();
  expect(soundFrames(bytes)).toMatchObject({ damaged: 0 });
  expect(readFrames(soundFrames(bytes).frames).map(({ key, orderKey }) => [key, orderKey])).toEqual([
    ['first', undefined],
    ['second', 'conversation'],
    ['third', undefined],
  ]);
});

it('a bit that flips anywhere costs at most the record that it is in, which is counted', () => {
  const { bytes, starts, end } = threeRecords();
  for (let at = 0; at <= end; at += 1)
    for (let bit = 0; bit < 8; bit += 1) {
      const harmed = Buffer.from(bytes);
      harmed.writeUInt8(harmed.readUInt8(at) ^ (1 << bit), at);
      const { frames, damaged } = soundFrames(harmed);
      // No checksum covers the flag of a record or the zero, whose values differ in several bits.
      const isMark = at === end || starts.includes(at);
      const hit = names[starts.findLastIndex((start) => start <= at)];
      expect([at, bit, damaged]).toEqual([at, bit, isMark ? 0 : 1]);
      expect(keysOf(frames)).toEqual(isMark ? names : names.filter((name) => name !== hit));
    }
});

it('a record that was cut off is left out', () => {
  const { bytes, starts } = threeRecords();
  const { frames, damaged } = soundFrames(bytes.subarray(0, (starts[2] ?? 0) + 20));
  expect(keysOf(frames)).toEqual(['first', 'second']);
  expect(damaged).toBe(1);
});
