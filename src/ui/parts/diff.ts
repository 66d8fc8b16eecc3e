/** A stretch of tokens that both texts have, or that only one has. */
export interface Change<T> {
  readonly kind: 'same' | 'removed' | 'added';
  readonly items: readonly T[];
}

/** Above this many edits two texts have nothing in common that a person could follow. */
const MAX_EDITS = 1_500;

/**
 * The shortest way from one list to the other (Myers, greedy). Beyond a bound, what lies between the common beginning and
 * end is removed and added as a whole.
 */
export function differenceOf<T>(
  a: readonly T[],
  b: readonly T[],
  isEqual = (x: T, y: T): boolean => x === y,
): Change<T>[] {
  let start = 0;
  while (start < a.length && start < b.length && isEqual(at(a, start), at(b, start))) start += 1;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    isEqual(at(a, a.length - 1 - end), at(b, b.length - 1 - end))
  ) {
    end += 1;
  }
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  const middle = path(left, right, isEqual) ?? [change('removed', left), change('added', right)];
  return joined([change('same', a.slice(0, start)), ...middle, change('same', a.slice(a.length - end))]);
}

function path<T>(a: readonly T[], b: readonly T[], isEqual: (x: T, y: T) => boolean): Change<T>[] | undefined {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(a.length + b.length, MAX_EDITS); edits += 1) {
    trace.push(new Map(furthest));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = isDown(furthest, diagonal, edits)
        ? (furthest.get(diagonal + 1) ?? 0)
        : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && isEqual(at(a, x), at(b, x - diagonal))) x += 1;
      furthest.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return backwards(a, b, trace);
    }
  }
  return undefined;
}

function isDown(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function backwards<T>(a: readonly T[], b: readonly T[], trace: readonly ReadonlyMap<number, number>[]): Change<T>[] {
  const changes: Change<T>[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const furthest = trace[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const previous = isDown(furthest, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (furthest.get(previous) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) {
      changes.push(change('same', [at(a, x - 1)]));
      x -= 1;
      y -= 1;
    }
    if (edits > 0) changes.push(x === fromX ? change('added', [at(b, y - 1)]) : change('removed', [at(a, x - 1)]));
    [x, y] = [fromX, fromY];
  }
  return changes.reverse();
}

function change<T>(kind: Change<T>['kind'], items: readonly T[]): Change<T> {
  return { kind, items };
}

function joined<T>(changes: readonly Change<T>[]): Change<T>[] {
  const result: { kind: Change<T>['kind']; items: T[] }[] = [];
  for (const { kind, items } of changes) {
    if (items.length === 0) continue;
    const last = result.at(-1);
    if (last?.kind === kind) last.items.push(...items);
    else result.push({ kind, items: [...items] });
  }
  return result;
}

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

/** Words, runs of white space, and single other characters. */
export function wordsOf(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** Longer texts are compared line by line. */
const MAX_WORDS = 20_000;

export function textDifference(a: string, b: string): Change<string>[] {
  const isLong = a.length + b.length > MAX_WORDS * 5;
  const split = isLong ? (text: string): string[] => text.split(/(?<=\n)/) : wordsOf;
  return withoutIslands(differenceOf(split(a), split(b)));
}

/** A lone space or sign between two changes is part of them: a mark on every other word can't be read. */
function withoutIslands(changes: readonly Change<string>[]): Change<string>[] {
  const flat = changes.flatMap((each, index) => {
    const isIsland =
      each.kind === 'same' && index > 0 && index < changes.length - 1 && !/[\p{L}\p{N}]/u.test(each.items.join(''));
    return isIsland ? [change('removed', each.items), change('added', each.items)] : [each];
  });
  const result: Change<string>[] = [];
  for (let index = 0; index < flat.length; ) {
    const from = index;
    while (index < flat.length && flat[index]?.kind !== 'same') index += 1;
    const run = flat.slice(from, index);
    for (const kind of ['removed', 'added'] as const) {
      const items = run.filter((each) => each.kind === kind).flatMap(({ items: own }) => own);
      if (items.length > 0) result.push(change(kind, items));
    }
    const same = flat[index];
    if (same) result.push(same);
    index += 1;
  }
  return result;
}

/** The share of both texts that is the same, from 0 to 1. */
export function similarity(changes: readonly Change<string>[]): number {
  let [same, all] = [0, 0];
  for (const { kind, items } of changes) {
    const length = items.join('').trim().length * (kind === 'same' ? 2 : 1);
    all += length;
    if (kind === 'same') same += length;
  }
  return all === 0 ? 1 : same / all;
}
