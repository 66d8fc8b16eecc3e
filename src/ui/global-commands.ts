import { deadLetters } from './destinations.ts';
import { count } from './format.ts';
import { type Command, lettersAreOn, setLetters } from './keyboard.ts';
import { isLive } from './live.ts';
import { overlay } from './overlays.ts';
import { address, go, segments, withQuery } from './router.ts';
import { command, linkCommand } from './shortcuts.ts';
import { isDark, toggleTheme } from './theme.ts';
import { isUtc } from './zone.ts';
import { toggleUtc } from './zone-choice.ts';

export const places = [
  {
    name: 'Conversations',
    href: '/conversations',
    roots: ['conversations', 'c', 'i', 'compare'],
    icon: 'chat',
    key: 'c',
  },
  { name: 'Traces', href: '/traces', roots: ['traces', 't'], icon: 'trace', key: 't' },
  { name: 'Destinations', href: '/destinations', roots: ['destinations'], icon: 'out', key: 'd' },
  { name: 'Dashboard', href: '/dashboard', roots: ['dashboard'], icon: 'chart', key: 'b' },
] as const;

/** Views that follow what arrives. */
const FOLLOWING = ['conversations', 'c', 'traces', 't', 'i', 'dashboard'];

export function toggleLive(): void {
  const { fragment } = address.value;
  const href = withQuery({ live: isLive.value ? 'off' : undefined });
  go(fragment === '' ? href : `${href}#${fragment}`, { replace: true });
}

/** What can be done in every view. */
export function globalCommands(): Command[] {
  return [
    ...(FOLLOWING.includes(segments.value[0] ?? '')
      ? [command('l', isLive.value ? 'Live off' : 'Live on', 'View', toggleLive)]
      : []),
    ...places.map(({ name, href, key }) => ({
      keys: [`g ${key}`],
      label:
        name === 'Destinations' && deadLetters.value > 0
          ? `Destinations, ${count(deadLetters.value)} dead letters`
          : name,
      group: 'Go' as const,
      run: () => go(href),
    })),
    { keys: [], label: 'First run: lines to copy', group: 'Go', run: () => go('/welcome') },
    { keys: ['Mod+k'], label: 'Search or jump to', group: 'Go', isHelpOnly: true, run: () => toggle('palette') },
    { ...linkCommand, label: 'Copy a link to this page', group: 'Go' },
    { keys: ['?'], label: 'Keys of this view', group: 'Go', run: () => toggle('help') },
    { keys: [], label: isDark.value ? 'Light colours' : 'Dark colours', group: 'Go', run: toggleTheme },
    { keys: [], label: isUtc.value ? 'Times in your own zone' : 'Times in UTC', group: 'Go', run: toggleUtc },
    {
      keys: [],
      label: lettersAreOn() ? 'Switch single-letter keys off' : 'Switch single-letter keys on',
      group: 'Go',
      run: () => setLetters(!lettersAreOn()),
    },
  ];
}

function toggle(name: 'palette' | 'help'): void {
  overlay.value = overlay.value === name ? undefined : name;
}
