import { signal } from '@preact/signals';
import type { Answer, Conversation } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { onLive } from '../live.ts';

export interface Selection {
  readonly q: string;
  readonly since: string;
}

/** The conversations of the list as far as they were loaded, the latest first. */
export const rows = signal<readonly Conversation[]>([]);
export const timeline = signal<Answer<'timeline'> | undefined>(undefined);
/** New rows that wait until they are asked for. */
export const waitingRows = signal<readonly Conversation[]>([]);
export const isLoading = signal(false);
export const problem = signal<string | undefined>(undefined);

const list = { next: undefined as string | undefined, request: 0 };
const PAGE = 200;

export async function load(selection: Selection): Promise<void> {
  const request = ++list.request;
  isLoading.value = true;
  try {
    const [page, strip] = await Promise.all([
      api.listConversations({ query: { ...selection, limit: PAGE } }),
      api.timeline({ query: { ...selection, buckets: 144 } }),
    ]);
    if (request !== list.request) return;
    rows.value = page.items;
    timeline.value = strip;
    waitingRows.value = [];
    list.next = page.next;
    problem.value = undefined;
  } catch (error) {
    // The last valid rows stay on the page while a term of the filter is wrong.
    if (request === list.request) problem.value = error instanceof Error ? error.message : String(error);
  } finally {
    if (request === list.request) isLoading.value = false;
  }
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
    isLoading.value = false;
  }
}

/** Rows in the DOM and in memory stay bounded while the list is live for hours. */
const MAX_ROWS = 5_000;

/**
 * Follows the gateway. What is on the list is updated in place. What is new comes in at the top, or waits where a person
 * reads further down. With a filter only the gateway knows what matches: the list is loaded again.
 */
export function follow(selection: Selection, takesNew: () => boolean): () => void {
  let timer: number | undefined;
  const reload = (): void => {
    if (timer !== undefined) return;
    timer = window.setTimeout(() => {
      timer = undefined;
      load(selection).catch(() => {});
    }, 1_000);
  };
  const end = onLive({
    conversations: (items) => (selection.q === '' ? merge(items, takesNew()) : reload()),
    deleted: (ids) => {
      const gone = new Set(ids);
      rows.value = rows.value.filter(({ id }) => !gone.has(id));
    },
    resync: reload,
  });
  return () => {
    end();
    window.clearTimeout(timer);
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
  if (takesNew) rows.value = [...fresh, ...kept].slice(0, MAX_ROWS);
  else {
    rows.value = kept;
    const before = waitingRows.value.filter(({ id }) => !latest.has(id));
    waitingRows.value = [...fresh, ...before].slice(0, MAX_ROWS);
  }
}

export function showWaiting(): void {
  const fresh = waitingRows.value;
  const ids = new Set(fresh.map(({ id }) => id));
  rows.value = [...fresh, ...rows.value.filter(({ id }) => !ids.has(id))].slice(0, MAX_ROWS);
  waitingRows.value = [];
}
