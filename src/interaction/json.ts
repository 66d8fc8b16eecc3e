import { wellFormed, wellFormedJson } from './text.ts';

/** Beyond this depth a value is a mistake, and serialisers run out of stack. */
const MAX_DEPTH = 100;

/** What UTF-8 cannot hold (half a surrogate pair) and what databases refuse (NUL). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const unstorable = /[\u0000\p{Surrogate}]/gu;
/** A quick look that spares nearly all texts the slow one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const suspicious = /[\u0000\uD800-\uDFFF]/;

/**
 * A copy of any value that every JSON reader takes. Pure; never throws. Circles, deep nests, bytes and unreadable
 * objects are replaced by a word in brackets, unpaired surrogates and NUL by U+FFFD; what JSON has no word for
 * (undefined, functions, NaN) is left out.
 */
export function toJson<T>(value: T): T {
  return copyOf(value, []) as T;
}

/** The JSON text of any value; a string is kept as it is, undefined is ''. */
export function jsonText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(toJson(value)) ?? '');
}

function copyOf(value: unknown, ancestors: object[]): unknown {
  switch (typeof value) {
    case 'string':
      return copyOfText(value);
    case 'number':
      return Number.isFinite(value) ? value + 0 : undefined; // -0 + 0 is 0, which is what JSON makes of -0
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

function copyOfText(text: string): string {
  return suspicious.test(text) ? text.replace(unstorable, '\uFFFD') : text;
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

/** A loop and no `map`, which would leave the holes of a list in it. */
function copyOfList(list: readonly unknown[], ancestors: object[]): unknown[] {
  const copy: unknown[] = [];
  for (const item of list) copy.push(copyOf(item, ancestors) ?? null);
  return copy;
}

function copyOfRecord(record: Readonly<Record<string, unknown>>, ancestors: object[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(record)) {
    const item = copyOf(record[key], ancestors);
    // `__proto__` as a key is an attack on readers, never data.
    if (item !== undefined && key !== '__proto__') copy[copyOfText(key)] = item;
  }
  return copy;
}

/** Any value as JSON, where a reader insists on it: text that is JSON already stays as it is. */
export function jsonOf(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(toJson(value)) ?? 'null';
  try {
    JSON.parse(value);
    return wellFormedJson(wellFormed(value));
  } catch {
    return JSON.stringify(wellFormed(value));
  }
}
