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
import { titleOf } from './conversation-columns.tsx';

/** The row that keys act on. It survives Back. */
export const selectedRow = signal<string | undefined>(undefined);

/** What can be done with the conversation that is selected. */
export function useSelectionCommands(row: Conversation | undefined, hasPeek: boolean): void {
  useCommands([...(row ? commandsOn(row, hasPeek) : []), ...closeCommands(row, hasPeek), ...compareCommand()]);
}

function commandsOn(row: Conversation, hasPeek: boolean): Command[] {
  const address = `/c/${encodeURIComponent(row.id)}`;
  const group = 'Selected';
  return [
    {
      keys: [' '],
      label: hasPeek ? 'Close the peek' : 'Peek',
      group,
      run: () => go(withQuery({ peek: hasPeek ? undefined : row.id })),
    },
    { keys: ['m', '1'], label: 'Messages', group, run: () => go(address) },
    { keys: ['2'], label: 'Turns', group, run: () => go(`${address}/turns`) },
    { keys: ['3'], label: 'Details', group, run: () => go(`${address}/details`) },
    ...(row.hasRun ? [{ keys: ['4'], label: 'Run', group, run: () => go(`${address}/run`) } as const] : []),
    {
      keys: ['t'],
      label: 'Trace',
      group,
      run: () => openLatest(row, ({ traceId, project }) => traceAddress({ traceId, project })),
    },
    ...(configured.value.length > 0 ? [destinationsCommand(row)] : []),
    {
      keys: ['x'],
      label: isMarked(row.id) ? 'Remove the mark' : 'Mark, to compare',
      group,
      run: () => toggleMark({ id: row.id, title: titleOf(row) }),
    },
    {
      keys: ['y'],
      label: 'Copy a link',
      group,
      run: () => void copyText(`${window.location.origin}${address}`).catch(() => {}),
    },
    ...(hasDead(row)
      ? [{ keys: ['r'], label: 'Retry its dead letters', group, run: () => void retryDead(row.id) } as const]
      : []),
  ];
}

function destinationsCommand(row: Conversation): Command {
  return {
    keys: ['d'],
    label: 'What each destination got',
    group: 'Selected',
    run: () =>
      go(`/c/${encodeURIComponent(row.id)}/destinations/${encodeURIComponent(worstDestination(row.deliveries) ?? '')}`),
  };
}

function closeCommands(row: Conversation | undefined, hasPeek: boolean): Command[] {
  if (hasPeek) {
    return [
      {
        keys: ['Escape'],
        label: 'Close the peek',
        group: 'View',
        isHelpOnly: true,
        run: () => go(withQuery({ peek: undefined })),
      },
    ];
  }
  if (!row) return [];
  const clear = (): void => {
    selectedRow.value = undefined;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  };
  return [{ keys: ['Escape'], label: 'Clear the selection', group: 'View', isHelpOnly: true, run: clear }];
}

/** Where two are marked. */
export function compareCommand(): Command[] {
  const href = compareAddress();
  return href === undefined
    ? []
    : [{ keys: ['c'], label: 'Compare the two marked', group: 'Selected', run: () => go(href) }];
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
