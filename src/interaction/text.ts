/**
 * Replaces unpaired surrogates, which UTF-8 cannot encode, by U+FFFD. It is applied to everything that leaves the
 * process, because a receiver rejects the whole request for one such text.
 */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** Any value with {@link wellFormed} texts and keys. Pure: returns the same object if nothing changed. */
export function wellFormedIn<T>(value: T): T {
  return replaced(value) as T;
}

function replaced(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    const items = value.map(replaced);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value).map(([key, item]) => [key, wellFormed(key), item, replaced(item)] as const);
  const isChanged = entries.some(([key, newKey, item, newItem]) => key !== newKey || item !== newItem);
  return isChanged ? Object.fromEntries(entries.map(([, key, , item]) => [key, item])) : value;
}

/** An unpaired surrogate as `JSON.stringify` writes it, after an even number of backslashes. */
const LONE_ESCAPE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** JSON text whose strings are {@link wellFormed}. `JSON.stringify` escapes only unpaired surrogates. */
export function wellFormedJson(json: string): string {
  return json.includes('\\ud') ? json.replace(LONE_ESCAPE, '$1\uFFFD') : json;
}

/** The beginning of a text in at most this many UTF-16 units. A surrogate pair is not split. */
export function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, endsInPair(text, length) ? length - 1 : length);
}

/** Whether this place is in the middle of a surrogate pair. */
function endsInPair(text: string, place: number): boolean {
  return isHigh(text.charCodeAt(place - 1)) && isLow(text.charCodeAt(place));
}

/** The first half of a surrogate pair. */
export function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
