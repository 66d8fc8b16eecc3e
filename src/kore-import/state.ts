import { appendFile, readFile } from 'node:fs/promises';
import type { Window } from './windows.ts';

/** How far a window has been read. */
export interface Position {
  /** Records of the window that are behind us. */
  readonly skip: number;
  /** Everything that the window will ever hold has been read. */
  readonly done: boolean;
}

/** What an import remembers from run to run. */
export interface ImportState {
  positionOf(window: Window): Position | undefined;
  has(key: string): boolean;
  /** Remembers a page, on disk before it resolves. `position` is absent where it would not hold the next time. */
  add(window: Window, keys: readonly string[], position: Position | undefined): Promise<void>;
}

/** One line of a state file; the first one says whose it is. */
interface Line extends Partial<Position>, Partial<Window> {
  readonly botId?: string;
  readonly keys?: readonly string[];
}

/** 128 bits of a key tell any number of records apart. */
const KEY_LENGTH = 32;

/**
 * The state of an import, one line of JSON per page: written by appending, so that an interruption costs the last line
 * at most. Without a path it lives as long as the process.
 * @throws Error the file belongs to another bot
 */
export async function openState(path: string | undefined, botId: string): Promise<ImportState> {
  const seen = new Set<string>();
  const positions = new Map<string, Position>();
  const text = path === undefined ? '' : await readIfThere(path);

  const remember = ({ from, to, skip, done, keys }: Line): void => {
    for (const key of keys ?? []) seen.add(key);
    if (from !== undefined && to !== undefined && skip !== undefined)
      positions.set(nameOf({ from, to }), { skip, done: done === true });
  };
  for (const line of linesOf(text)) {
    if (line.botId !== undefined && line.botId !== botId)
      throw new Error(`${path} is the state of bot ${line.botId}: take another file for ${botId}.`);
    remember(line);
  }

  const append = async (line: Line): Promise<void> => {
    // The first line ends a torn one of an earlier run, too.
    if (path !== undefined) await appendFile(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };
  if (path !== undefined && !text.endsWith('\n')) {
    if (text !== '') await appendFile(path, '\n');
    await append({ botId });
  }

  return {
    positionOf: (window) => positions.get(nameOf(window)),
    has: (key) => seen.has(short(key)),
    async add(window, keys, position) {
      const line: Line = { ...window, ...position, keys: keys.map(short) };
      remember(line);
      await append(line);
    },
  };
}

const short = (key: string): string => key.slice(0, KEY_LENGTH);
const nameOf = ({ from, to }: Window): string => `${from}-${to}`;

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Lines that do not parse were cut by a crash: their records are read again. */
function linesOf(text: string): readonly Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}
