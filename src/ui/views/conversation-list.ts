import { signal } from '@preact/signals';
import type { Answer, Conversation } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { followLive } from '../live.ts';
import { atMostEvery } from '../pace.ts';
import { conversationsOf } from '../parts/filter-counts.ts';
import { messageOf } from '../text.ts';

export interface Selection {
  readonly q: string;
  readonly since: string;
  readonly until?: string | undefined;
}

/** The conversations of the list as far as they were loaded, the latest first. */
export const rows = signal<readonly Conversation[]>([]);
export const timeline = signal<Answer<'timeline'> | undefined>(undefined);
export const summary = signal<Answer<'summary'> | undefined>(undefined);
/** How many there are without the filter; undefined while there is none. */
export const total = signal<number | undefined>(undefined);
/** New rows that wait until a person shows them. */
export const waitingRows = signal<readonly Conversation[]>([]);
/** Rows that came in just now. */
export const freshRows = signal<ReadonlySet<string>>(new Set());
export const isLoading = signal(false);
/** Whether the rows are those of the filter and the time in the address. */
export const isLoaded = signal(false);
/** Whether the gateway has no conversation of any time: the start then shows how to send one. */
export const isStoreEmpty = signal(false);
export const problem = signal<string | undefined>(undefined);

const list = { next: undefined as string | undefined, request: 0 };
const PAGE = 200;

export async function load(selection: Selection): Promise<void> {
  const request = ++list.request;
  isLoading.value = true;
  try {
    const page = await api.listConversations({ query: { ...selection, limit: PAGE } });
    const isEmpty =
      page.items.length === 0 && (await api.listConversations({ query: { limit: 1 } })).items.length === 0;
    if (request !== list.request) return;
    isStoreEmpty.value = isEmpty;
    rows.value = page.items;
    waitingRows.value = [];
    list.next = page.next;
    problem.value = undefined;
    isLoaded.value = true;
    // The totals take longer on a large store, and the rows do not wait for them.
    await loadTotals(selection, request);
  } catch (error) {
    // The last valid rows stay on the page while a term of the filter is wrong.
    if (request === list.request) problem.value = messageOf(error);
  } finally {
    if (request === list.request) isLoading.value = false;
  }
}

async function loadTotals(selection: Selection, request = list.request): Promise<void> {
  const [strip, totals, all] = await Promise.all([
    api.timeline({ query: { ...selection, since: selection.since === '0' ? '30d' : selection.since, buckets: 144 } }),
    api.summary({ query: { ...selection } }),
    selection.q === '' ? undefined : conversationsOf({ ...selection, q: '' }),
  ]);
  if (request !== list.request) return;
  timeline.value = strip;
  summary.value = totals;
  total.value = all;
}

export async function loadMore(selection: Selection): Promise<void> {
  const { next, request } = list;
  if (next === undefined || isLoading.value) return;
  isLoading.value = true;
  try {
    const page = await api.listConversations({ query: { ...selection, limit: PAGE, cursor: next } });
    if (request !== list.request) return;
    const known = new Set(rows.value.map(({ id }) => id));
    rows.value = [...rows.value, ...page.items.filter(({ id }) => !known.has(id))];
    list.next = page.next;
  } finally {
    if (request === list.request) isLoading.value = false;
  }
}

/** Rows in memory stay bounded while the list is live for hours. */
const MAX_ROWS = 5_000;
const TOTALS_MILLIS = 2_000;

/**
 * Follows the gateway. What is on the list is updated in place. What is new comes in at the top, or waits while a person
 * reads further down. With a filter only the gateway knows what matches: the list is loaded again.
 */
export function follow(selection: Selection, takesNew: () => boolean): () => void {
  const reload = atMostEvery(1_000, () => load(selection));
  const count = atMostEvery(TOTALS_MILLIS, () => loadTotals(selection));
  const end = followLive({
    conversations: (items) => {
      if (selection.q !== '' || selection.until !== undefined) {
        reload.run();
        return;
      }
      merge(items, takesNew());
      count.run();
    },
    deliveries: () => count.run(),
    deleted: (ids) => {
      const gone = new Set(ids);
      rows.value = rows.value.filter(({ id }) => !gone.has(id));
      waitingRows.value = waitingRows.value.filter(({ id }) => !gone.has(id));
      count.run();
    },
    resync: reload.run,
  });
  return () => {
    end();
    reload.cancel();
    count.cancel();
  };
}

function merge(items: readonly Conversation[], takesNew: boolean): void {
  const latest = new Map(items.map((item) => [item.id, item]));
  const kept = rows.value.map((row) => {
    const newer = latest.get(row.id);
    latest.delete(row.id);
    return newer ?? row;
  });
  const fresh = [...latest.values()].sort((a, b) => b.lastAt - a.lastAt);
  if (takesNew) {
    rows.value = [...fresh, ...kept].slice(0, MAX_ROWS);
    if (fresh.length > 0) freshRows.value = new Set(fresh.map(({ id }) => id));
    return;
  }
  rows.value = kept;
  const before = waitingRows.value.filter(({ id }) => !latest.has(id));
  waitingRows.value = [...fresh, ...before].slice(0, MAX_ROWS);
}

export function showWaiting(): void {
  const fresh = waitingRows.value;
  if (fresh.length === 0) return;
  const ids = new Set(fresh.map(({ id }) => id));
  rows.value = [...fresh, ...rows.value.filter(({ id }) => !ids.has(id))].slice(0, MAX_ROWS);
  freshRows.value = ids;
  waitingRows.value = [];
}
