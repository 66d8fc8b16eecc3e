import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetLedger } from '../../src/worker/offset-ledger.ts';

describe('an offset ledger', () => {
  it('commits up to the oldest record that is not settled', () => {
    const ledger = new OffsetLedger(10);
    for (const offset of [10, 11, 12]) ledger.open(offset, 5, offset * 100);
    ledger.settle(11);
    expect([ledger.committable, ledger.next, ledger.size, ledger.bytes, ledger.oldestTimestamp]).toEqual([
      10, 13, 2, 10, 1_000,
    ]);
    ledger.settle(10);
    expect([ledger.committable, ledger.oldestTimestamp]).toEqual([12, 1_200]);
    ledger.settle(12);
    ledger.settle(12);
    expect([ledger.committable, ledger.bytes, ledger.oldestTimestamp]).toEqual([13, 0, undefined]);
  });

  it('refuses a record that was read before', () => {
    const ledger = new OffsetLedger(3);
    ledger.open(3, 1, 0);
    expect(() => ledger.open(3, 1, 0)).toThrow('Offset 3 was read before; the next one is 4.');
  });

  it('passes over offsets that have no record', () => {
    const ledger = new OffsetLedger(0);
    ledger.open(0, 1, 0);
    ledger.skipTo(7);
    expect(ledger.committable).toBe(0);
    ledger.settle(0);
    expect(ledger.committable).toBe(7);
    ledger.skipTo(5);
    expect(ledger.next).toBe(7);
  });

  it('never commits past an open record, and in the end commits everything, in whatever order records are settled', () => {
    const steps = fc.array(fc.record({ gap: fc.nat(3), settle: fc.nat(20) }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.nat(1_000), steps, (start, all) => {
        const ledger = new OffsetLedger(start);
        const open: number[] = [];
        let committed = start;
        for (const { gap, settle } of all) {
          const offset = ledger.next + gap;
          ledger.open(offset, 1, offset);
          open.push(offset);
          const [settled] = open.splice(settle % open.length, settle % 2);
          if (settled !== undefined) ledger.settle(settled);
          expect(ledger.committable).toBeLessThanOrEqual(Math.min(...open, ledger.next));
          expect(ledger.committable).toBeGreaterThanOrEqual(committed);
          expect(ledger.size).toBe(open.length);
          committed = ledger.committable;
        }
        for (const offset of open) ledger.settle(offset);
        expect(ledger.committable).toBe(ledger.next);
        expect(ledger.bytes).toBe(0);
      }),
    );
  });
});
