import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balance, type Claim, readClaim, writeClaim } from '../../src/worker/kafka/balance.ts';

const claim = (memberId: string, owned: readonly number[] = [], generation = 1): Claim => ({
  memberId,
  owned,
  generation,
});
const plain = (shares: ReadonlyMap<string, readonly number[]>) => Object.fromEntries(shares);

/** Lets members give up and join again until nothing changes. @returns the claims then, and how many rounds it took */
function settled(claims: readonly Claim[], count: number): { claims: readonly Claim[]; rounds: number } {
  let now = claims;
  for (let round = 1; round < 10; round += 1) {
    const shares = balance(now, count);
    const next = now.map(({ memberId }) => claim(memberId, [...(shares.get(memberId) ?? [])].sort(), round + 10));
    const same = JSON.stringify(next.map(({ owned }) => owned)) === JSON.stringify(now.map(({ owned }) => owned));
    now = next;
    if (same) return { claims: now, rounds: round };
  }
  throw new Error('The members never agree.');
}

describe('the assignment of partitions', () => {
  it('divides free partitions evenly', () => {
    expect(plain(balance([claim('a'), claim('b')], 5))).toEqual({ a: [0, 1, 2], b: [3, 4] });
  });

  it('withholds a partition that has to move until its owner has given it up', () => {
    const first = balance([claim('a', [0, 1, 2, 3]), claim('b')], 4);
    expect(plain(first)).toEqual({ a: [0, 1], b: [] });
    expect(plain(balance([claim('a', [0, 1], 2), claim('b', [], 2)], 4))).toEqual({ a: [0, 1], b: [2, 3] });
  });

  it('gives the partitions of a member that is gone to others, and moves no other', () => {
    expect(plain(balance([claim('a', [0, 1]), claim('b', [2, 3])], 6))).toEqual({ a: [0, 1, 4], b: [2, 3, 5] });
  });

  it('believes the later of two claims, and neither of two equal ones', () => {
    expect(plain(balance([claim('a', [0, 1], 1), claim('b', [0, 1], 2)], 2))).toEqual({ a: [], b: [0] });
    expect(plain(balance([claim('a', [0], 1), claim('b', [0], 1)], 2))).toEqual({ a: [0], b: [1] });
  });

  it('never gives a partition to two, never takes one from an owner and gives it away at once, and ends even', () => {
    const members = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.uniqueArray(fc.nat(20), { maxLength: 12 })), {
        minLength: 1,
        maxLength: 6,
      })
      .map((all) => all.map(([generation, owned], index) => claim(`m${index}`, owned, generation)));
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 16 }), (claims, count) => {
        const shares = balance(claims, count);
        const given = [...shares.values()].flat();
        expect(new Set(given).size).toBe(given.length);
        expect(given.every((each) => each >= 0 && each < count)).toBe(true);
        // Claims of a partition that only one member makes are true, so no other member gets it now.
        for (const [memberId, partitions] of shares) {
          for (const partition of partitions) {
            const claimants = claims.filter(({ owned }) => owned.includes(partition));
            if (claimants.length === 1) expect(claimants[0]?.memberId).toBe(memberId);
          }
        }
        const { claims: last } = settled(claims, count);
        const sizes = last.map(({ owned }) => owned.length);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves no partition when it is even already', () => {
    const { claims } = settled([claim('a'), claim('b'), claim('c')], 8);
    const again = balance(claims, 8);
    for (const { memberId, owned } of claims) expect([...(again.get(memberId) ?? [])].sort()).toEqual(owned);
  });

  it('reads what it wrote, and takes anything else for no claim', () => {
    expect(readClaim('a', writeClaim({ owned: [3, 1], generation: 7 }))).toEqual(claim('a', [3, 1], 7));
    for (const text of ['', '{}', '[]', 'null', '{"owned":"x","generation":1}']) {
      expect(readClaim('a', text)).toEqual(claim('a', [], -1));
    }
  });
});
