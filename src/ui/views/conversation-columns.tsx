import { computed } from '@preact/signals';
import type { JSX } from 'preact';
import type { Conversation, DeliveryState } from '../../gateway/api/routes.ts';
import { configured, stripWidth } from '../destinations.ts';
import { count, counted, duration, money, UNKNOWN } from '../format.ts';
import { ColumnsMenu, chosenColumns, columnChoice } from '../parts/columns.tsx';
import { DeliveryHeads, DeliveryStrip } from '../parts/deliveries.tsx';
import { type Column, RowLink } from '../parts/grid.tsx';
import { Icon } from '../parts/icon.tsx';
import { DeliveryMark, OutcomeMark } from '../parts/mark.tsx';
import { Money } from '../parts/money.tsx';
import { When } from '../parts/when.tsx';
import { oneLine, shortModel, withoutMarks } from '../text.ts';

const choice = columnChoice('spanport.columns');

function tokensOf({ inputTokens, outputTokens }: Conversation): number | undefined {
  return inputTokens === undefined && outputTokens === undefined ? undefined : (inputTokens ?? 0) + (outputTokens ?? 0);
}

/** Where a conversation has no words of a user, its name or id says which one it is. */
export function titleOf({ title, conversationId, id }: Conversation): string {
  return oneLine(title) ?? oneLine(conversationId) ?? id;
}

function othersOf([first, ...others]: readonly string[]): string | undefined {
  return first === undefined ? undefined : `${oneLine(first)}${others.length > 0 ? ` +${others.length}` : ''}`;
}

/** Versions of one model are one name; the exact ones are there on hover. */
function modelsOf(models: readonly string[]): string[] {
  return [...new Set(models.map(shortModel))];
}

function Title({ row }: { readonly row: Conversation }): JSX.Element {
  const isFailed = row.status === 'error' && row.error !== undefined;
  return (
    <>
      <RowLink>{titleOf(row)}</RowLink>
      <span class={isFailed ? 'after bad' : 'after'}>{secondLineOf(row)}</span>
    </>
  );
}

function Feedback({ feedback: { up, down } }: Conversation): JSX.Element | null {
  if (up + down === 0) return null;
  return (
    <>
      <Icon name={down > 0 ? 'thumbDown' : 'up'} size={13} />
      <span class="spoken">{`${counted(up, 'thumb')} up, ${down} down`}</span>
    </>
  );
}

const columns: readonly Column<Conversation>[] = [
  {
    id: 'state',
    name: 'State',
    head: null,
    width: '12px',
    level: 1,
    cell: ({ status }) => <OutcomeMark status={status} />,
  },
  {
    id: 'title',
    name: 'Conversation',
    width: 'minmax(0, 1fr)',
    level: 1,
    className: 'title',
    cell: (row) => <Title row={row} />,
  },
  {
    id: 'prompt',
    name: 'Prompt or assistant',
    width: '108px',
    level: 3,
    className: 'cut',
    cell: ({ prompts, agents }) => othersOf(prompts.length > 0 ? prompts : agents),
  },
  { id: 'user', name: 'User', width: '64px', level: 3, className: 'cut', cell: ({ users }) => othersOf(users) },
  {
    id: 'model',
    name: 'Model',
    width: '124px',
    level: 2,
    className: 'cut',
    cell: ({ models }) => <span title={oneLine(models.join(', '))}>{othersOf(modelsOf(models))}</span>,
  },
  {
    id: 'turns',
    name: 'Turns',
    width: '36px',
    level: 2,
    className: 'number',
    // Embeddings have none.
    cell: ({ turns }) => (turns > 0 ? count(turns) : ''),
  },
  {
    id: 'tools',
    name: 'Tools',
    width: '36px',
    level: 3,
    className: 'number',
    cell: ({ tools }) => (tools.length > 0 ? `${count(tools.length)}${tools.length < MAX_NAMES ? '' : '+'}` : ''),
  },
  {
    id: 'tokens',
    name: 'Tokens',
    width: '66px',
    level: 2,
    className: 'number main-ink',
    cell: (row) => `${row.isEstimated ? '~' : ''}${count(tokensOf(row))}`,
  },
  {
    id: 'cost',
    name: 'USD',
    head: <span class="money">USD</span>,
    width: '84px',
    level: 1,
    className: 'main-ink',
    cell: ({ cost, isEstimated }) => <Money value={cost} isEstimated={isEstimated} />,
  },
  {
    id: 'duration',
    name: 'Duration',
    width: '74px',
    level: 3,
    className: 'number',
    cell: (row) => duration(row.duration),
  },
  { id: 'feedback', name: 'Feedback', head: null, width: '14px', level: 3, cell: (row) => <Feedback {...row} /> },
];

/** A conversation lists at most this many names of tools. */
const MAX_NAMES = 20;

const last: Column<Conversation> = {
  id: 'last',
  name: 'Last',
  width: '46px',
  level: 1,
  className: 'number',
  cell: ({ lastAt }) => <When at={lastAt} />,
};

function destinationColumn(): Column<Conversation> {
  return {
    id: 'destinations',
    name: 'Destinations',
    head: <DeliveryHeads />,
    width: `${stripWidth.value}px`,
    level: 2,
    cell: ({ id, deliveries }) => (
      <DeliveryStrip
        deliveries={deliveries}
        isInRow
        hrefOf={(name) => `/c/${encodeURIComponent(id)}/destinations/${encodeURIComponent(name)}`}
      />
    ),
  };
}

const all = computed(() => [...columns, ...(configured.value.length > 0 ? [destinationColumn()] : []), last]);

export function columnsFor(width: number): readonly Column<Conversation>[] {
  return chosenColumns(all.value, choice, width);
}

export function ConversationColumnsMenu(): JSX.Element {
  return <ColumnsMenu columns={all.value} choice={choice} always={['last']} />;
}

const odd: readonly DeliveryState[] = ['dead', 'stopped', 'retrying', 'waiting'];

/** Three lines: title and age, the last words, figures. Deliveries by name, and only those that are not done. */
export function PhoneRow({ row }: { readonly row: Conversation }): JSX.Element {
  const isFailed = row.status === 'error' && row.error !== undefined;
  const states = configured.value.flatMap(({ name }) => {
    const state = row.deliveries[name];
    return state !== undefined && odd.includes(state) ? [{ name, state }] : [];
  });
  return (
    <>
      <span class="mark">
        <OutcomeMark status={row.status} />
      </span>
      <span class="cut">
        <RowLink>{titleOf(row)}</RowLink>
      </span>
      <span class="last">
        <When at={row.lastAt} />
      </span>
      {secondLineOf(row) && <span class={`second cut${isFailed ? ' bad' : ''}`}>{secondLineOf(row)}</span>}
      <span class="third">
        <span>{othersOf(modelsOf(row.models)) ?? UNKNOWN}</span>
        {row.turns > 1 && <span>{counted(row.turns, 'turn')}</span>}
        <span>{row.cost === undefined ? UNKNOWN : `${money(row.cost)} USD`}</span>
        <span>{duration(row.duration)}</span>
        {states.map(({ name, state }) => (
          <span key={name} class={state === 'retrying' ? 'wait' : state === 'waiting' ? '' : 'bad'}>
            <DeliveryMark state={state} />
            {name}
          </span>
        ))}
      </span>
    </>
  );
}

function secondLineOf({ status, error, answer }: Conversation): string | undefined {
  return status === 'error' && error !== undefined ? oneLine(error) : withoutMarks(answer);
}

export function phoneHeight(row: Conversation): number {
  return secondLineOf(row) ? 78 : 60;
}
