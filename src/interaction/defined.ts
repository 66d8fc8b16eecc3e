type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
type Required<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] };

/** The same record without the fields that are undefined, so that a mapper reads like a table: one field, one line. */
export function defined<T extends object>(record: T): Required<T> & Optional<T> {
  const kept: Partial<T> = {};
  for (const key in record) if (record[key] !== undefined) kept[key] = record[key];
  return kept as unknown as Required<T> & Optional<T>; // what was undefined is gone, which is all the type says
}

/** A text that says something: undefined for the empty one. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The list, or undefined where it has nothing. */
export function someOf<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

/** The record, or undefined where it has no field. */
export function someFields<T extends object>(record: T | undefined): T | undefined {
  return record && Object.keys(record).length > 0 ? record : undefined;
}
