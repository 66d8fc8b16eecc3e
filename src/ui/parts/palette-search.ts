import type { Answer, Conversation } from '../../gateway/api/routes.ts';
import { CHOICES, TEXT_KEYS } from '../../store/filter-language.ts';
import { api } from '../api.ts';
import { age, counted } from '../format.ts';
import { currentCommands } from '../keyboard.ts';
import { named, traceAddress } from '../places.ts';
import { withoutMarks } from '../text.ts';
import { now } from '../time.ts';
import { titleOf } from '../views/conversation-columns.tsx';
import { quoted } from './filter-text.ts';
import type { IconName } from './icon.tsx';

export interface PaletteEntry {
  readonly id: string;
  readonly label: string;
  readonly detail?: string | undefined;
  readonly hint?: string;
  readonly keys?: string;
  readonly icon?: IconName;
  readonly status?: Conversation['status'];
  readonly isCode?: boolean;
  readonly href?: string;
  run?(): void;
}

export interface PaletteSection {
  readonly title: string;
  readonly entries: readonly PaletteEntry[];
}

interface CommandSections {
  readonly selected: readonly PaletteSection[];
  readonly others: readonly PaletteSection[];
}

/** Commands that match. Those on what is selected stand above all else. */
export function commandsFor(text: string): CommandSections {
  if (text.startsWith('#')) return { selected: [], others: [] };
  const words = text.replace(/^>/, '').trim().toLowerCase().split(/\s+/);
  const matching = currentCommands().filter(
    ({ label, isHelpOnly }) => !isHelpOnly && words.every((word) => label.toLowerCase().includes(word)),
  );
  const entriesOf = (...groups: readonly string[]): PaletteEntry[] =>
    matching
      .filter(({ group }) => groups.includes(group))
      .map(({ keys: [keys], label, run }) => ({
        id: `command ${label}`,
        label,
        icon: 'right',
        ...(keys !== undefined && { keys }),
        run: () => run(),
      }));
  return {
    selected: [{ title: 'Selected', entries: entriesOf('Selected') }],
    others: [{ title: 'Go and do', entries: entriesOf('View', 'Go') }],
  };
}

const LIMIT = 5;

/** What the gateway finds: an id after `#`, else conversations and filters. */
export async function searchFor(text: string): Promise<readonly PaletteSection[]> {
  const words = text.trim();
  if (words.startsWith('#')) return [{ title: 'Ids', entries: await idsFor(words.slice(1).trim()) }];
  if (words === '' || words.startsWith('>')) return [];
  const [conversations, filters] = await Promise.all([conversationsFor(words), filtersFor(words)]);
  return [
    { title: 'Conversations', entries: conversations },
    { title: 'Filter', entries: filters },
  ];
}

async function conversationsFor(words: string): Promise<PaletteEntry[]> {
  const q = words
    .split(/\s+/)
    .map((word) => `"${word.replace(/["\\]/g, ' ').trim()}*"`)
    .filter((word) => word !== '"*"')
    .join(' ');
  const { items } = await api.listConversations({ query: { q, limit: LIMIT } });
  return items.map((row) => ({
    id: `conversation ${row.id}`,
    label: titleOf(row),
    detail: withoutMarks(row.answer),
    hint: age(row.lastAt, now.value),
    status: row.status,
    href: `/c/${encodeURIComponent(row.id)}`,
  }));
}

const SEARCHED_KEYS = TEXT_KEYS.filter((key) => ['model', 'user', 'prompt', 'tool', 'service'].includes(key));

/** Filters that the text could be: values that exist, and states whose names begin with it. */
async function filtersFor(words: string): Promise<PaletteEntry[]> {
  const wanted = words.toLowerCase();
  const states = Object.entries(CHOICES).flatMap(([key, values]) =>
    values.filter((value) => value.startsWith(wanted)).map((value) => filterEntry(`${key}:${value}`)),
  );
  const found = await Promise.all(
    SEARCHED_KEYS.map(async (key) => {
      const { items } = await api.complete({ query: { key, prefix: words, limit: 2, since: '7d' } });
      return items.map(({ value, interactions }) =>
        filterEntry(`${key}:${quoted(value)}`, counted(interactions, 'interaction')),
      );
    }),
  );
  return [...states, ...found.flat()].slice(0, LIMIT);
}

function filterEntry(filter: string, hint?: string): PaletteEntry {
  return {
    id: `filter ${filter}`,
    label: filter,
    icon: 'filter',
    isCode: true,
    ...(hint !== undefined && { hint }),
    href: `/conversations?${new URLSearchParams({ q: filter })}`,
  };
}

type Resolved = Answer<'resolve'>['items'][number];

async function idsFor(id: string): Promise<PaletteEntry[]> {
  if (id === '') return [];
  const { items } = await api.resolve({ query: { id } });
  return items.map((item) => ({
    id: `${item.kind} ${item.id} ${item.project}`,
    label: item.id,
    hint: [item.kind, named(item.project)].filter(Boolean).join(', '),
    isCode: true,
    href: addressOf(item),
  }));
}

function addressOf({ kind, id, conversation, traceId = id, project }: Resolved): string {
  if (kind === 'trace') return traceAddress({ traceId, project });
  if (kind === 'span') return traceAddress({ traceId, spanId: id, project });
  if (kind === 'run' && conversation !== undefined)
    return `/c/${encodeURIComponent(conversation)}/run/${encodeURIComponent(id)}`;
  return `/c/${encodeURIComponent(conversation ?? id)}${kind === 'interaction' ? '/turns' : ''}`;
}
