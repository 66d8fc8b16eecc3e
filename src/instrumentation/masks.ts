import { asIs, type Mask } from '../interaction/mask.ts';

/** Of a mask that {@link joinMasks} made, the masks that it applies. */
const parts = new WeakMap<Mask, readonly Mask[]>();

function partsOf(mask: Mask): readonly Mask[] {
  return mask === asIs ? [] : (parts.get(mask) ?? [mask]);
}

/** A mask that applies both, in this order, and none of them twice. */
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
