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
/** A value nested deeper gets one line and is cut to fit. */
const MAX_DEPTH = 2;
/** A value cut shorter than this is useless. */
const MIN_WIDTH = 16;
/** Ids of traces and spans take half a line, and their beginning is enough to recognise them. */
const TRACE_OR_SPAN_ID = /^(?:[0-9a-f]{16}){1,2}$/;
const ID_WIDTH = 9;

/**
 * JSON for people: what fits on a line stays on it. Long texts, long lists and deeply nested values are cut, with a mark
 * where. With `full` nothing is cut and the result is JSON again.
 */
export function jsonView(value: unknown, options: JsonViewOptions): string {
  return new JsonPrinter(options).print(value);
}

class JsonPrinter {
  readonly #colors: Colors;
  readonly #columns: number;
  readonly #indent: number;
  readonly #full: boolean;
  readonly #packed: boolean;

  constructor({ colors, columns, indent = 0, full = false, packed = false }: JsonViewOptions) {
    this.#colors = colors;
    this.#columns = columns;
    this.#indent = indent;
    this.#full = full;
    this.#packed = packed;
  }

  print(value: unknown): string {
    return ' '.repeat(this.#indent) + this.#tall(value, 0, this.#indent);
  }

  /** A value over as many lines as it needs. @param used columns that are taken before and after it on its line */
  #tall(value: unknown, depth: number, used: number): string {
    const line = this.#flat(value);
    const columns = this.#columns;
    if (typeof value !== 'object' || value === null || used + widthOf(line) <= columns) return line;
    if (!this.#full && depth >= MAX_DEPTH) return this.#flatWithin(value, columns - used);
    const margin = ' '.repeat(this.#indent + 2 * depth + 2);
    const entries = this.#entriesOf(value);
    const isList = Array.isArray(value);
    const shown = this.#full || !isList ? entries : entries.slice(0, MAX_ITEMS);
    // Packed, an item of a list shares its line with the brackets and the comma around it.
    const shared = this.#packed && isList ? used - margin.length + 4 : 1;
    const lines = shown.map(
      ([head, member]) => head + this.#tall(member, depth + 1, margin.length + widthOf(head) + shared),
    );
    if (shown.length < entries.length) lines.push(this.#more(entries.length - shown.length));
    const [open, close] = isList ? '[]' : '{}';
    if (this.#packed && depth === 0) return `${open} ${packedMembers(lines, columns, margin)} ${close}`;
    if (this.#packed && isList) return `${open}${lines.join(`,\n${margin}`)}${close}`;
    if (this.#packed) return this.#flatWithin(value, columns - used);
    return `${open}\n${lines.map((line) => margin + line).join(',\n')}\n${margin.slice(2)}${close}`;
  }

  #flat(value: unknown): string {
    if (typeof value !== 'object' || value === null) return this.#scalar(value);
    return framed(
      value,
      this.#entriesOf(value).map(([head, member]) => head + this.#flat(member)),
    );
  }

  /** As much of a value as fits on one line of this width. */
  #flatWithin(value: unknown, width: number): string {
    const whole = this.#flat(value);
    if (widthOf(whole) <= width) return whole;
    if (typeof value === 'string') return this.#colors.green(JSON.stringify(clip(value, Math.max(1, width - 2))));
    if (typeof value !== 'object' || value === null) return whole;
    const entries = this.#entriesOf(value);
    const items: string[] = [];
    let room = width - 4;
    for (const [index, [head, member]] of entries.entries()) {
      const after = entries.length - index - 1;
      const free = room - widthOf(head) - (after > 0 ? widthOf(this.#more(after)) + 2 : 0);
      const item = this.#flat(member);
      if (widthOf(item) > free) {
        if (free >= MIN_WIDTH) items.push(head + this.#flatWithin(member, free));
        const left = free >= MIN_WIDTH ? after : after + 1;
        return framed(value, left > 0 ? [...items, this.#more(left)] : items);
      }
      items.push(head + item);
      room -= widthOf(head) + widthOf(item) + 2;
    }
    return framed(value, items);
  }

  #scalar(value: unknown): string {
    const { green, yellow, dim } = this.#colors;
    if (typeof value === 'string') return green(JSON.stringify(this.#full ? value : shortened(value)));
    if (typeof value === 'number' || typeof value === 'boolean') return yellow(String(value));
    return dim(String(value));
  }

  #entriesOf(value: object): (readonly [head: string, member: unknown])[] {
    return Array.isArray(value)
      ? value.map((item) => ['', item])
      : Object.entries(value).map(([name, member]) => [`${this.#colors.cyan(JSON.stringify(name))}: `, member]);
  }

  #more(count: number): string {
    return this.#colors.dim(`… ${count} more`);
  }
}

function shortened(text: string): string {
  return clip(text, TRACE_OR_SPAN_ID.test(text) ? ID_WIDTH : MAX_TEXT);
}

function framed(value: object, items: readonly string[]): string {
  if (Array.isArray(value)) return `[${items.join(', ')}]`;
  return items.length > 0 ? `{ ${items.join(', ')} }` : '{}';
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
