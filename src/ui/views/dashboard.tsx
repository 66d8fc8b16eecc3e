import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { UsageRow } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { count, duration, money } from '../format.ts';
import { address, go, withQuery } from '../router.ts';
import { isDark } from '../theme.ts';
import './table.css';
import './dashboard.css';

const SPANS = { '12h': 'quarter', '24h': 'quarter', '7d': 'hour', '30d': 'day' } as const;
const SECONDS: Readonly<Record<Since, number>> = { '12h': 43_200, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 };
type Since = keyof typeof SPANS;

interface Loaded {
  readonly times: readonly UsageRow[];
  readonly models: readonly UsageRow[];
  readonly users: readonly UsageRow[];
}

/** Cost, tokens, errors and latency over time, by model and by user. Every number leads to the list behind it. */
export function DashboardView(): JSX.Element {
  const asked = address.value.query.get('since') ?? '24h';
  const since: Since = asked in SPANS ? (asked as Since) : '24h';
  const [loaded, setLoaded] = useState<Loaded>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const load = async (): Promise<void> => {
      const [times, models, users] = await Promise.all([
        api.listCosts({ query: { by: SPANS[since], since } }),
        api.listModels({ query: { since } }),
        api.listUsers({ query: { since } }),
      ]);
      setLoaded({ times: times.items, models: models.items, users: users.items });
    };
    load().catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  }, [since]);
  if (problem !== undefined) return <p class="empty">{problem}</p>;
  if (!loaded) return <div class="empty" aria-busy="true" />;
  const { times, models, users } = loaded;
  const rows = [...times].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  return (
    <div class="dashboard">
      <nav class="spans" aria-label="Time">
        {Object.keys(SPANS).map((each) => (
          <button
            key={each}
            type="button"
            class="button"
            aria-pressed={each === since}
            onClick={() => go(withQuery({ since: each }))}
          >
            {each}
          </button>
        ))}
      </nav>
      <div class="charts">
        <Chart
          title="Cost, USD"
          rows={rows}
          value={(row) => row.cost}
          write={money}
          color="--accent-fill"
          seconds={SECONDS[since]}
        />
        <Chart
          title="Tokens"
          rows={rows}
          value={(row) => row.inputTokens + row.outputTokens}
          write={count}
          color="--data-fill"
          seconds={SECONDS[since]}
        />
        <Chart
          title="Mean latency"
          rows={rows}
          value={(row) => row.duration / Math.max(1, row.interactions)}
          write={duration}
          color="--tool-fill"
          seconds={SECONDS[since]}
        />
        <Chart
          title="Errors"
          rows={rows}
          value={(row) => row.errors}
          write={count}
          color="--error-mark"
          seconds={SECONDS[since]}
        />
      </div>
      <div class="tables">
        <UsageTable title="Model" rows={models} filter="model" since={since} />
        <UsageTable title="User" rows={users} filter="user" since={since} />
      </div>
    </div>
  );
}

interface ChartProps {
  readonly title: string;
  readonly rows: readonly UsageRow[];
  readonly color: string;
  /** How much time the chart shows. */
  readonly seconds: number;
  value(row: UsageRow): number;
  write(value: number): string;
}

/** uPlot loads when the first chart is drawn. The table below the charts holds the same figures. */
function Chart({ title, rows, value, write, color, seconds }: ChartProps): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const total = rows.reduce((sum, row) => sum + value(row), 0);
  useEffect(() => {
    let chart: uPlot | undefined;
    let isGone = false;
    const draw = async (): Promise<void> => {
      const [{ default: Plot }] = await Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]);
      const element = holder.current;
      if (!element || isGone || rows.length === 0) return;
      const style = getComputedStyle(document.documentElement);
      const resolved = (name: string): string => resolvedColor(element, style.getPropertyValue(name));
      const [ink, line, fill] = [resolved('--ink-3'), resolved('--line'), resolved(color)];
      const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px sans-serif' };
      const options: uPlot.Options = {
        width: element.clientWidth,
        height: 132,
        cursor: { sync: { key: 'dashboard' }, drag: { x: true, y: false } },
        legend: { show: false },
        axes: [
          axis,
          {
            ...axis,
            size: 64,
            ...(title === 'Errors' && { incrs: [1, 2, 5, 10, 50, 100, 1_000] }),
            values: (_, ticks) => ticks.map(write),
          },
        ],
        series: [{}, { stroke: fill, fill: `${fill}33`, width: 1.5, points: { show: rows.length < 20, size: 5 } }],
        scales: {
          x: { range: () => [Date.now() / 1_000 - seconds, Date.now() / 1_000] },
          y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1e-6)] },
        },
      };
      chart = new Plot(options, [rows.map((row) => (row.at ?? 0) / 1_000), rows.map(value)], element);
    };
    draw().catch(() => {});
    return () => {
      isGone = true;
      chart?.destroy();
    };
  }, [rows, isDark.value]);
  return (
    <figure class="chart">
      <figcaption>
        {title} {title.startsWith('Mean') ? '' : <b>{write(total)}</b>}
      </figcaption>
      <div ref={holder} aria-hidden="true" />
    </figure>
  );
}

/** A canvas knows neither variables nor `light-dark()`: the browser works the colour out. */
function resolvedColor(holder: HTMLElement, value: string): string {
  holder.style.color = value;
  const [red = 0, green = 0, blue = 0] = getComputedStyle(holder).color.match(/\d+/g)?.map(Number) ?? [];
  holder.style.color = '';
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

interface UsageTableProps {
  readonly title: string;
  readonly rows: readonly UsageRow[];
  readonly filter: string;
  readonly since: string;
}

function UsageTable({ title, rows, filter, since }: UsageTableProps): JSX.Element {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th>{title}</th>
            <th class="number">Interactions</th>
            <th class="number">Errors</th>
            <th class="number">Tokens</th>
            <th class="number">USD</th>
            <th class="number">Mean latency</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <td>
                {row.isOther ? (
                  'others'
                ) : (
                  <a href={`/conversations?${new URLSearchParams({ q: `${filter}:${quoted(row.key)}`, since })}`}>
                    {row.key || '—'}
                  </a>
                )}
              </td>
              <td class="number">{count(row.interactions)}</td>
              <td class="number">{row.errors > 0 ? count(row.errors) : ''}</td>
              <td class="number">{count(row.inputTokens + row.outputTokens)}</td>
              <td class="number">{row.unpriced === row.interactions ? '—' : money(row.cost)}</td>
              <td class="number">{duration(row.duration / Math.max(1, row.interactions))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="dim">Nothing in this time.</p>}
    </div>
  );
}

function quoted(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : `"${text}"`;
}
