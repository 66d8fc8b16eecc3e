/** Circular references are checked only below this depth: they are rare, and checking is expensive. */
const PLAIN_DEPTH = 6;
/** Values below this depth are left out. */
const MAX_DEPTH = 64;

/**
 * A copy of a value as JSON would write it, which later changes by the caller do not affect: `toJSON` is called,
 * getters are read, functions are left out. It is cheap, because texts are shared. Values that JSON cannot write, such
 * as circular references, are left out as well.
 * @param key under which the value is found in another one: `toJSON` receives it
 */
export function snapshot(value: unknown, key: string | number = ''): unknown {
  return copyOf(value, key, 0, undefined);
}

type Path = readonly object[] | undefined;

/** @param key the key of the value; converted to a string only for `toJSON`, so that list items need no string */
function copyOf(value: unknown, key: string | number, depth: number, above: Path): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  const { toJSON } = value as { toJSON?: unknown };
  return copyWritten(typeof toJSON === 'function' ? toJSON.call(value, String(key)) : value, depth, above);
}

/** As {@link copyOf}, for a value that `toJSON` returned. JSON does not call `toJSON` again. */
function copyWritten(value: unknown, depth: number, above: Path): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (depth > MAX_DEPTH || above?.includes(value)) return undefined;
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return value.valueOf();
  const path = depth < PLAIN_DEPTH ? undefined : [...(above ?? []), value];
  return Array.isArray(value) ? copyList(value, depth + 1, path) : copyRecord(value, depth + 1, path);
}

function copyList(list: readonly unknown[], depth: number, path: Path): unknown[] {
  const { length } = list;
  const copy = new Array<unknown>(length);
  // Not `map`, which would skip empty places of the list.
  for (let index = 0; index < length; index += 1) copy[index] = copyOf(list[index], index, depth, path) ?? null;
  return copy;
}

function copyRecord(record: object, depth: number, path: Path): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  // `for…in` allocates no list of the names: this runs before the application's call is sent.
  for (const name in record) {
    if (!Object.hasOwn(record, name)) continue;
    const item = copyOf((record as Record<string, unknown>)[name], name, depth, path);
    // The key `__proto__` is never data, but an attack on readers.
    if (item !== undefined && name !== '__proto__') copy[name] = item;
  }
  return copy;
}

/** Whether {@link snapshot} would make the same copy of a value. False in doubt: where the value decides itself what JSON contains. */
export function isUnchanged(value: unknown, copy: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === copy;
  // The copy is not circular, so this ends for values that are.
  if (typeof copy !== 'object' || copy === null) return false;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  if (Array.isArray(value)) return Array.isArray(copy) && isSameList(value, copy);
  return !Array.isArray(copy) && isSameRecord(value, copy);
}

function isSameList(list: readonly unknown[], copy: readonly unknown[]): boolean {
  const { length } = copy;
  if (list.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (!isUnchanged(list[index], copy[index])) return false;
  return true;
}

function isSameRecord(record: object, copy: object): boolean {
  let left = 0;
  for (const _ in copy) left += 1;
  for (const name in record) {
    if (!Object.hasOwn(record, name)) continue;
    const item = (record as Record<string, unknown>)[name];
    if (item === undefined || typeof item === 'function') continue;
    if (!isUnchanged(item, (copy as Record<string, unknown>)[name])) return false;
    left -= 1;
  }
  return left === 0;
}
