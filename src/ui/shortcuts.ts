import { useRef } from 'preact/hooks';
import { copyLink } from './clipboard.ts';
import type { Command } from './keyboard.ts';

/** The keys that move through rows are the same in every view. @param what one row, such as `message` */
export function rowCommands(what: string, move: (step: number) => void): Command[] {
  const base = { group: 'View', isHelpOnly: true } as const;
  return [
    { ...base, keys: ['j', 'ArrowDown'], label: `Next ${what}`, run: () => move(1) },
    { ...base, keys: ['k', 'ArrowUp'], label: `Previous ${what}`, run: () => move(-1) },
  ];
}

/** The item so many steps further, or the one at the end. */
export function moved<T>(items: readonly T[], at: number, step: number): T | undefined {
  return items[Math.min(items.length - 1, Math.max(0, at + step))];
}

/** The first of these places after another one, or the last before it. */
export function nextOf(places: readonly number[], at: number, step: number): number | undefined {
  return step > 0 ? places.find((each) => each > at) : places.findLast((each) => each < at);
}

export function errorCommands(toError: (step: number) => void): Command[] {
  return [
    command('e', 'Next error', 'View', () => toError(1)),
    command('Shift+E', 'Previous error', 'View', () => toError(-1)),
  ];
}

/**
 * Space closes what is next to a list, and opens it again where it was.
 * @param first where it opens for the first time
 */
export function usePanelKey(
  selected: string | undefined,
  first: string | undefined,
  show: (id: string | undefined) => void,
): Command {
  const last = useRef(first);
  if (selected !== undefined) last.current = selected;
  const isOpen = selected !== undefined;
  return command(' ', isOpen ? 'Close the panel' : 'Open the panel', 'Selected', () =>
    show(isOpen ? undefined : (last.current ?? first)),
  );
}

export function command(key: string, label: string, group: Command['group'], run: () => void): Command {
  return { keys: [key], label, group, run };
}

export const linkCommand: Command = command('y', 'Copy a link to what is selected', 'Selected', copyLink);
