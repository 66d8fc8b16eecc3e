import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Conversation } from '../../gateway/api/routes.ts';
import { count } from '../format.ts';
import { toggleLive } from '../global-commands.ts';
import { useCommands } from '../keyboard.ts';
import { isLive } from '../live.ts';
import { markLetters } from '../marked.ts';
import { FilterField } from '../parts/filter-field.tsx';
import { Grid } from '../parts/grid.tsx';
import { Icon } from '../parts/icon.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { MarkedBar } from '../parts/marked-bar.tsx';
import { TimeRange } from '../parts/time-range.tsx';
import { address, go, listPlace, withQuery } from '../router.ts';
import { isPhone, peekCovers, screenWidth } from '../screen.ts';
import { command } from '../shortcuts.ts';
import { useTitle } from '../title.ts';
import { ConversationColumnsMenu, columnsFor, PhoneRow, phoneHeight } from './conversation-columns.tsx';
import {
  follow,
  freshRows,
  isLoaded,
  isLoading,
  isStoreEmpty,
  load,
  loadMore,
  problem,
  rows,
  type Selection,
  showWaiting,
  summary,
  total,
  waitingRows,
} from './conversation-list.ts';
import { FirstRun } from './first-run.tsx';
import { NothingMatches } from './nothing-matches.tsx';
import { Peek } from './peek.tsx';
import { selectedRow, useSelectionCommands } from './selection.ts';
import { QuickLinks, Totals } from './summary-line.tsx';
import { TimeStrip } from './time-strip.tsx';
import './conversations.css';

const DEFAULT_SINCE = '12h';
const PEEK = 472;

/** What the address selects. */
function selectionOf(query: URLSearchParams): Selection {
  return {
    q: query.get('q') ?? '',
    since: query.get('since') ?? DEFAULT_SINCE,
    until: query.get('until') ?? undefined,
  };
}

/** The start: all conversations, the latest first, live. */
export function ConversationsView(): JSX.Element {
  const { query } = address.value;
  const { q, since, until } = selectionOf(query);
  const peek = query.get('peek') ?? undefined;
  const scroller = useRef<HTMLDivElement>(null);
  listPlace.href = withQuery({});
  useTitle(q === '' ? 'Conversations' : q);
  useCommands([command('.', 'Show new rows', 'View', showWaiting)]);
  // Before the paint: nothing is shown as the result of a selection before its answer.
  useLayoutEffect(() => {
    load({ q, since, until }).catch(() => {});
    return follow({ q, since, until }, () => (scroller.current?.scrollTop ?? 0) < 1 && selectedRow.value === undefined);
  }, [q, since, until]);
  const items = rows.value;
  const isEmpty = items.length === 0 && isLoaded.value && !isLoading.value && problem.value === undefined;
  if (isEmpty && isStoreEmpty.value) return <FirstRun />;
  return (
    <>
      <div class="controls">
        <FilterField
          q={q}
          since={since}
          problem={problem.value}
          result={summary.value?.conversations}
          total={total.value}
        />
        <TimeRange since={since} fallback={DEFAULT_SINCE} />
        <LiveButton />
        <ConversationColumnsMenu />
        {isPhone.value && <QuickLinks q={q} hasPeek />}
      </div>
      {!isPhone.value && (
        <div class="totals">
          <Totals q={q} />
          <QuickLinks q={q} hasPeek={peek !== undefined} />
        </div>
      )}
      {peek === undefined && <TimeStrip />}
      <div class="list-split">
        <div class="list">
          <NewRows />
          {items.length > 0 && <List items={items} scroller={scroller} selection={{ q, since, until }} peek={peek} />}
          {items.length === 0 && !isLoaded.value && <LoadingRows />}
          {isEmpty && <NothingMatches selection={{ q, since, until }} />}
          <MarkedBar />
        </div>
        {peek !== undefined && <Peek id={peek} items={items} />}
      </div>
    </>
  );
}

interface ListProps {
  readonly items: readonly Conversation[];
  readonly scroller: { current: HTMLDivElement | null };
  readonly selection: Selection;
  readonly peek: string | undefined;
}

function List({ items, scroller, selection, peek }: ListProps): JSX.Element {
  const { q, since } = selection;
  const current = peek ?? selectedRow.value;
  const row = items.find(({ id }) => id === current);
  const select = (id: string): void => {
    selectedRow.value = id;
    if (peek !== undefined) go(withQuery({ peek: id }), { replace: true });
  };
  const [first] = items;
  useSelectionCommands(
    row,
    peek !== undefined,
    current === undefined && first ? { row: first, select: () => select(first.id) } : undefined,
  );
  const room = screenWidth.value - (peek === undefined || peekCovers.value ? 0 : PEEK);
  return (
    <Grid
      label="Conversations"
      name={`conversations ${q} ${since}`}
      items={items}
      total={summary.value?.conversations}
      columns={columnsFor(room)}
      selected={current}
      fresh={freshRows.value}
      marks={markLetters()}
      scroller={scroller}
      idOf={({ id }) => id}
      hrefOf={({ id }) => `/c/${encodeURIComponent(id)}`}
      isError={({ status, errors, deliveries }) =>
        status === 'error' ||
        errors > 0 ||
        Object.values(deliveries).some((state) => state === 'dead' || state === 'stopped')
      }
      onSelect={select}
      // While the peek is open, a click moves it; the row opens by Enter, or by the button of the peek.
      onPick={peek === undefined || isPhone.value ? undefined : () => {}}
      onEnd={() => loadMore(selection).catch(() => {})}
      phoneRow={(each) => <PhoneRow row={each} />}
      phoneHeight={phoneHeight}
    />
  );
}

function LiveButton(): JSX.Element {
  return (
    <button type="button" class="button live-button" aria-pressed={isLive.value} onClick={toggleLive}>
      {isLive.value ? <OutcomeMark status="live" /> : <Icon name="pause" size={12} />}
      Live <kbd>L</kbd>
    </button>
  );
}

const ANNOUNCE_MILLIS = 10_000;

/** New rows wait here while a person reads: nothing moves under their eyes. Announced politely. */
function NewRows(): JSX.Element {
  const waiting = waitingRows.value.length;
  const spoken = useRef({ at: 0, text: '' });
  if (waiting === 0) spoken.current.text = '';
  else if (Date.now() - spoken.current.at > ANNOUNCE_MILLIS)
    spoken.current = { at: Date.now(), text: `${waiting} new` };
  return (
    <div class="new-rows">
      <span class="spoken" role="status">
        {spoken.current.text}
      </span>
      {waiting > 0 && (
        <button type="button" onClick={showWaiting}>
          <Icon name="arrowUp" size={11} />
          {count(waiting)} new, show them <kbd>.</kbd>
        </button>
      )}
    </div>
  );
}
