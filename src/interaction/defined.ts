type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
type Required<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] };

/** The record without its undefined fields, so that a mapper can list one field per line. */
export function defined<T extends object>(record: T): Required<T> & Optional<T> {
  const result: Partial<T> = {};
  for (const key in record) if (record[key] !== undefined) result[key] = record[key];
  return result as unknown as Required<T> & Optional<T>;
}

/** The text, or undefined if it is empty. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The list, or undefined if it is empty. */
export function someOf<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

/** The record, or undefined if it has no fields. */
export function someFields<T extends object>(record: T | undefined): T | undefined {
  // Not `Object.keys`, which allocates a list.
  for (const _ in record) return record;
  return undefined;
}

/** The list without its undefined items. The same list if it has none, as nearly all have: it has space for its items only. */
export function presentOf<T>(list: (T | undefined)[]): T[] {
  // `includes` finds empty places as well.
  return list.includes(undefined) ? list.filter(isPresent) : (list as T[]);
}

function isPresent<T>(item: T | undefined): item is T {
  return item !== undefined;
}
