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

export function errorCommands(toError: (step: number) => void): Command[] {
  return [
    command('e', 'Next error', 'View', () => toError(1)),
    command('Shift+E', 'Previous error', 'View', () => toError(-1)),
  ];
}

export function command(key: string, label: string, group: Command['group'], run: () => void): Command {
  return { keys: [key], label, group, run };
}

export const linkCommand: Command = command('y', 'Copy a link to what is selected', 'Selected', copyLink);
