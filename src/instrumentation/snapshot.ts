/** Circles are looked for below this depth only: nothing but a mistake or a database document has them. */
const PLAIN_DEPTH = 6;
/** Deeper values are a mistake. */
const MAX_DEPTH = 64;

/**
 * A copy of a value as JSON would write it, so that later changes by the caller do not reach it: `toJSON` is called,
 * getters are read, functions are left out. It costs little, since texts are shared. What JSON cannot write at all,
 * such as a circle, is left out, too.
 */
export function snapshot(value: unknown): unknown {
  return copyOf(value, '', 0, undefined);
}

type Path = readonly object[] | undefined;

/** @param key of the value in its holder; as a text only for `toJSON`, so that a list makes none for its items */
function copyOf(value: unknown, key: string | number, depth: number, above: Path): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  const { toJSON } = value as { toJSON?: unknown };
  return copyWritten(typeof toJSON === 'function' ? toJSON.call(value, String(key)) : value, depth, above);
}

/** As {@link copyOf}, for what `toJSON` has returned: JSON calls it once. */
function copyWritten(value: unknown, depth: number, above: Path): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (depth > MAX_DEPTH || above?.includes(value)) return undefined;
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return value.valueOf();
  const path = depth < PLAIN_DEPTH ? undefined : [...(above ?? []), value];
  return Array.isArray(value) ? copyList(value, depth + 1, path) : copyRecord(value, depth + 1, path);
}

function copyList(list: readonly unknown[], depth: number, path: Path): unknown[] {
  const copy: unknown[] = [];
  // A loop and no `map`, which would leave the holes of a list in it.
  for (let index = 0; index < list.length; index += 1) copy.push(copyOf(list[index], index, depth, path) ?? null);
  return copy;
}

function copyRecord(record: object, depth: number, path: Path): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  // No list of the names is made: this runs in the application's turn.
  for (const name in record) {
    if (!Object.hasOwn(record, name)) continue;
    const item = copyOf((record as Record<string, unknown>)[name], name, depth, path);
    // `__proto__` as a key is an attack on readers, never data.
    if (item !== undefined && name !== '__proto__') copy[name] = item;
  }
  return copy;
}
