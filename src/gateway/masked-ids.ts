import type { Mask } from '../interaction/mask.ts';
import { sha256Of } from '../vendors/derived-ids.ts';

const NAME_OF_ID = /(?:ids?|user|session|thread|conversation)$/i;
/** Ids of traces and spans, and UUIDs. A mask for long numbers would separate them from their trace. */
const PLAIN_ID = /^[0-9a-f:-]{16,64}$/i;
const DIGITS = 12;

/**
 * An id that contains a secret becomes a hash. The mask alone would make the ids of different users equal, and so join
 * their conversations.
 */
export function maskedId(id: string, mask: Mask): string {
  if (PLAIN_ID.test(id) || mask(id) === id) return id;
  return `masked-${sha256Of(id).slice(0, DIGITS)}`;
}

/** The same value with the ids in it masked, at any depth. Pure: unchanged parts are shared. */
export function withMaskedIds<T>(value: T, mask: Mask): T {
  return changed(value, mask, false) as T;
}

function changed(value: unknown, mask: Mask, isId: boolean): unknown {
  if (typeof value === 'string') return isId ? maskedId(value, mask) : value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => changed(item, mask, isId));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [name, item] of Object.entries(value)) {
    const kept = changed(item, mask, NAME_OF_ID.test(name));
    if (kept === item) continue;
    copy ??= { ...value } as Record<string, unknown>;
    copy[name] = kept;
  }
  return copy ?? value;
}
