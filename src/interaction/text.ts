/**
 * Text as UTF-8 can hold it: half a surrogate pair becomes U+FFFD. Everything that leaves the process passes through
 * here, since one such text makes a receiver refuse the whole request.
 */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** Any value with {@link wellFormed} texts and keys. Pure; the same object where nothing changed. */
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

/** Half a surrogate pair as `JSON.stringify` writes it, after an even number of backslashes. */
const LONE_ESCAPE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** JSON text whose strings are {@link wellFormed}. `JSON.stringify` writes whole pairs as they are, and halves as escapes. */
export function wellFormedJson(json: string): string {
  return json.includes('\\ud') ? json.replace(LONE_ESCAPE, '$1\uFFFD') : json;
}

/** The beginning of a text in at most this many UTF-16 units. A surrogate pair is not split. */
export function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, endsInPair(text, length) ? length - 1 : length);
}

/** Whether a surrogate pair stands on both sides of this place. */
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
