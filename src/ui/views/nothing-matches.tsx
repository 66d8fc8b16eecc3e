import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { parseFilter } from '../../store/filter-language.ts';
import { api } from '../api.ts';
import { count } from '../format.ts';
import { onAnswer } from '../on-answer.ts';
import { filterInWords } from '../parts/filter-words.ts';
import { rangeLabel } from '../parts/time-range.tsx';
import { withQuery } from '../router.ts';
import type { Selection } from './conversation-list.ts';

interface Alternative {
  readonly without: string;
  readonly isTime?: boolean;
  readonly conversations: number;
  readonly href: string;
}

const MAX_TERMS = 4;

/** An empty list says what it would hold without each of its conditions. */
export function NothingMatches({ selection }: { readonly selection: Selection }): JSX.Element {
  const { q, since, until } = selection;
  const [alternatives, setAlternatives] = useState<readonly Alternative[]>([]);
  useEffect(() => {
    return onAnswer(alternativesTo(selection), setAlternatives);
  }, [q, since, until]);
  const time = rangeLabel(since, until);
  const words = filterInWords(q);
  return (
    <div class="empty">
      <h2>
        No conversation in {time.startsWith('Last') ? `the l${time.slice(1)}` : time.toLowerCase()}
        {words === undefined && q !== '' && (
          <>
            {' '}
            matches <code>{q}</code>
          </>
        )}
        {words !== undefined && ` ${words}`}.
      </h2>
      {alternatives.map(({ without, isTime, conversations, href }) => (
        <p key={without}>
          Without {isTime ? 'the time' : <code>{without}</code>} there {conversations === 1 ? 'is' : 'are'}{' '}
          <a class="link" href={href}>
            {count(conversations)}
          </a>
          .
        </p>
      ))}
      {q !== '' && (
        <p>
          <a class="link" href={withQuery({ q: undefined })}>
            Clear the filter
          </a>
        </p>
      )}
    </div>
  );
}

async function alternativesTo({ q, since, until }: Selection): Promise<Alternative[]> {
  const terms = parseFilter(q).terms.slice(0, MAX_TERMS);
  const withoutTerm = terms.map(async ({ start, end }) => {
    const rest = `${q.slice(0, start)}${q.slice(end)}`.replace(/\s+/g, ' ').trim();
    const { conversations } = await api.summary({ query: { q: rest, since, until: until ?? '' } });
    return { without: q.slice(start, end), conversations, href: withQuery({ q: rest }) };
  });
  const withoutTime = api.summary({ query: { q } }).then(({ conversations }) => ({
    without: 'time',
    isTime: true,
    conversations,
    href: withQuery({ since: '0', until: undefined }),
  }));
  const found = await Promise.all([...withoutTerm, withoutTime]);
  return found.filter(({ conversations }) => conversations > 0);
}
