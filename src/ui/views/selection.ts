import { signal } from '@preact/signals';
import type { Conversation } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { copyText } from '../clipboard.ts';
import { configured } from '../destinations.ts';
import { type Command, useCommands } from '../keyboard.ts';
import { compareAddress, isMarked, toggleMark } from '../marked.ts';
import { worstDestination } from '../parts/delivery-links.tsx';
import { traceAddress } from '../places.ts';
import { go, withQuery } from '../router.ts';
import { command } from '../shortcuts.ts';
import { titleOf } from './conversation-columns.tsx';

/** The row that keys act on. It survives Back. */
export const selectedRow = signal<string | undefined>(undefined);

/**
 * What can be done with the conversation that is selected.
 * @param first without a selection, the row that any of the keys selects: the help lists them all the same
 */
export function useSelectionCommands(
  row: Conversation | undefined,
  hasPeek: boolean,
  first: { readonly row: Conversation; select(): void } | undefined,
): void {
  const keys = first
    ? commandsOn(first.row, hasPeek).map((each) => ({ ...each, isHelpOnly: true, run: first.select }))
    : row && commandsOn(row, hasPeek);
  useCommands([...(keys ?? []), ...closeCommands(row, hasPeek), ...compareCommand()]);
}

/** What can be done with a conversation, each by its key. */
export function commandsOn(row: Conversation, hasPeek: boolean): Command[] {
  const { id } = row;
  const address = `/c/${encodeURIComponent(id)}`;
  const on = (key: string, label: string, run: () => void): Command => command(key, label, 'Selected', run);
  const to = (key: string, label: string, layer = ''): Command => on(key, label, () => go(`${address}${layer}`));
  return [
    on(' ', hasPeek ? 'Close the peek' : 'Peek', () => go(withQuery({ peek: hasPeek ? undefined : id }))),
    { ...to('m', 'Messages'), keys: ['m', '1'] },
    to('2', 'Turns', '/turns'),
    to('3', 'Details', '/details'),
    ...(row.hasRun ? [to('4', 'Run', '/run')] : []),
    on('t', 'Trace', () => openLatest(row, ({ traceId, project }) => traceAddress({ traceId, project }))),
    ...(configured.value.length > 0
      ? [
          to(
            'd',
            'What each destination got',
            `/destinations/${encodeURIComponent(worstDestination(row.deliveries) ?? '')}`,
          ),
        ]
      : []),
    on('x', isMarked(id) ? 'Remove the mark' : 'Mark, to compare', () => toggleMark({ id, title: titleOf(row) })),
    on('y', 'Copy a link', () => void copyText(`${window.location.origin}${address}`).catch(() => {})),
    ...(hasDead(row) ? [on('r', 'Retry its dead letters', () => void retryDead(id))] : []),
  ];
}

function closeCommands(row: Conversation | undefined, hasPeek: boolean): Command[] {
  if (!hasPeek && !row) return [];
  const close = (): void => {
    if (hasPeek) {
      go(withQuery({ peek: undefined }));
      return;
    }
    selectedRow.value = undefined;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  };
  const label = hasPeek ? 'Close the peek' : 'Clear the selection';
  return [{ ...command('Escape', label, 'View', close), isHelpOnly: true }];
}

/** Where two are marked. */
export function compareCommand(): Command[] {
  const href = compareAddress();
  return href === undefined ? [] : [command('c', 'Compare the two marked', 'Selected', () => go(href))];
}

export function hasDead({ deliveries }: Pick<Conversation, 'deliveries'>): boolean {
  return Object.values(deliveries).includes('dead');
}

type Interaction = Awaited<ReturnType<typeof api.getConversation>>['rows'][number];

/** Opens what belongs to the last interaction of a conversation. */
function openLatest({ id }: Conversation, address: (row: Interaction) => string): void {
  const load = async (): Promise<void> => {
    const { rows } = await api.getConversation({ params: { id }, query: { limit: 200 } });
    const latest = rows.at(-1);
    if (latest) go(address(latest));
  };
  load().catch(() => {});
}

/** Sends every dead letter of a conversation again. @returns how many */
export async function retryDead(id: string, destination?: string): Promise<number> {
  const { rows } = await api.getConversation({ params: { id }, query: { limit: 500 } });
  const dead = rows.flatMap((row) =>
    Object.entries(row.deliveries).flatMap(([name, state]) =>
      state === 'dead' && (destination === undefined || destination === name)
        ? [{ params: { id: row.id, destination: name }, query: { project: row.project } }]
        : [],
    ),
  );
  const results = await Promise.all(dead.map((call) => api.retryDelivery(call)));
  return results.reduce((sum, { changed }) => sum + changed, 0);
}
