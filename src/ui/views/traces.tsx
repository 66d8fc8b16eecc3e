import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { TraceRow } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { age, count, duration, moment, money } from '../format.ts';
import { onLive } from '../live.ts';
import { FilterField } from '../parts/filter-field.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { address } from '../router.ts';
import { now } from '../time.ts';
import './table.css';

const rows = signal<readonly TraceRow[]>([]);
const next = signal<string | undefined>(undefined);
const problem = signal<string | undefined>(undefined);

async function load(q: string, cursor?: string): Promise<void> {
  try {
    const page = await api.listTraces({ query: { q, limit: 200, ...(cursor !== undefined && { cursor }) } });
    rows.value = cursor === undefined ? page.items : [...rows.value, ...page.items];
    next.value = page.next;
    problem.value = undefined;
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

/** All traces, the latest first. */
export function TracesView(): JSX.Element {
  const q = address.value.query.get('q') ?? '';
  useEffect(() => {
    load(q).catch(() => {});
    let timer: number | undefined;
    const end = onLive({
      conversations: () => {
        window.clearTimeout(timer);
        timer = window.setTimeout(() => load(q).catch(() => {}), 1_000);
      },
    });
    return () => {
      end();
      window.clearTimeout(timer);
    };
  }, [q]);
  const items = rows.value;
  const longest = Math.max(0.001, ...items.map((row) => row.duration));
  return (
    <>
      <div class="controls">
        <FilterField q={q} problem={problem.value} />
      </div>
      <div class="table">
        <table>
          <thead>
            <tr>
              <th>Trace</th>
              <th>Service</th>
              <th class="number">Spans</th>
              <th class="number">Errors</th>
              <th>Models</th>
              <th class="number">USD</th>
              <th class="number">Duration</th>
              <th>Latency</th>
              <th class="number">Started</th>
            </tr>
          </thead>
          <tbody>
            {items.map((row) => (
              <tr key={row.traceId}>
                <td>
                  <a href={`/t/${row.traceId}`}>
                    <OutcomeMark status={row.errors > 0 ? 'error' : 'ok'} /> {row.name}
                  </a>
                </td>
                <td>{row.services.filter((name) => !name.startsWith('unknown_service')).join(', ')}</td>
                <td class="number">{count(row.spans)}</td>
                <td class="number">{row.errors > 0 ? count(row.errors) : ''}</td>
                <td>{row.models.join(', ')}</td>
                <td class="number">{money(row.cost)}</td>
                <td class="number">{duration(row.duration)}</td>
                <td>
                  <span class="bar" style={{ width: `${(row.duration / longest) * 100}%` }} />
                </td>
                <td class="number dim" title={moment(row.startTime)}>
                  {age(row.startTime, now.value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {items.length === 0 && problem.value === undefined && <p class="empty">No trace matches.</p>}
        {next.value !== undefined && (
          <button type="button" class="button" onClick={() => load(q, next.value).catch(() => {})}>
            Show older traces
          </button>
        )}
      </div>
    </>
  );
}
