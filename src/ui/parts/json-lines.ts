import { bytes, counted } from '../format.ts';

/** One line of a value of JSON as it is shown. */
export interface JsonLine {
  /** Where the value is: keys joined by `\u0000`, so that a dot in a key is not a step. */
  readonly path: string;
  readonly depth: number;
  readonly key?: string;
  readonly value: unknown;
  /** The first and the last line of an object or a list, or both in one when it is folded or empty. */
  readonly kind: 'scalar' | 'open' | 'close' | 'folded';
  readonly isLast: boolean;
}

export interface JsonFolds {
  /** Paths that a person folded or unfolded, against the default. */
  readonly toggled: ReadonlySet<string>;
  /** What is searched for, in lower case; everything on the way to a match is unfolded. */
  readonly find: string;
  /** Paths that are shown from the start, whatever they lie in. */
  readonly marked?: ReadonlySet<string> | undefined;
}

const SEPARATOR = '\u0000';
const OPEN_DEPTH = 4;
const OPEN_ITEMS = 40;
const OPEN_CHARACTERS = 12_000;

export function pathOf(keys: readonly string[]): string {
  return keys.join(SEPARATOR);
}

/** @returns the lines that are in sight: those of folded parts are left out */
export function jsonLines(value: unknown, { toggled, find, marked = new Set() }: JsonFolds): JsonLine[] {
  const lines: JsonLine[] = [];
  const { paths } = matchesIn(value, find);
  const add = (
    item: unknown,
    [path, key]: readonly [path: string, key?: string],
    depth: number,
    isLast: boolean,
    isTight: boolean,
  ): void => {
    const line = { path, depth, value: item, isLast, ...(key !== undefined && { key }) };
    if (item === null || typeof item !== 'object') {
      lines.push({ ...line, kind: 'scalar' });
      return;
    }
    const entries = Object.entries(item);
    const isWide = !isTight && isOpenAtFirst(item, depth);
    const isOnWay = [...marked].some((each) => each.startsWith(`${path}${SEPARATOR}`));
    const isOpen = (isWide || isOnWay || paths.has(path)) !== toggled.has(path);
    if (!isOpen || entries.length === 0) {
      lines.push({ ...line, kind: 'folded' });
      return;
    }
    lines.push({ ...line, kind: 'open' });
    const isList = Array.isArray(item);
    entries.forEach(([name, each], index) => {
      const below = path === '' ? name : `${path}${SEPARATOR}${name}`;
      // What is open for a marked part alone keeps its other parts folded.
      add(each, isList ? [below] : [below, name], depth + 1, index === entries.length - 1, isOnWay && !isWide);
    });
    lines.push({ ...line, kind: 'close' });
  };
  add(value, [''], 0, true, false);
  return lines;
}

/** Deep, long and large parts are folded; the outermost is open, and so are its objects, in which large parts are folded. */
function isOpenAtFirst(item: object, depth: number): boolean {
  if (depth === 0) return true;
  if (depth >= OPEN_DEPTH || Object.keys(item).length > OPEN_ITEMS) return false;
  return (depth === 1 && !Array.isArray(item)) || sizeOf(item, OPEN_CHARACTERS) <= OPEN_CHARACTERS;
}

/** Characters of the texts within, roughly; counting stops at `limit`. */
function sizeOf(item: unknown, limit: number): number {
  let size = 0;
  const open: unknown[] = [item];
  for (let next = open.pop(); next !== undefined && size <= limit; next = open.pop()) {
    if (typeof next === 'string') size += next.length + 2;
    else if (typeof next === 'object' && next !== null) {
      for (const [key, each] of Object.entries(next)) {
        size += key.length + 4;
        if (each !== undefined && each !== null) open.push(each);
      }
    } else size += 6;
  }
  return size;
}

function matches(key: string | undefined, value: unknown, find: string): boolean {
  if (find === '') return false;
  if (key?.toLowerCase().includes(find)) return true;
  return (typeof value !== 'object' || value === null) && String(value).toLowerCase().includes(find);
}

interface Matches {
  /** Paths of objects and lists that have a match somewhere below. */
  readonly paths: ReadonlySet<string>;
  /** How many keys and values match, folded parts included. */
  readonly count: number;
}

export function matchesIn(value: unknown, find: string): Matches {
  const paths = new Set<string>();
  let count = 0;
  const look = (item: unknown, path: string, key: string | undefined, depth: number): boolean => {
    let isFound = matches(key, item, find);
    if (isFound) count += 1;
    if (item !== null && typeof item === 'object' && depth < 64) {
      for (const [name, each] of Object.entries(item)) {
        const below = path === '' ? name : `${path}${SEPARATOR}${name}`;
        if (look(each, below, Array.isArray(item) ? undefined : name, depth + 1)) {
          paths.add(path);
          isFound = true;
        }
      }
    }
    return isFound;
  };
  if (find !== '') look(value, '', undefined, 0);
  return { paths, count };
}

/** `[ 29 items, 21.4 kB ]`, `{ 3 keys }` */
export function summaryOf(value: object): string {
  const entries = Object.keys(value).length;
  const isList = Array.isArray(value);
  if (entries === 0) return isList ? '[]' : '{}';
  const size = sizeOf(value, 50_000_000);
  const text = `${isList ? counted(entries, 'item') : counted(entries, 'key')}${size > 1_000 ? `, ${bytes(size)}` : ''}`;
  return isList ? `[ ${text} ]` : `{ ${text} }`;
}

/** Messages lie in attributes as text: as a tree they can be read. */
export function readable(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, parsed(value)]));
}

/** A text that may hold JSON, as a value. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
