import { stripVTControlCharacters } from 'node:util';

type Paint = (text: string) => string;

/**
 * Colours of the 256-colour palette, each with a contrast of at least 3:1 on white and on the dark grey of editors. The
 * sixteen basic colours are left out: what they look like depends on the theme, and yellow on white or blue on black
 * cannot be read.
 */
export const palette = { red: 167, green: 29, yellow: 166, blue: 32, magenta: 134, cyan: 31, dim: 244 } as const;

export type Colors = Readonly<Record<keyof typeof palette | 'bold', Paint>>;

/** A place for text that people read: as wide as it is, in colour where that is wanted. */
export interface Terminal {
  readonly colors: Colors;
  readonly columns: number;
  line(text?: string): void;
}

const MIN_COLUMNS = 40;
const MAX_COLUMNS = 110;
/** Where the width is unknown, as in a pipe. */
const DEFAULT_COLUMNS = 96;

/** Colour only for a terminal, and never against `NO_COLOR` (no-color.org); `FORCE_COLOR` is for pipes that keep it. */
export function terminalOn(stream: NodeJS.WriteStream): Terminal {
  const { NO_COLOR, FORCE_COLOR, TERM, COLUMNS } = process.env;
  const colored = !NO_COLOR && (Boolean(FORCE_COLOR) || (stream.isTTY === true && TERM !== 'dumb'));
  return {
    colors: colorsFor(colored),
    columns: Math.min(Math.max(stream.columns || Number(COLUMNS) || DEFAULT_COLUMNS, MIN_COLUMNS), MAX_COLUMNS),
    line: (text = '') => void stream.write(`${text}\n`),
  };
}

/** A terminal that prints nothing. */
export const silentTerminal: Terminal = { colors: colorsFor(false), columns: DEFAULT_COLUMNS, line: () => undefined };

function colorsFor(colored: boolean): Colors {
  const paint = (name: keyof typeof palette): Paint =>
    colored ? (text) => `\x1b[38;5;${palette[name]}m${text}\x1b[39m` : String;
  return {
    bold: colored ? (text) => `\x1b[1m${text}\x1b[22m` : String,
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    blue: paint('blue'),
    magenta: paint('magenta'),
    cyan: paint('cyan'),
    dim: paint('dim'),
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** A text from elsewhere on one line: control characters could move the cursor, or give commands to the terminal. */
export function plain(text: string): string {
  return text.replace(CONTROLS, '\uFFFD');
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
