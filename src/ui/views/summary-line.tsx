import type { ComponentChildren, JSX } from 'preact';
import { count, money } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { DeliveryMark, OutcomeMark } from '../parts/mark.tsx';
import { go, withQuery } from '../router.ts';
import { isPhone } from '../screen.ts';
import { summary } from './conversation-list.ts';

/** What the list holds, all pages of it. */
export function Totals(): JSX.Element {
  const totals = summary.value;
  if (!totals) return <div class="sums" aria-busy="true" />;
  const { conversations, interactions, tokens, cost, unpriced, isPartial } = totals;
  const noun = (value: number, one: string): string => (value === 1 ? one : `${one}s`);
  return (
    <div class="sums">
      <span>
        {isPartial && 'the latest '}
        <b>{count(conversations)}</b> {noun(conversations, 'conversation')}
      </span>
      <span>
        <b>{count(interactions)}</b> {noun(interactions, 'interaction')}
      </span>
      <span>
        <b>{count(tokens)}</b> {noun(tokens, 'token')}
      </span>
      <span>
        <b>{money(cost)}</b> USD
      </span>
      {unpriced > 0 && <a href={withQuery({ q: 'cost:unknown' })}>{count(unpriced)} without a price</a>}
    </div>
  );
}

interface Quick {
  readonly term: string;
  readonly value: number;
  readonly words: string;
  readonly mark: ComponentChildren;
  readonly isUrgent: boolean;
}

/** Links that write into the filter, each with its number. What there is none of, is not shown. */
export function QuickLinks({ q, hasPeek }: { readonly q: string; readonly hasPeek: boolean }): JSX.Element | null {
  const totals = summary.value;
  if (!totals) return null;
  const { live, action, errors, dead, retrying, down } = totals;
  const links: readonly Quick[] = [
    { term: 'is:live', value: live, words: 'live', mark: <OutcomeMark status="live" />, isUrgent: false },
    {
      term: 'is:action',
      value: action,
      words: action === 1 ? 'waits for tools' : 'wait for tools',
      mark: <OutcomeMark status="action" />,
      isUrgent: true,
    },
    { term: 'is:error', value: errors, words: 'with errors', mark: <OutcomeMark status="error" />, isUrgent: true },
    {
      term: 'delivery:dead',
      value: dead,
      words: 'with dead letters',
      mark: <DeliveryMark state="dead" />,
      isUrgent: true,
    },
    {
      term: 'delivery:retrying',
      value: retrying,
      words: 'retrying',
      mark: <DeliveryMark state="retrying" />,
      isUrgent: false,
    },
    {
      term: 'feedback:down',
      value: down,
      words: 'with a thumb down',
      mark: <Icon name="thumbDown" size={12} />,
      isUrgent: false,
    },
  ];
  const shown = links.filter(({ value, isUrgent }) => value > 0 && (isUrgent || !hasPeek));
  return (
    <nav class="quick" aria-label="Filters">
      {shown.map(({ term, value, words, mark }) => {
        const has = q.split(/\s+/).includes(term);
        const next = has ? q.replace(term, '').trim() : `${q} ${term}`.trim();
        return (
          <a
            key={term}
            href={withQuery({ q: next })}
            class={isPhone.value ? 'button' : undefined}
            aria-current={has ? 'true' : undefined}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey) return;
              event.preventDefault();
              go(withQuery({ q: next }));
            }}
          >
            {mark}
            {count(value)} <span>{words}</span>
          </a>
        );
      })}
    </nav>
  );
}
