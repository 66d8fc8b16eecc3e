import { appendFile, readFile } from 'node:fs/promises';
import type { Window } from './windows.ts';

/** How far a window has been read. */
export interface Position {
  /** Records of the window that were read. */
  readonly skip: number;
  /** Whether the whole window was read, and no more records will be added to it. */
  readonly done: boolean;
}

/** What an import remembers from run to run. */
export interface ImportState {
  positionOf(window: Window): Position | undefined;
  has(key: string): boolean;
  /** Remembers a page, on disk before it resolves. `position` is absent if it will not be valid in the next run. */
  add(window: Window, keys: readonly string[], position: Position | undefined): Promise<void>;
}

/** One line of a state file; the first one names the bot. */
interface Line extends Partial<Position>, Partial<Window> {
  readonly botId?: string;
  readonly keys?: readonly string[];
}

/** 128 bits of a key distinguish any number of records. */
const KEY_LENGTH = 32;

/**
 * The state of an import, one line of JSON per page. Lines are appended, so that an interruption loses at most the last
 * one. Without a path the state is in memory.
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
      throw new Error(`${path} is the state of bot ${line.botId}: use another file for ${botId}.`);
    remember(line);
  }

  const append = async (line: Line): Promise<void> => {
    // The line break at the start also ends a line that an earlier run left incomplete.
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
