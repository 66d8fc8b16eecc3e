import { asIs, type Mask } from '../interaction/mask.ts';

/** The masks that a mask made by {@link joinMasks} applies. */
const parts = new WeakMap<Mask, readonly Mask[]>();

function partsOf(mask: Mask): readonly Mask[] {
  return mask === asIs ? [] : (parts.get(mask) ?? [mask]);
}

/** A mask that applies both in this order, and each of their parts only once. */
export function joinMasks(first: Mask, second: Mask): Mask {
  if (first === second || second === asIs) return first;
  const before = partsOf(first);
  const added = partsOf(second).filter((mask) => !before.includes(mask));
  if (added.length === 0) return first;
  if (before.length === 0) return second;
  const all = [...before, ...added];
  const joined: Mask = (text) => all.reduce((masked, mask) => mask(masked), text);
  parts.set(joined, all);
  return joined;
}
