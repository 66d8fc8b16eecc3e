/** Rows of one statement. A call from JavaScript into SQLite costs as much as several rows. */
const SIZES = [16, 4, 1];

/** Cuts rows into groups, each with a statement of its own: see {@link insertOf}. */
export function rowGroups<T>(rows: readonly T[]): T[][] {
  const groups: T[][] = [];
  let start = 0;
  for (const size of SIZES)
    for (; rows.length - start >= size; start += size) groups.push(rows.slice(start, start + size));
  return groups;
}

/** The statements that insert groups of rows, by the number of rows. */
export function insertOf(into: string, columns: number): (rows: number) => string {
  const row = `(${Array(columns).fill('?').join(', ')})`;
  const statements = new Map(SIZES.map((rows) => [rows, `${into} VALUES ${Array(rows).fill(row).join(', ')}`]));
  return (rows) => statements.get(rows) ?? '';
}
