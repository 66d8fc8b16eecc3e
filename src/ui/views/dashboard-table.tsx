import type { JSX } from 'preact';
import { count, duration, UNKNOWN } from '../format.ts';
import { listAddress, quoted } from '../parts/filter-text.ts';
import { Money } from '../parts/money.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { oneLine } from '../text.ts';
import { COLORS, GROUPS, OTHERS_COLOR, type Selection, type Statistics } from './dashboard-model.ts';

type Group = Statistics['groups'][number];

interface GroupTableProps {
  readonly statistics: Statistics;
  readonly selection: Selection;
  readonly isPhone: boolean;
}

const FIGURES = ['Calls', 'Errors', 'Input', 'Cached', 'Output', 'USD', 'p50', 'p95', 'First chunk'];

/** Every group with its figures, each a link to the conversations that it was counted from. */
export function GroupTable({ statistics, selection, isPhone }: GroupTableProps): JSX.Element {
  const { groups } = statistics;
  const [, label = ''] = GROUPS.find(([name]) => name === selection.by) ?? [];
  const total = groups.reduce((sum, { cost }) => sum + cost, 0);
  return (
    <table class={`group-table${isPhone ? ' as-rows' : ''}`}>
      <caption class="spoken">By {label.toLowerCase()}</caption>
      <thead>
        <tr>
          {[label, 'Share of cost', ...FIGURES, 'Calls over time'].map((head) => (
            <th key={head} scope="col" class={head === 'USD' ? 'usd' : FIGURES.includes(head) ? 'number' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {groups.map((group, index) => (
          <GroupRow
            key={group.key ?? group.others ?? ''}
            group={group}
            index={index}
            total={total}
            selection={selection}
          />
        ))}
      </tbody>
    </table>
  );
}

interface GroupRowProps {
  readonly group: Group;
  readonly index: number;
  readonly total: number;
  readonly selection: Selection;
}

function GroupRow({ group, index, total, selection }: GroupRowProps): JSX.Element {
  const { key, others, calls, errors, cost, unpriced, inputTokens, outputTokens, cachedTokens, p50, p95, first } =
    group;
  const list = linksFor(group, selection);
  const color = others === undefined ? (COLORS[index] ?? OTHERS_COLOR) : OTHERS_COLOR;
  const isUnpriced = unpriced === calls && cost === 0;
  const name = others === undefined ? (oneLine(key) ?? `no ${selection.by}`) : `${count(others)} others`;
  return (
    <tr>
      <th scope="row">
        <i style={{ '--color': `var(${color})` }} />
        <Linked href={list()}>{name}</Linked>
      </th>
      <td class="share">
        <Share value={total === 0 ? 0 : cost / total} isUnpriced={isUnpriced} />
      </td>
      <td class="number" data-name="calls">
        <Linked href={list()}>{count(calls)}</Linked>
      </td>
      <td class={`number${errors > 0 ? ' error' : ' dim'}`} data-name="errors">
        <Linked href={errors > 0 ? list('is:error') : undefined}>{count(errors)}</Linked>
      </td>
      <td class="number" data-name="in">
        <Linked href={list()}>{inputTokens === 0 ? UNKNOWN : count(inputTokens)}</Linked>
      </td>
      <td class="number dim" data-name="cached">
        {cachedTokens === undefined || inputTokens === 0
          ? UNKNOWN
          : `${Math.round((cachedTokens / inputTokens) * 100)} %`}
      </td>
      <td class="number" data-name="out">
        <Linked href={list()}>{outputTokens === 0 ? UNKNOWN : count(outputTokens)}</Linked>
      </td>
      <td class="usd" data-name="USD">
        <Linked href={list(isUnpriced ? 'cost:unknown' : 'cost>0')}>
          <Money value={isUnpriced ? undefined : cost} />
        </Linked>
      </td>
      <td class="number" data-name="p50">
        <Linked href={p50 === undefined ? undefined : list()}>{duration(p50)}</Linked>
      </td>
      <td class="number" data-name="p95">
        <Linked href={p95 === undefined ? undefined : list(slowerThan('duration', p95))}>{duration(p95)}</Linked>
      </td>
      <td class="number" data-name="first chunk">
        <Linked href={first === undefined ? undefined : list(slowerThan('first', first))}>{duration(first)}</Linked>
      </td>
      <td class="over-time">
        <Sparkline width={176} series={[{ values: group.callsOverTime }]} />
      </td>
    </tr>
  );
}

/** A term that finds at least the call whose time this is. */
function slowerThan(key: 'duration' | 'first', seconds: number): string {
  return `${key}>${Math.max(0, Math.floor(seconds * 1_000) - 1)}ms`;
}

/** The address of the list behind a figure; undefined for groups that no filter names. */
function linksFor({ key, others }: Group, { by, q, since, until }: Selection): (term?: string) => string | undefined {
  return (term) => {
    if (key === undefined || others !== undefined) return undefined;
    const terms = [q, `${by}:${quoted(key)}`, term].filter(Boolean).join(' ');
    return listAddress({ q: terms, since, ...(until !== undefined && { until }) });
  };
}

function Linked({
  href,
  children,
}: {
  readonly href: string | undefined;
  readonly children: JSX.Element | string;
}): JSX.Element {
  return href === undefined ? <span>{children}</span> : <a href={href}>{children}</a>;
}

function Share({ value, isUnpriced }: { readonly value: number; readonly isUnpriced: boolean }): JSX.Element {
  if (isUnpriced) return <span class="dim">no price</span>;
  const percent = Math.round(value * 100);
  return (
    <>
      <i style={{ width: `${Math.max(1, value * 110)}px` }} />
      <span class="dim">{value > 0 && percent === 0 ? '< 1 %' : `${percent} %`}</span>
    </>
  );
}
