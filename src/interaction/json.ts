import { wellFormed, wellFormedJson } from './text.ts';

/** Deeper values are cut, because serialisers run out of stack. */
const MAX_DEPTH = 100;

/** Characters that UTF-8 cannot encode (unpaired surrogates) or that databases reject (NUL). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const unstorable = /[\u0000\p{Surrogate}]/gu;

/**
 * A copy of any value that every JSON reader accepts. Pure; never throws. Circular references, deep values, bytes and
 * unreadable objects are replaced by a word in brackets, unpaired surrogates and NUL by U+FFFD. Values that JSON cannot
 * express (undefined, functions, NaN) are left out.
 */
export function toJson<T>(value: T): T {
  return copyOf(value, []) as T;
}

/** The JSON text of any value. A string is returned unchanged; undefined becomes ''. */
export function jsonText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(toJson(value)) ?? '');
}

function copyOf(value: unknown, ancestors: object[]): unknown {
  switch (typeof value) {
    case 'string':
      return copyOfText(value);
    case 'number':
      return Number.isFinite(value) ? value + 0 : undefined; // -0 + 0 is 0, as in JSON
    case 'bigint':
      return String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyOfObject(value, ancestors);
    default:
      return undefined;
  }
}

/** The check needs no time for each character of most texts: V8 knows which strings have no surrogates. */
function copyOfText(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.replace(unstorable, '\uFFFD');
}

function copyOfObject(value: object, ancestors: object[]): unknown {
  if (ancestors.includes(value)) return '[circular]';
  if (ancestors.length >= MAX_DEPTH) return '[too deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  ancestors.push(value);
  try {
    if ('toJSON' in value && typeof value.toJSON === 'function') return copyOf(value.toJSON(), ancestors);
    if (Array.isArray(value)) return copyOfList(value, ancestors);
    return copyOfRecord(value as Readonly<Record<string, unknown>>, ancestors);
  } catch {
    return '[unreadable]';
  } finally {
    ancestors.pop();
  }
}

/** Not `map`, which would skip empty places of the list. */
function copyOfList(list: readonly unknown[], ancestors: object[]): unknown[] {
  const copy: unknown[] = [];
  for (const item of list) copy.push(copyOf(item, ancestors) ?? null);
  return copy;
}

function copyOfRecord(record: Readonly<Record<string, unknown>>, ancestors: object[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(record)) {
    const item = copyOf(record[key], ancestors);
    // The key `__proto__` is never data, but an attack on readers.
    if (item !== undefined && key !== '__proto__') copy[copyOfText(key)] = item;
  }
  return copy;
}

/** Any value as valid JSON. A text that is already JSON is returned unchanged. */
export function jsonOf(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(toJson(value)) ?? 'null';
  try {
    JSON.parse(value);
    return wellFormedJson(wellFormed(value));
  } catch {
    return JSON.stringify(wellFormed(value));
  }
}
