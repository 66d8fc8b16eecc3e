import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { api } from '../api.ts';
import { axisDuration, count, money } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { followLive } from '../live.ts';
import { atMostEvery } from '../pace.ts';
import { type Buckets, Chart, chosen, type Series } from '../parts/chart.tsx';
import { FilterField } from '../parts/filter-field.tsx';
import { listAddress } from '../parts/filter-text.ts';
import { TimeRange } from '../parts/time-range.tsx';
import { address, go, withQuery } from '../router.ts';
import { isPhone } from '../screen.ts';
import { messageOf } from '../text.ts';
import { useTitle } from '../title.ts';
import { ChosenTime } from './dashboard-chosen.tsx';
import { COLORS, GROUPS, OTHERS_COLOR, type Selection, type Statistics } from './dashboard-model.ts';
import { GroupTable } from './dashboard-table.tsx';
import './dashboard.css';

type Group = Statistics['groups'][number];

const DEFAULT_SINCE = '24h';
/** Into how many parts the charts divide a time, and how long a part is. */
const PARTS: Readonly<Record<string, readonly [count: number, each: string]>> = {
  '15m': [90, '10 seconds'],
  '1h': [60, 'minute'],
  '12h': [72, '10 minutes'],
  '24h': [96, '15 minutes'],
  '7d': [84, '2 hours'],
  '30d': [90, '8 hours'],
};
/** For a time of any other length. */
const OTHER_PARTS = 84;
/** Statistics of a large store take a while. */
const RELOAD_MILLIS = 10_000;
/** With the selection that they are of: the old ones stay until those of another selection are there. */
const loaded = signal<ContentProps | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
const requests = { last: 0 };

async function load(selection: Selection, withBefore: boolean): Promise<void> {
  const request = ++requests.last;
  const buckets = partsOf(selection)?.[0] ?? OTHER_PARTS;
  try {
    const found = await api.statistics({ query: { ...selection, buckets } });
    const length = found.bucketMillis * buckets;
    const range = { since: String(Math.round(found.start - length)), until: String(Math.round(found.start)) };
    const before =
      withBefore && found.start >= length
        ? await api.statistics({ query: { ...selection, ...range, buckets } })
        : undefined;
    if (request !== requests.last) return;
    loaded.value = { ...selection, now: found, ...(before && { before }) };
    problem.value = undefined;
  } catch (error) {
    if (request === requests.last) problem.value = messageOf(error);
  }
}

function partsOf({ since, until }: Pick<Selection, 'since' | 'until'>): (typeof PARTS)[string] | undefined {
  return until === undefined ? PARTS[since] : undefined;
}

/** Cost, tokens, latency and errors over time. Every number leads to the list behind it. */
export function DashboardView(): JSX.Element {
  const { query } = address.value;
  const by = GROUPS.find(([name]) => name === query.get('by'))?.[0] ?? 'model';
  const q = query.get('q') ?? '';
  const since = query.get('since') ?? DEFAULT_SINCE;
  const until = query.get('until') ?? undefined;
  const isCompared = query.get('compare') === 'before';
  useTitle('Dashboard');
  const toggleBefore = (): void => go(withQuery({ compare: isCompared ? undefined : 'before' }));
  useCommands([
    ...GROUPS.map(([name, label], index) => ({
      keys: [String(index + 1)],
      label: `By ${label.toLowerCase()}`,
      group: 'View' as const,
      run: () => go(withQuery({ by: name })),
    })),
    { keys: ['c'], label: 'Compare with the time before', group: 'View', run: toggleBefore },
  ]);
  useEffect(() => {
    chosen.value = undefined;
    const read = (): Promise<void> => load({ by, q, since, until }, isCompared);
    read().catch(() => {});
    // The time that was dragged over is counted in buckets, which move with the present.
    const { run, cancel } = atMostEvery(RELOAD_MILLIS, async () => {
      if (!chosen.value) await read();
    });
    const end = followLive({ conversations: run, resync: run });
    return () => {
      end();
      cancel();
    };
  }, [by, q, since, until, isCompared]);
  return (
    <>
      <div class="controls">
        <nav class="group-tabs" aria-label="Groups">
          {GROUPS.map(([name, label]) => (
            <a key={name} href={withQuery({ by: name })} aria-current={name === by ? 'true' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <FilterField
          q={q}
          since={since}
          problem={problem.value}
          placeholder="Filter, such as service:shop -model:gpt-4o-mini"
        />
        <TimeRange since={since} fallback={DEFAULT_SINCE} each={partsOf({ since, until })?.[1]} />
        <button
          type="button"
          class="button compare-before"
          aria-label="Compare with the time before"
          aria-pressed={isCompared}
          onClick={toggleBefore}
        >
          Compare<span>with the time before</span>
        </button>
      </div>
      {loaded.value ? <Content {...loaded.value} /> : <div aria-busy={problem.value === undefined} />}
    </>
  );
}

interface ContentProps extends Selection {
  readonly now: Statistics;
  readonly before?: Statistics;
}

function Content({ now, before, ...selection }: ContentProps): JSX.Element {
  const buckets = { start: now.start, bucketMillis: now.bucketMillis, count: now.inputTokens.length };
  const errors = sum(now.errors.map(({ calls }) => calls));
  const { q, since, until } = selection;
  const list = (term = ''): string =>
    listAddress({ q: `${q} ${term}`.trim(), since, ...(until !== undefined && { until }) });
  return (
    <div class="dashboard">
      {now.isPartial && <p class="partial">Only the latest {count(now.calls)} calls of this time are counted.</p>}
      {now.calls === 0 && <p class="partial">No call in this time matches.</p>}
      <div class="charts">
        <Chart
          title="Cost"
          href={list('cost>0')}
          subtitle={withChange(costText(now), costOf(now), before && costOf(before))}
          buckets={buckets}
          series={costSeries(now.groups)}
          write={axisMoney}
        />
        <LatencyChart statistics={now} buckets={buckets} href={list()} />
        <TokensChart now={now} before={before} buckets={buckets} href={list('tokens>0')} />
        <Chart
          title="Errors"
          href={list('is:error')}
          subtitle={withChange(
            `${count(errors)} of ${count(now.calls)} calls`,
            errors,
            before && sum(before.errors.map(({ calls }) => calls)),
          )}
          buckets={buckets}
          series={errorSeries(now)}
          write={axisCount}
          isWhole
        />
        <ChosenTime statistics={now} buckets={buckets.count} q={selection.q} />
      </div>
      <GroupTable statistics={now} selection={selection} isPhone={isPhone.value} />
    </div>
  );
}

interface TokensChartProps {
  readonly now: Statistics;
  readonly before: Statistics | undefined;
  readonly buckets: Buckets;
  readonly href: string;
}

function TokensChart({ now, before, buckets, href }: TokensChartProps): JSX.Element {
  return (
    <Chart
      title="Tokens"
      href={href}
      subtitle={withChange(
        `${count(sum(now.inputTokens))} in, ${count(sum(now.outputTokens))} out`,
        tokensOf(now),
        before && tokensOf(before),
      )}
      buckets={buckets}
      series={[
        ...(sum(now.cachedTokens) > 0
          ? [{ label: 'input, cached', color: '--accent-tint', values: now.cachedTokens }]
          : []),
        {
          label: 'input',
          color: '--accent-fill',
          values: now.inputTokens.map((all, at) => Math.max(0, all - (now.cachedTokens[at] ?? 0))),
        },
        { label: 'output', color: '--data-fill', values: now.outputTokens },
      ]}
      write={axisCount}
      isWhole
    />
  );
}

function LatencyChart({
  statistics,
  ...props
}: {
  readonly statistics: Statistics;
  readonly buckets: Buckets;
  readonly href: string;
}): JSX.Element {
  return (
    <Chart
      {...props}
      title="Latency"
      subtitle="of calls to models"
      series={[
        { label: 'p99', color: '--accent-fill', line: 'solid', values: statistics.p99 },
        { label: 'p95', color: '--data-fill', line: 'dashed', values: statistics.p95 },
        { label: 'p50', color: '--mark', line: 'solid', values: statistics.p50 },
        { label: 'first chunk p50', color: '--ink-3', line: 'dotted', values: statistics.first },
      ]}
      write={axisDuration}
    />
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function costOf({ groups }: Statistics): number {
  return sum(groups.map(({ cost }) => cost));
}

/** `0.5351 USD, 12 without a price` */
function costText(statistics: Statistics): string {
  const unpriced = sum(statistics.groups.map((group) => group.unpriced));
  const cost = costOf(statistics);
  const text = `${money(cost === 0 && unpriced > 0 ? undefined : cost)} USD`;
  return unpriced > 0 ? `${text}, ${count(unpriced)} without a price` : text;
}

function tokensOf({ inputTokens, outputTokens }: Statistics): number {
  return sum(inputTokens) + sum(outputTokens);
}

/** `12.06 USD, +8 % to the time before` */
function withChange(text: string, value: number, before: number | undefined): string {
  if (before === undefined) return text;
  if (before === 0) return `${text}, nothing in the time before`;
  const share = Math.round(((value - before) / before) * 100);
  return `${text}, ${share < 0 ? '−' : '+'}${count(Math.abs(share))} % to the time before`;
}

/** Axes may be short where tables may not. */
function axisCount(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(1))} M`;
  if (value >= 1e4) return `${Number((value / 1e3).toFixed(1))} k`;
  return Number.isInteger(value) ? count(value) : '';
}

function axisMoney(value: number): string {
  if (value === 0) return '0';
  return value >= 1 ? value.toFixed(2) : String(Number(value.toPrecision(2)));
}

function costSeries(groups: readonly Group[]): Series[] {
  const paid = groups.filter(({ cost }) => cost > 0);
  const named = paid.filter(({ others }) => others === undefined).slice(0, COLORS.length);
  const rest = paid.filter((group) => !named.includes(group));
  const series = named.map((group, index) => ({
    label: group.key ?? 'none',
    color: COLORS[groups.indexOf(group)] ?? COLORS[index] ?? OTHERS_COLOR,
    values: group.costOverTime,
  }));
  if (rest.length === 0) return series;
  const amount = sum(rest.map(({ others }) => others ?? 1));
  return [
    ...series,
    {
      label: `${count(amount)} others`,
      color: OTHERS_COLOR,
      values: added(rest.map(({ costOverTime }) => costOverTime)),
    },
  ];
}

const MAX_LABEL = 40;

function errorSeries({ errors }: Statistics): Series[] {
  const [first, ...others] = errors;
  if (!first) return [];
  const label = first.error.length > MAX_LABEL ? `${first.error.slice(0, MAX_LABEL)}…` : first.error;
  const series: Series = { label, color: '--error-mark', values: first.overTime };
  if (others.length === 0) return [series];
  return [
    series,
    { label: 'all others', color: '--error-tint', values: added(others.map(({ overTime }) => overTime)) },
  ];
}

function added(lists: readonly (readonly number[])[]): number[] {
  return (lists[0] ?? []).map((_, at) => sum(lists.map((list) => list[at] ?? 0)));
}
