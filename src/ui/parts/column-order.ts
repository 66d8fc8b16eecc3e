/** These stay at the left: they say which row it is. */
export const FIXED_COLUMNS: readonly string[] = ['state', 'title', 'name'];

/** In the chosen order. A column that the choice does not know follows the one that it follows by default. */
export function inOrder<C extends { readonly id: string }>(
  columns: readonly C[],
  order: readonly string[],
): readonly C[] {
  const sorted = columns.filter(({ id }) => FIXED_COLUMNS.includes(id));
  for (const id of order) {
    const column = columns.find((each) => each.id === id);
    if (column && !sorted.includes(column)) sorted.push(column);
  }
  columns.forEach((column, index) => {
    if (sorted.includes(column)) return;
    const before = columns.slice(0, index).findLast((each) => sorted.includes(each));
    sorted.splice(before ? sorted.indexOf(before) + 1 : 0, 0, column);
  });
  return sorted;
}
