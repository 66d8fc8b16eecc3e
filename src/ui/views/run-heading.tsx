import type { JSX } from 'preact';
import { counted, duration } from '../format.ts';
import { firstPayload } from '../parts/delivery-links.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { Count, Sum, Usage } from '../parts/sum.tsx';
import { traceAddress } from '../places.ts';
import { go } from '../router.ts';
import { isOwn, type SeenRun } from './run-model.ts';
import { type ConversationRow, interactionOf } from './transcript.ts';

/** The run that the view shows, among those of the conversation. */
export interface ShownRun {
  readonly row: ConversationRow;
  readonly runs: readonly ConversationRow[];
  readonly seen: SeenRun;
  readonly base: string;
}

/** The figures of one run, in place of those of its conversation. */
export function RunTotals({ row, runs, seen: { tools, steps }, base }: ShownRun): JSX.Element {
  const { run, chunkCount } = interactionOf(row);
  const own = tools.filter(isOwn);
  return (
    <p class="totals">
      {runs.length > 1 ? (
        <select
          aria-label="Run"
          value={row.runId}
          onChange={({ currentTarget }) => go(`${base}/run/${encodeURIComponent(currentTarget.value)}`)}
        >
          {runs.map(({ runId }) => (
            <option key={runId} value={runId}>
              {runId}
            </option>
          ))}
        </select>
      ) : (
        <span class="wide mono cut">
          <Safe text={row.runId ?? ''} />
        </span>
      )}
      <b class={row.status === 'error' ? 'bad' : ''}>
        <Safe text={run?.status ?? 'unknown'} />
      </b>
      <Count value={steps.length} one="step" />
      <Count value={own.length} one="tool" failed={own.filter(({ errorType }) => errorType !== undefined).length} />
      {chunkCount !== undefined && <span class="wide">{counted(chunkCount, 'chunk')}</span>}
      <Usage of={row} />
      <Sum value={duration(row.duration)} />
    </p>
  );
}

/** What leads on from a run. */
export function RunActions({ row }: Pick<ShownRun, 'row'>): JSX.Element {
  const payload = firstPayload(row);
  return (
    <>
      <a class="button wide" href={traceAddress(row)}>
        Trace <kbd>T</kbd>
      </a>
      {payload !== undefined && (
        <a class="button wide" href={payload}>
          Destinations <kbd>D</kbd>
        </a>
      )}
    </>
  );
}
