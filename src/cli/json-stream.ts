import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Failure } from './failure.ts';

/** One JSON value of a file, or why a line of it could not be read. */
export type JsonItem =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly problem: string; readonly isCut: boolean };

/**
 * The JSON values of a file of any size: one per line, the items of one list, or one document over many lines. `-` is
 * stdin. A value that ends with the file in its middle is cut.
 * @throws Failure when the file cannot be read
 */
export async function* jsonItems(path: string): AsyncGenerator<JsonItem> {
  const lines = linesOf(path);
  for await (const first of lines) {
    const text = first.text.trim();
    if (text === '') continue;
    const value = parsed(text);
    if (!('problem' in value)) {
      yield* Array.isArray(value.value)
        ? value.value.map((item: unknown) => ({ line: first.line, value: item }))
        : [{ line: first.line, ...value }];
      yield* remaining(lines);
    } else if (text.startsWith('[')) yield* itemsOfList(first, lines);
    else if (text.startsWith('{')) yield* documentFrom(first, lines, value.problem);
    else {
      yield { line: first.line, problem: value.problem, isCut: first.isLast };
      yield* remaining(lines);
    }
  }
}

interface Line {
  readonly line: number;
  readonly text: string;
  readonly isLast: boolean;
}

async function* remaining(lines: AsyncIterable<Line>): AsyncGenerator<JsonItem> {
  for await (const { line, text, isLast } of lines) {
    if (text.trim() === '') continue;
    const value = parsed(text);
    yield 'problem' in value ? { line, problem: value.problem, isCut: isLast } : { line, ...value };
  }
}

/**
 * A first line that is not JSON by itself begins a document over many lines, or is broken in a file of one value per
 * line: the next lines tell.
 */
async function* documentFrom(first: Line, lines: AsyncIterable<Line>, problem: string): AsyncGenerator<JsonItem> {
  const texts = [first.text];
  let isFirstRest = true;
  for await (const { line, text, isLast } of lines) {
    const value = isFirstRest && text.startsWith('{') ? parsed(text) : undefined;
    if (value && !('problem' in value)) {
      yield { line: first.line, problem, isCut: false };
      yield { line, ...value };
      if (!isLast) yield* remaining(lines);
      return;
    }
    isFirstRest = false;
    texts.push(text);
  }
  const value = parsed(texts.join('\n'));
  yield 'problem' in value
    ? { line: first.line, problem: value.problem, isCut: texts.length === 1 && first.isLast }
    : { line: first.line, ...value };
}

/** The items of a list, each parsed when its end is reached. */
async function* itemsOfList(first: Line, lines: AsyncIterable<Line>): AsyncGenerator<JsonItem> {
  const splitter = new ListSplitter();
  let last = first.line;
  for (const item of splitter.add(first.text, first.line)) yield item;
  for await (const { text, line } of lines) {
    last = line;
    for (const item of splitter.add(`\n${text}`, line)) yield item;
  }
  if (!splitter.isDone) yield { line: last, problem: 'the list does not end', isCut: true };
}

/** Finds the items of a JSON list in text that arrives in pieces. */
class ListSplitter {
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #item = '';
  #line = 0;

  get isDone(): boolean {
    return this.#depth === 0;
  }

  *add(text: string, line: number): Generator<JsonItem> {
    let start = 0;
    for (let index = 0; index < text.length; index += 1) {
      const character = text[index];
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (character === '\\') this.#isEscaped = true;
        else if (character === '"') this.#isInText = false;
        continue;
      }
      if (character === '"') this.#isInText = true;
      else if (character === '{' || character === '[') {
        this.#depth += 1;
        if (this.#depth === 1) start = index + 1;
      } else if (character === '}' || character === ']') {
        this.#depth -= 1;
        if (this.#depth === 0) yield* this.#end(text.slice(start, index), line);
      } else if (character === ',' && this.#depth === 1) {
        yield* this.#end(text.slice(start, index), line);
        start = index + 1;
      }
    }
    if (this.#depth > 0) this.#grow(text.slice(start), line);
  }

  #grow(text: string, line: number): void {
    if (this.#item.trim() === '') this.#line = line;
    this.#item += text;
  }

  *#end(text: string, line: number): Generator<JsonItem> {
    this.#grow(text, line);
    const item = this.#item.trim();
    this.#item = '';
    if (item === '') return;
    const value = parsed(item);
    yield 'problem' in value
      ? { line: this.#line, problem: value.problem, isCut: false }
      : { line: this.#line, ...value };
  }
}

async function* linesOf(path: string): AsyncGenerator<Line> {
  let line = 0;
  let text = '';
  try {
    for await (const chunk of streamOf(path)) {
      const parts = `${text}${String(chunk)}`.split('\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        line += 1;
        yield { line, text: withoutMark(part, line), isLast: false };
      }
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Failure(`${path} cannot be read (${code}).`);
  }
  if (text !== '') yield { line: line + 1, text: withoutMark(text, line + 1), isLast: true };
}

function streamOf(path: string): Readable {
  return path === '-' ? process.stdin.setEncoding('utf8') : createReadStream(path, { encoding: 'utf8' });
}

/** A byte order mark, which some editors write. */
function withoutMark(text: string, line: number): string {
  return line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
}

function parsed(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: error instanceof Error ? shortened(error.message) : String(error) };
  }
}

/** V8 quotes the text, which may be content. */
function shortened(message: string): string {
  return `not valid JSON (${message.replace(/, (\.\.\.)?".*$/s, '')})`;
}
