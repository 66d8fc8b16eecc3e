import { parseFilter } from '../../store/filter-language.ts';
import { api } from '../api.ts';

/** What may stand at the caret. Taking an item replaces the text from `from` to `to`. */
export interface Completion {
  readonly heading: string;
  readonly from: number;
  readonly to: number;
  readonly items: readonly CompletionItem[];
}

export interface CompletionItem {
  readonly text: string;
  readonly detail?: string;
  /** How many it would leave. */
  readonly count?: number;
  /** A whole filter, which is applied at once. */
  readonly isWhole?: boolean;
}

export interface Scope {
  readonly since: string;
}

/**
 * Each item with the number of conversations that it would leave. The requests follow one another, and none is sent once
 * the text has changed: each one may read 100,000 conversations.
 */
export async function withCounts(
  text: string,
  completion: Completion,
  { since }: Scope,
  isCurrent: () => boolean,
): Promise<Completion> {
  const { from, to } = completion;
  const items: CompletionItem[] = [];
  for (const item of completion.items) {
    const q = `${text.slice(0, from)}${item.text}${text.slice(to)}`;
    const isCounted = items.length < MAX_COUNTED && isCurrent() && parseFilter(q).errors.length === 0;
    items.push(isCounted ? { ...item, count: await conversationsOf({ q, since }) } : item);
  }
  return { ...completion, items };
}

const MAX_COUNTED = 8;
const COUNT_MILLIS = 30_000;
const MAX_COUNTS = 200;
/** Counts of a moment ago: the same filters are completed again after a correction. */
const counts = new Map<string, { readonly at: number; readonly conversations: number }>();

interface Selection {
  readonly q: string;
  readonly since: string;
  readonly until?: string | undefined;
}

export async function conversationsOf(query: Selection): Promise<number> {
  const key = Object.values(query).join('\n');
  const known = counts.get(key);
  if (known && Date.now() - known.at < COUNT_MILLIS) return known.conversations;
  const { conversations } = await api.summary({ query: { ...query } });
  if (counts.size >= MAX_COUNTS) counts.clear();
  counts.set(key, { at: Date.now(), conversations });
  return conversations;
}
