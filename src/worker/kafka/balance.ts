/** What a member of the group reports when it joins. */
export interface Claim {
  readonly memberId: string;
  /** The partitions that it works on, including those that it is about to release. */
  readonly owned: readonly number[];
  /** The generation of the group in which it got them: a member that was away may claim partitions that now belong to another. */
  readonly generation: number;
}

/**
 * Divides the partitions of a topic among the members of the group, cooperatively: partitions stay where they are as far
 * as the shares allow, and a partition that has to move is withheld until its owner has released it, which makes the owner
 * join again. Every member may compute this; the result depends on the arguments alone.
 * @returns partitions by member
 */
export function balance(claims: readonly Claim[], partitionCount: number): ReadonlyMap<string, readonly number[]> {
  const members = [...claims].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const owners = ownersOf(members, partitionCount);
  const shares = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  const limits = limitsFor(members, owners, partitionCount);

  const free: number[] = [];
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const owner = owners.get(partition);
    if (owner === undefined) {
      free.push(partition);
      continue;
    }
    const share = shares.get(owner);
    // Beyond the owner's limit the partition is withheld in this round.
    if (share && share.length < (limits.get(owner) ?? 0)) share.push(partition);
  }
  for (const partition of free) {
    const next = members.find(({ memberId }) => (shares.get(memberId)?.length ?? 0) < (limits.get(memberId) ?? 0));
    if (next) shares.get(next.memberId)?.push(partition);
  }
  return shares;
}

/** Who owns each partition. Of two claims the one of the later generation counts; two equal ones count for nothing. */
function ownersOf(members: readonly Claim[], partitionCount: number): ReadonlyMap<number, string> {
  const best = new Map<number, { readonly memberId: string; readonly generation: number }>();
  const disputed = new Set<number>();
  for (const { memberId, owned, generation } of members) {
    for (const partition of owned) {
      if (partition < 0 || partition >= partitionCount) continue;
      const known = best.get(partition);
      if (known && known.generation > generation) continue;
      if (known?.generation === generation) disputed.add(partition);
      else disputed.delete(partition);
      best.set(partition, { memberId, generation });
    }
  }
  return new Map(
    [...best].flatMap(([partition, { memberId }]) => (disputed.has(partition) ? [] : [[partition, memberId]])),
  );
}

/** How many partitions each member may have: shares differ by at most one, and the larger ones go to those that own most. */
function limitsFor(
  members: readonly Claim[],
  owners: ReadonlyMap<number, string>,
  partitionCount: number,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const owner of owners.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const least = Math.floor(partitionCount / members.length);
  const larger = partitionCount % members.length;
  const byCount = [...members].sort((a, b) => (counts.get(b.memberId) ?? 0) - (counts.get(a.memberId) ?? 0));
  return new Map(byCount.map(({ memberId }, index) => [memberId, index < larger ? least + 1 : least]));
}

const VERSION = 1;

/** A claim as bytes for the group's protocol. */
export function writeClaim({ owned, generation }: Omit<Claim, 'memberId'>): string {
  return JSON.stringify({ version: VERSION, generation, owned });
}

/** A claim that can't be read claims nothing: its partitions are then free, and are read twice at worst. */
export function readClaim(memberId: string, metadata: string): Claim {
  const nothing: Claim = { memberId, owned: [], generation: -1 };
  try {
    const { owned, generation } = JSON.parse(metadata) as { readonly owned?: unknown; readonly generation?: unknown };
    if (!Array.isArray(owned) || typeof generation !== 'number') return nothing;
    return { memberId, owned: owned.filter((each) => Number.isInteger(each)), generation };
  } catch {
    return nothing;
  }
}
