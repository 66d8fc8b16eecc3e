import type { JSX } from 'preact';
import { clock, count, duration, moment, money } from '../format.ts';
import { OutcomeMark } from '../parts/mark.tsx';
import type { Turn } from './transcript.ts';

/** Each interaction as one row, with its latency on one scale for the whole conversation. */
export function TurnsLayer({ turns }: { readonly turns: readonly Turn[] }): JSX.Element {
  const longest = Math.max(0.001, ...turns.flatMap(({ rows }) => rows.map((row) => row.duration)));
  return (
    <div class="turns">
      <table>
        <thead>
          <tr>
            <th>Turn</th>
            <th>Time</th>
            <th>Operation</th>
            <th>Model</th>
            <th class="number">Input</th>
            <th class="number">Output</th>
            <th class="number">USD</th>
            <th class="number">First chunk</th>
            <th class="number">Duration</th>
            <th>Latency</th>
          </tr>
        </thead>
        <tbody>
          {turns.flatMap(({ number, rows }) =>
            rows.map((row, index) => (
              <tr key={row.id}>
                <td>{index === 0 && number}</td>
                <td title={moment(row.startTime)}>{clock(row.startTime)}</td>
                <td>
                  <a href={`/t/${row.traceId}?span=${row.spanId}`}>
                    <OutcomeMark status={row.status} /> {row.operation}
                  </a>
                </td>
                <td>{row.model}</td>
                <td class="number">{count(row.inputTokens)}</td>
                <td class="number">{count(row.outputTokens)}</td>
                <td class="number">{money(row.cost)}</td>
                <td class="number">{row.isStreamed ? duration(row.timeToFirstChunk) : ''}</td>
                <td class="number">{duration(row.duration)}</td>
                <td>
                  <span class="latency" style={{ width: `${(row.duration / longest) * 100}%` }}>
                    <i style={{ width: `${((row.timeToFirstChunk ?? 0) / row.duration) * 100}%` }} />
                  </span>
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}
