import { signal } from '@preact/signals';
import type { Answer, FeedbackRow, ToolSpan } from '../gateway/api/routes.ts';
import { api } from './api.ts';
import { nextTask } from './pace.ts';
import { messageOf } from './text.ts';

export type Detail = Answer<'getConversation'>;

/** A conversation as far as it has been loaded. */
export interface Loaded {
  readonly conversation: Detail;
  readonly tools: readonly ToolSpan[];
  /** With its words, by interaction. */
  readonly feedback: ReadonlyMap<string, readonly FeedbackRow[]>;
}

export const loaded = signal<Loaded | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);

const FIRST_PAGE = 60;
const PAGE = 500;
/** Interactions whose feedback is read with its words. */
const MAX_FEEDBACK = 40;

/**
 * The conversation that is on the page: answers about another one come too late, and so do those to an earlier request
 * than the one whose answer is shown.
 */
const current = { id: '', requests: 0, shown: 0 };

export function forget(): void {
  current.id = '';
  loaded.value = undefined;
  problem.value = undefined;
}

/** Does nothing for the conversation that is on the page, or on its way to it. */
export async function open(id: string): Promise<void> {
  if (current.id === id) return;
  forget();
  await load(id);
}

const always = (): boolean => true;
const NO_TOOLS: readonly ToolSpan[] = [];

/** Shows the first page at once, then the whole. */
export async function load(id: string): Promise<void> {
  current.id = id;
  const request = ++current.requests;
  const isCurrent = (): boolean => current.id === id && request >= current.shown;
  try {
    const isNew = loaded.value === undefined;
    const first = await api.getConversation({ params: { id }, query: { limit: isNew ? FIRST_PAGE : PAGE } });
    // Reading a long answer and showing it are two tasks.
    await nextTask();
    if (!isCurrent()) return;
    if (isNew) loaded.value = { conversation: first, tools: NO_TOOLS, feedback: new Map() };
    const [rows, found] = await Promise.all([restOf(first, isCurrent), toolsOf(id, isCurrent)]);
    const feedback = await feedbackOf(rows);
    if (!isCurrent()) return;
    current.shown = request;
    // The same lists as before where nothing was added: the transcript is made from them.
    const tools = found.length === 0 ? NO_TOOLS : found;
    const isWhole = isNew && rows === first.rows && tools === NO_TOOLS && feedback.size === 0;
    if (!isWhole) loaded.value = { conversation: { ...first, rows, next: undefined }, tools, feedback };
    problem.value = undefined;
  } catch (error) {
    if (isCurrent()) problem.value = messageOf(error);
  }
}

/** @param isWanted still, before each further page */
export async function restOf(first: Detail, isWanted = always): Promise<Detail['rows']> {
  if (first.next === undefined) return first.rows;
  const { id } = first;
  const rows = [...first.rows];
  for (let next: string | undefined = first.next; next !== undefined && isWanted(); ) {
    const page = await api.getConversation({ params: { id }, query: { limit: PAGE, cursor: next } });
    rows.push(...page.rows);
    next = page.next;
  }
  return rows;
}

export async function toolsOf(id: string, isWanted = always): Promise<ToolSpan[]> {
  const tools: ToolSpan[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listToolSpans({ params: { id }, query: { ...(cursor !== undefined && { cursor }) } });
    tools.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && isWanted());
  return tools;
}

async function feedbackOf(rows: Detail['rows']): Promise<Map<string, readonly FeedbackRow[]>> {
  const rated = rows.filter(({ feedback }) => feedback.up + feedback.down > 0).slice(0, MAX_FEEDBACK);
  const details = await Promise.all(
    rated.map(({ id, project }) => api.getInteraction({ params: { id }, query: { project } })),
  );
  return new Map(details.map(({ id, feedbackLog }) => [id, feedbackLog]));
}
