import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { TraceRow } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { count, counted, duration, money, UNKNOWN } from '../format.ts';
import { type Command, useCommands } from '../keyboard.ts';
import { followLive } from '../live.ts';
import { atMostEvery } from '../pace.ts';
import { ColumnsMenu, chosenColumns, columnChoice } from '../parts/columns.tsx';
import { FilterField } from '../parts/filter-field.tsx';
import { type Column, Grid, RowLink } from '../parts/grid.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { Money } from '../parts/money.tsx';
import { TimeRange } from '../parts/time-range.tsx';
import { When } from '../parts/when.tsx';
import { traceAddress } from '../places.ts';
import { address, withQuery } from '../router.ts';
import { screenWidth } from '../screen.ts';
import { command } from '../shortcuts.ts';
import { messageOf, oneLine } from '../text.ts';
import { useTitle } from '../title.ts';
import './traces.css';

interface Selection {
  readonly q: string;
  readonly since: string;
  readonly until?: string | undefined;
}

const rows = signal<readonly TraceRow[]>([]);
const problem = signal<string | undefined>(undefined);
const isLoaded = signal(false);
const selected = signal<string | undefined>(undefined);
const list = { next: undefined as string | undefined, request: 0 };
const PAGE = 200;
const DEFAULT_SINCE = '12h';
const RELOAD_MILLIS = 1_000;
const choice = columnChoice('spanport.traces.columns');

async function load(selection: Selection): Promise<void> {
  const request = ++list.request;
  try {
    const page = await api.listTraces({ query: { ...selection, limit: PAGE } });
    if (request !== list.request) return;
    rows.value = page.items;
    list.next = page.next;
    problem.value = undefined;
    isLoaded.value = true;
  } catch (error) {
    if (request === list.request) problem.value = messageOf(error);
  }
}

async function loadMore(selection: Selection): Promise<void> {
  const { next, request } = list;
  if (next === undefined) return;
  list.next = undefined;
  const page = await api.listTraces({ query: { ...selection, limit: PAGE, cursor: next } });
  if (request !== list.request) return;
  rows.value = [...rows.value, ...page.items];
  list.next = page.next;
}

/** Loads again while the list is at its top and nothing is selected: rows never move while a person reads. */
function follow(selection: Selection, canMove: () => boolean): () => void {
  const reload = atMostEvery(RELOAD_MILLIS, async () => {
    if (canMove()) await load(selection);
  });
  const end = followLive({ conversations: reload.run, resync: reload.run });
  return () => {
    end();
    reload.cancel();
  };
}

const clearSelection: Command = {
  keys: ['Escape'],
  label: 'Clear the selection',
  group: 'View',
  isHelpOnly: true,
  run: () => {
    selected.value = undefined;
  },
};

/** All traces, the latest first. */
export function TracesView(): JSX.Element {
  const { query } = address.value;
  const q = query.get('q') ?? '';
  const since = query.get('since') ?? DEFAULT_SINCE;
  const until = query.get('until') ?? undefined;
  const scroller = useRef<HTMLDivElement>(null);
  useTitle('Traces');
  useCommands([clearSelection, command('.', 'Show new rows', 'View', () => load({ q, since, until }).catch(() => {}))]);
  // Nothing is shown as the result of another selection before its answer.
  useLayoutEffect(() => {
    isLoaded.value = false;
  }, [q, since, until]);
  useEffect(() => {
    load({ q, since, until }).catch(() => {});
    return follow({ q, since, until }, () => (scroller.current?.scrollTop ?? 0) < 1 && selected.value === undefined);
  }, [q, since, until]);
  const items = rows.value;
  const all = useMemo(() => columnsOf(items), [items]);
  return (
    <>
      <div class="controls">
        <FilterField
          q={q}
          since={since}
          problem={problem.value}
          placeholder="Filter, such as service:shop duration>2s is:error"
        />
        <TimeRange since={since} fallback={DEFAULT_SINCE} />
        <ColumnsMenu columns={all} choice={choice} always={['started']} />
      </div>
      <div class="list">
        {items.length > 0 && (
          <Grid
            label="Traces"
            name={`traces ${q} ${since}`}
            items={items}
            columns={chosenColumns(all, choice, screenWidth.value)}
            selected={selected.value}
            scroller={scroller}
            idOf={({ traceId, project }) => `${traceId} ${project}`}
            hrefOf={traceAddress}
            isError={({ errors }) => errors > 0}
            onSelect={(id) => {
              selected.value = id;
            }}
            onEnd={() => loadMore({ q, since, until }).catch(() => {})}
            phoneRow={(row) => <PhoneRow row={row} />}
            phoneHeight={() => 60}
          />
        )}
        {items.length === 0 && !isLoaded.value && problem.value === undefined && <LoadingRows />}
        {items.length === 0 && isLoaded.value && <NoTrace q={q} />}
      </div>
    </>
  );
}

function NoTrace({ q }: { readonly q: string }): JSX.Element {
  return (
    <div class="empty">
      <h2>
        No trace in this time
        {q !== '' && (
          <>
            {' '}
            matches <code>{q}</code>
          </>
        )}
        .
      </h2>
      <p>
        <a class="link" href={withQuery({ since: '0', until: undefined })}>
          All time
        </a>
        {q !== '' && (
          <>
            {' · '}
            <a class="link" href={withQuery({ q: undefined })}>
              Clear the filter
            </a>
          </>
        )}
      </p>
    </div>
  );
}

/** A resource without a name has one that says nothing. */
function servicesOf({ services }: TraceRow): string {
  return oneLine(services.filter((name) => !name.startsWith('unknown_service')).join(', ')) || UNKNOWN;
}

const columns: readonly Column<TraceRow>[] = [
  {
    id: 'state',
    name: 'State',
    head: null,
    width: '12px',
    level: 1,
    cell: ({ errors }) => <OutcomeMark status={errors > 0 ? 'error' : 'ok'} />,
  },
  {
    id: 'name',
    name: 'Trace',
    width: 'minmax(0, 1fr)',
    level: 1,
    className: 'title',
    cell: ({ name }) => <RowLink>{oneLine(name)}</RowLink>,
  },
  { id: 'service', name: 'Service', width: '140px', level: 3, className: 'cut', cell: servicesOf },
  {
    id: 'models',
    name: 'Models',
    width: '180px',
    level: 2,
    className: 'cut',
    cell: ({ models }) => oneLine(models.join(', ')),
  },
  {
    id: 'spans',
    name: 'Spans',
    width: '56px',
    level: 2,
    className: 'number',
    cell: ({ spans, isTruncated }) => `${isTruncated ? '> ' : ''}${count(spans)}`,
  },
  {
    id: 'errors',
    name: 'Errors',
    width: '48px',
    level: 2,
    className: 'number',
    cell: ({ errors }) => (errors > 0 ? <span class="bad">{count(errors)}</span> : ''),
  },
  {
    id: 'cost',
    name: 'USD',
    head: <span class="money">USD</span>,
    width: '84px',
    level: 2,
    className: 'main-ink',
    cell: ({ cost }) => <Money value={cost} />,
  },
  {
    id: 'duration',
    name: 'Duration',
    width: '74px',
    level: 1,
    className: 'number main-ink',
    cell: (row) => duration(row.duration),
  },
  {
    id: 'started',
    name: 'Started',
    width: '52px',
    level: 1,
    className: 'number',
    cell: ({ startTime }) => <When at={startTime} />,
  },
];

/** The duration as a share of the longest one in the list. */
function barColumn(items: readonly TraceRow[]): Column<TraceRow> {
  const longest = Math.max(0.001, ...items.map((row) => row.duration));
  const width = (row: TraceRow): string => `${(row.duration / longest) * 100}%`;
  return {
    id: 'bar',
    name: 'Share of the longest',
    head: null,
    width: '160px',
    level: 3,
    cell: (row) => <i class={`duration-bar${row.errors > 0 ? ' error' : ''}`} style={{ width: width(row) }} />,
  };
}

function columnsOf(items: readonly TraceRow[]): readonly Column<TraceRow>[] {
  return [...columns.slice(0, -1), barColumn(items), ...columns.slice(-1)];
}

function PhoneRow({ row }: { readonly row: TraceRow }): JSX.Element {
  return (
    <>
      <span class="mark">
        <OutcomeMark status={row.errors > 0 ? 'error' : 'ok'} />
      </span>
      <span class="cut">
        <RowLink>{oneLine(row.name)}</RowLink>
      </span>
      <span class="last">
        <When at={row.startTime} />
      </span>
      <span class="third">
        <span>{oneLine(row.models[0]) ?? UNKNOWN}</span>
        <span>{counted(row.spans, 'span')}</span>
        {row.errors > 0 && <span class="bad">{counted(row.errors, 'error')}</span>}
        <span>{row.cost === undefined ? UNKNOWN : `${money(row.cost)} USD`}</span>
        <span>{duration(row.duration)}</span>
      </span>
    </>
  );
}
