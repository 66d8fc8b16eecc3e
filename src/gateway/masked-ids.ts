import type { Mask } from '../interaction/mask.ts';
import { parseFilter, type Term } from '../store/filter-language.ts';
import { sha256Of } from '../vendors/derived-ids.ts';

const NAME_OF_ID = /(?:ids?|user|session|thread|conversation)$/i;
/** Ids of traces and spans, and UUIDs. A mask for long numbers would separate them from their trace. */
const PLAIN_ID = /^[0-9a-f:-]{16,64}$/i;
const DIGITS = 12;

const MAX_NAME = 128;
const MAX_NAMES = 4_096;
/** Whether each of these names is that of an id: senders use few names, and each comes with every span. */
const knownNames = new Map<string, boolean>();

function isNameOfId(name: string): boolean {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const isOne = NAME_OF_ID.test(name);
  // Names may come from the data of users.
  if (name.length > MAX_NAME) return isOne;
  if (knownNames.size >= MAX_NAMES) knownNames.clear();
  knownNames.set(name, isOne);
  return isOne;
}

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

/** The same text with the ids in it masked, if it is JSON: some tracers write the user and the session so. */
export function withMaskedIdsInJson(text: string, mask: Mask): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    const kept = withMaskedIds(value, mask);
    return kept === value ? text : JSON.stringify(kept);
  } catch {
    return text;
  }
}

/** The query of an address with the ids in it masked. */
export function withMaskedQuery(query: URLSearchParams, mask: Mask): URLSearchParams {
  const masked = new URLSearchParams();
  for (const [name, value] of query) masked.append(name, NAME_OF_ID.test(name) ? maskedId(value, mask) : value);
  return masked;
}

/** A filter with the ids in it masked, so that it selects what was stored. `*` in an id stands for any text. */
export function withMaskedFilter(filter: string, mask: Mask): string {
  let masked = filter;
  // From the end, so that the places of the terms before stay as they are.
  for (const term of parseFilter(filter).terms.toReversed()) {
    const { start, end } = term;
    const text = idsIn(term)
      .filter((value) => !value.includes('*'))
      .reduce((all, value) => all.replaceAll(value, maskedId(value, mask)), masked.slice(start, end));
    masked = masked.slice(0, start) + text + masked.slice(end);
  }
  return masked;
}

function idsIn(term: Term): readonly string[] {
  if (term.kind === 'attribute') return NAME_OF_ID.test(term.name) ? term.values : [];
  return term.kind === 'text' && NAME_OF_ID.test(term.key) ? term.values : [];
}

function changed(value: unknown, mask: Mask, isId: boolean): unknown {
  if (typeof value === 'string') return isId ? maskedId(value, mask) : value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => changed(item, mask, isId));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const item = (value as Readonly<Record<string, unknown>>)[name];
    const kept = changed(item, mask, isNameOfId(name === 'value' ? comparedName(value) : name));
    if (kept === item) continue;
    copy ??= { ...value } as Record<string, unknown>;
    copy[name] = kept;
  }
  return copy ?? value;
}

/** A condition of a query, such as Inkeep's, has the name of what it compares in a field of its own. */
function comparedName({ field, path }: { readonly field?: unknown; readonly path?: unknown }): string {
  const last: unknown = Array.isArray(path) ? path.at(-1) : field;
  return typeof last === 'string' ? last : 'value';
}
