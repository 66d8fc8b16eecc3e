import { type Colors, clip, widthOf } from './terminal.ts';

export interface JsonViewOptions {
  readonly colors: Colors;
  readonly columns: number;
  readonly indent?: number;
  /** Everything, in full length. */
  readonly full?: boolean;
  /** As many members on a line as fit there. */
  readonly packed?: boolean;
}

const MAX_TEXT = 72;
const MAX_ITEMS = 6;
/** What lies deeper gets one line, however much of it fits. */
const MAX_DEPTH = 2;
/** A value cut shorter than this is useless. */
const MIN_WIDTH = 16;
/** Ids of traces and spans take half a line, and their beginning is enough to recognise them. */
const TRACE_OR_SPAN_ID = /^(?:[0-9a-f]{16}){1,2}$/;
const ID_WIDTH = 9;

/**
 * JSON for people: what fits on a line stays on it; long texts, long lists and what lies deep are cut, with a mark where.
 * With `full` nothing is cut and the result is JSON again.
 */
export function jsonView(
  value: unknown,
  { colors, columns, indent = 0, full = false, packed = false }: JsonViewOptions,
): string {
  const shortened = (text: string): string => clip(text, TRACE_OR_SPAN_ID.test(text) ? ID_WIDTH : MAX_TEXT);

  const more = (count: number): string => colors.dim(`… ${count} more`);

  const scalar = (value: unknown): string => {
    if (typeof value === 'string') return colors.green(JSON.stringify(full ? value : shortened(value)));
    if (typeof value === 'number' || typeof value === 'boolean') return colors.yellow(String(value));
    return colors.dim(String(value));
  };

  const entriesOf = (value: object): (readonly [head: string, member: unknown])[] =>
    Array.isArray(value)
      ? value.map((item) => ['', item])
      : Object.entries(value).map(([name, member]) => [`${colors.cyan(JSON.stringify(name))}: `, member]);

  const framed = (value: object, items: readonly string[]): string => {
    if (Array.isArray(value)) return `[${items.join(', ')}]`;
    return items.length > 0 ? `{ ${items.join(', ')} }` : '{}';
  };

  const flat = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return scalar(value);
    return framed(
      value,
      entriesOf(value).map(([head, member]) => head + flat(member)),
    );
  };

  /** As much of it as fits on one line of that width. */
  const flatWithin = (value: unknown, width: number): string => {
    const whole = flat(value);
    if (widthOf(whole) <= width) return whole;
    if (typeof value === 'string') return colors.green(JSON.stringify(clip(value, Math.max(1, width - 2))));
    if (typeof value !== 'object' || value === null) return whole;
    const entries = entriesOf(value);
    const items: string[] = [];
    let room = width - 4;
    for (const [index, [head, member]] of entries.entries()) {
      const after = entries.length - index - 1;
      const free = room - widthOf(head) - (after > 0 ? widthOf(more(after)) + 2 : 0);
      const item = flat(member);
      if (widthOf(item) > free) {
        if (free >= MIN_WIDTH) items.push(head + flatWithin(member, free));
        const left = free >= MIN_WIDTH ? after : after + 1;
        return framed(value, left > 0 ? [...items, more(left)] : items);
      }
      items.push(head + item);
      room -= widthOf(head) + widthOf(item) + 2;
    }
    return framed(value, items);
  };

  const tall = (value: unknown, depth: number, used: number): string => {
    const line = flat(value);
    if (typeof value !== 'object' || value === null || used + widthOf(line) <= columns) return line;
    if (!full && depth >= MAX_DEPTH) return flatWithin(value, columns - used);
    const margin = ' '.repeat(indent + 2 * depth + 2);
    const entries = entriesOf(value);
    const shown = full || !Array.isArray(value) ? entries : entries.slice(0, MAX_ITEMS);
    // Packed, an item of a list shares its line with the brackets and the comma around it.
    const shared = packed && Array.isArray(value) ? used - margin.length + 4 : 1;
    const lines = shown.map(([head, member]) => head + tall(member, depth + 1, margin.length + widthOf(head) + shared));
    if (shown.length < entries.length) lines.push(more(entries.length - shown.length));
    const [open, close] = Array.isArray(value) ? '[]' : '{}';
    if (packed && depth === 0) return `${open} ${packedMembers(lines, columns, margin)} ${close}`;
    if (packed && Array.isArray(value)) return `${open}${lines.join(`,\n${margin}`)}${close}`;
    if (packed) return flatWithin(value, columns - used);
    return `${open}\n${lines.map((line) => margin + line).join(',\n')}\n${margin.slice(2)}${close}`;
  };

  return ' '.repeat(indent) + tall(value, 0, indent);
}

/** Members one after another, as many on a line as fit. One that is several lines long goes on after its last line. */
function packedMembers(members: readonly string[], columns: number, margin: string): string {
  let text = margin;
  members.forEach((member, index) => {
    const item = index < members.length - 1 ? `${member},` : member;
    const [first = ''] = item.split('\n');
    const used = widthOf(text.slice(text.lastIndexOf('\n') + 1));
    if (index === 0) text += item;
    else text += used + 1 + widthOf(first) <= columns ? ` ${item}` : `\n${margin}${item}`;
  });
  return text.slice(margin.length);
}
