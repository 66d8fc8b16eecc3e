import type { JSX } from 'preact';
import type { Answer } from '../../gateway/api/routes.ts';
import { count, money } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { DeliveryMark, OutcomeMark } from '../parts/mark.tsx';
import { withQuery } from '../router.ts';
import { isPhone } from '../screen.ts';
import { summary } from './conversation-list.ts';

/** What the list holds, all pages of it. */
export function Totals({ q }: { readonly q: string }): JSX.Element {
  const totals = summary.value;
  if (!totals) return <div class="sums" aria-busy="true" />;
  const { conversations, interactions, tokens, cost, unpriced, isPartial } = totals;
  const noun = (value: number, one: string): string => (value === 1 ? one : `${one}s`);
  return (
    <div class="sums">
      <span class="sum">
        {isPartial && 'the latest '}
        <b>{count(conversations)}</b> {noun(conversations, 'conversation')}
      </span>
      <span class="sum">
        <b>{count(interactions)}</b> {noun(interactions, 'interaction')}
      </span>
      <span class="sum">
        <b>{count(tokens)}</b> {noun(tokens, 'token')}
      </span>
      <span class="sum">
        <b>{money(cost === 0 && unpriced > 0 ? undefined : cost)}</b> USD
      </span>
      {unpriced > 0 && <a href={withQuery({ q: withTerm(q, 'cost:unknown') })}>{count(unpriced)} without a price</a>}
    </div>
  );
}

function withoutTerm(q: string, term: string): string {
  const terms = q.split(' ').filter((each) => each !== term);
  return terms.join(' ').trim();
}

function withTerm(q: string, term: string): string {
  return `${withoutTerm(q, term)} ${term}`.trim();
}

interface Quick {
  readonly term: string;
  readonly value: number;
  readonly words: string;
  readonly mark: JSX.Element;
  readonly isUrgent: boolean;
}

/** Links that write into the filter, each with its number. What there is none of, is not shown. */
export function QuickLinks({ q, hasPeek }: { readonly q: string; readonly hasPeek: boolean }): JSX.Element | null {
  const totals = summary.value;
  if (!totals) return null;
  const shown = linksOf(totals).filter(({ value, isUrgent }) => value > 0 && (isUrgent || !hasPeek));
  return (
    <nav class="quick" aria-label="Filters">
      {shown.map(({ term, value, words, mark }) => {
        const has = q.split(' ').includes(term);
        return (
          <a
            key={term}
            href={withQuery({ q: has ? withoutTerm(q, term) : withTerm(q, term) })}
            class={isPhone.value ? 'button' : undefined}
            aria-current={has ? 'true' : undefined}
          >
            {mark}
            {count(value)} <span>{words}</span>
          </a>
        );
      })}
    </nav>
  );
}

function linksOf({ live, action, errors, dead, retrying, down }: Answer<'summary'>): readonly Quick[] {
  const quick = (term: string, value: number, words: string, mark: JSX.Element, isUrgent = false): Quick => ({
    term,
    value,
    words,
    mark,
    isUrgent,
  });
  return [
    quick('is:live', live, 'live', <OutcomeMark status="live" />),
    quick(
      'is:action',
      action,
      action === 1 ? 'waits for tools' : 'wait for tools',
      <OutcomeMark status="action" />,
      true,
    ),
    quick('is:error', errors, 'with errors', <OutcomeMark status="error" />, true),
    quick('delivery:dead', dead, 'with dead letters', <DeliveryMark state="dead" />, true),
    quick('delivery:retrying', retrying, 'retrying', <DeliveryMark state="retrying" />),
    quick('feedback:down', down, 'with a thumb down', <Icon name="thumbDown" size={12} />),
  ];
}
