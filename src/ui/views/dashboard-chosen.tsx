import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api.ts';
import { count, counted } from '../format.ts';
import { useKeys } from '../keyboard.ts';
import { onAnswer } from '../on-answer.ts';
import { chosen } from '../parts/chart.tsx';
import { listAddress } from '../parts/filter-text.ts';
import { Icon } from '../parts/icon.tsx';
import { rangeLabel } from '../parts/time-range.tsx';
import { go, withQuery } from '../router.ts';
import { oneLine } from '../text.ts';
import type { Statistics } from './dashboard-model.ts';

interface ChosenTimeProps {
  readonly statistics: Statistics;
  readonly buckets: number;
  readonly q: string;
}

/** What was dragged over: how much it holds, what its errors have in common, and the list of it. */
export function ChosenTime({ statistics, buckets, q }: ChosenTimeProps): JSX.Element | null {
  const range = chosen.value;
  useKeys(range ? { Escape: close } : {});
  if (!range) return null;
  const { start, bucketMillis, groups, errors } = statistics;
  const since = String(Math.round(start + range.from * bucketMillis));
  const until = String(Math.round(start + (range.to + 1) * bucketMillis));
  const within = (values: readonly number[]): number =>
    values.slice(range.from, range.to + 1).reduce((sum, value) => sum + value, 0);
  const calls = groups.reduce((sum, { callsOverTime }) => sum + within(callsOverTime), 0);
  const failed = errors.reduce((sum, { overTime }) => sum + within(overTime), 0);
  const list = failed > 0 ? `${q} is:error`.trim() : q;
  const isLeft = range.from > buckets / 2;
  return (
    <section class={`chosen-time floating${isLeft ? ' left' : ''}`} aria-label="The time that was chosen">
      <header>
        <b>{rangeLabel(since, until)}</b>
        <span class="dim">
          {failed > 0
            ? `${counted(failed, 'error')} of ${counted(calls, 'call')}`
            : `${counted(calls, 'call')}, no error`}
        </span>
        <button type="button" class="icon-button push" aria-label="Close" onClick={close}>
          <Icon name="close" size={12} />
        </button>
      </header>
      <InCommon q={list} all={q} since={since} until={until} />
      <footer>
        <a class="button main" href={listAddress({ q: list, since, until })}>
          Show the {count(failed > 0 ? failed : calls)}
        </a>
        <button type="button" class="button" onClick={() => go(withQuery({ since, until }))}>
          Zoom in
        </button>
      </footer>
    </section>
  );
}

function close(): void {
  chosen.value = undefined;
}

interface Common {
  readonly key: string;
  readonly value: string;
  readonly here: number;
  readonly elsewhere: number;
}

interface InCommonProps {
  readonly q: string;
  /** The filter of the whole dashboard. */
  readonly all: string;
  readonly since: string;
  readonly until: string;
}

const KEYS = ['model', 'prompt', 'user', 'service'];
/** By how much a value must be more frequent here to be worth naming. */
const LEAST = 0.1;

/** Values that are much more frequent here than among all calls of the dashboard. */
function InCommon({ q, all, since, until }: InCommonProps): JSX.Element | null {
  const [rows, setRows] = useState<readonly Common[]>([]);
  useEffect(() => {
    return onAnswer(Promise.all(KEYS.map((key) => commonest(key, { q, all, since, until }))), (found) =>
      setRows(found.flat().sort((a, b) => b.here - b.elsewhere - a.here + a.elsewhere)),
    );
  }, [q, all, since, until]);
  if (rows.length === 0) return null;
  return (
    <table>
      <thead>
        <tr class="dim">
          <th scope="col" colSpan={2}>
            What they have in common
          </th>
          <th scope="col" class="number">
            here
          </th>
          <th scope="col" class="number">
            else
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, value, here, elsewhere }) => (
          <tr key={key}>
            <td class="mono">{key}</td>
            <td class="cut">{oneLine(value)}</td>
            <td class="number">{Math.round(here * 100)} %</td>
            <td class="number dim">{Math.round(elsewhere * 100)} %</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

async function commonest(key: string, { q, all, since, until }: InCommonProps): Promise<Common[]> {
  const [here, total] = await Promise.all([
    api.complete({ query: { key, q, since, until, limit: 200 } }),
    api.complete({ query: { key, q: all, since: '30d', limit: 500 } }),
  ]);
  const sum = (items: readonly { readonly interactions: number }[]): number =>
    items.reduce((calls, { interactions }) => calls + interactions, 0);
  const [first] = here.items;
  if (!first || sum(here.items) === 0) return [];
  const known = total.items.find(({ value }) => value === first.value)?.interactions ?? 0;
  const found = {
    key,
    value: first.value,
    here: first.interactions / sum(here.items),
    elsewhere: Math.max(0, known - first.interactions) / Math.max(1, sum(total.items) - sum(here.items)),
  };
  return found.here - found.elsewhere >= LEAST ? [found] : [];
}
