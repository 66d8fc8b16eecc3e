import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** A place for text that people read: as wide as it is, in colour where that is wanted. */
export interface Terminal {
  readonly colors: Colors;
  readonly columns: number;
  line(text?: string): void;
}

/** Colour only for a terminal, and never against `NO_COLOR` (no-color.org); `FORCE_COLOR` is for pipes that keep it. */
export function terminalOn(stream: NodeJS.WriteStream): Terminal {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const colored = !NO_COLOR && (Boolean(FORCE_COLOR) || (stream.isTTY === true && TERM !== 'dumb'));
  return {
    colors: picocolors.createColors(colored),
    columns: Math.min(Math.max(stream.columns || 96, 60), 110),
    line: (text = '') => void stream.write(`${text}\n`),
  };
}

/** Visible width. Wide characters are counted as one, which is enough for what we print in columns. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Cut to a width, with an ellipsis. For text without colour. */
export function clip(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Lines of at most `width`, broken at blanks where there are any. For text without colour. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(/\s+/)) {
      if (line && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line);
        line = word;
      } else {
        line = line ? `${line} ${word}` : word;
      }
    }
    lines.push(line);
  }
  return lines;
}
