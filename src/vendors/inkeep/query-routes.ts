import { isScalar, recordOf } from '../../interaction/unknown.ts';
import { answered, checked } from '../route-parts.ts';
import {
  type Page,
  type Paging,
  type ReceivedEvent,
  type ReceivedFeedback,
  type Route,
  RouteError,
  type RouteRequest,
  type RouteStep,
  type StoredConversation,
} from '../routes.ts';
import { isoFrom, millisOf } from '../times.ts';
import { encodeEvent, encodeFeedback } from './encode.ts';
import { earliestIn, type Row, runQuery, startOf } from './query.ts';
import { inkeepQuery, propertyKeysQuery, propertyValuesQuery, type View, viewFields } from './query-payload.ts';
import { wholeConversation } from './stored-conversation.ts';

const views: readonly View[] = ['conversations', 'events', 'feedback'];

export const queryRoutes: readonly Route[] = [
  ...views.map(
    (view): Route => ({ method: 'POST', path: `/query/${view}`, handle: (request) => query(view, request) }),
  ),
  { method: 'POST', path: '/query/semantic-threads', handle: semanticThreads },
  { method: 'POST', path: '/query/property-keys', handle: propertyKeys },
  { method: 'POST', path: '/query/property-values', handle: propertyValues },
  { method: 'GET', path: '/query/top-search-queries', handle: topSearchQueries },
  { method: 'GET', path: '/query/weekly-search-users', handle: weeklySearchUsers },
];

/** Rows are read in pages, so that a query over a large store keeps only these rows in memory. */
const PAGE = 500;
const MAX_ROWS = 20_000;
/** The store's order has no times later than the receipt, and clients' clocks may be ahead. */
const CLOCK_MILLIS = 86_400_000;
/** Rows in one answer. */
const MAX_RESULTS = 1_000;

function query(view: View, { body }: RouteRequest): RouteStep {
  const parsed = checked(400, () => inkeepQuery(view, body));
  const [timeField] = viewFields[view];
  const range = rangeFrom(parsed.where && earliestIn(parsed.where, timeField));
  return withRows([view], range, (rows) => {
    const results = runQuery(rows, parsed, timeField);
    const result = results.slice(0, MAX_RESULTS);
    const data = { result, total: results.length, pageSize: MAX_RESULTS, count: result.length };
    return answered(200, { status: 'ok', data });
  });
}

function semanticThreads(): RouteStep {
  throw new RouteError(422, 'Semantic threads are not supported: this gateway does not analyse conversations.');
}

type Next = (rows: readonly Row[]) => RouteStep;

/** Which rows are read. */
interface Range {
  /** Unix milliseconds. */
  readonly since?: number;
  /** Whether the newest rows are enough where there are too many. */
  readonly isNewest?: boolean;
}

function rangeFrom(earliest: number | undefined): Range {
  return earliest === undefined ? {} : { since: earliest - CLOCK_MILLIS };
}

function withRows([view, ...others]: readonly View[], range: Range, next: Next, rows: readonly Row[] = []): RouteStep {
  return view ? rowsOf(view, range, (found) => withRows(others, range, next, [...rows, ...found])) : next(rows);
}

function rowsOf(view: View, range: Range, next: Next): RouteStep {
  switch (view) {
    case 'conversations':
      return readAll((query, then) => ({ kind: 'conversations', query, next: then }), conversationRow, range, next);
    case 'events':
      return readAll((query, then) => ({ kind: 'events', query, next: then }), eventRow, range, next);
    case 'feedback':
      return readAll((query, then) => ({ kind: 'feedback', query, next: then }), feedbackRow, range, next);
  }
}

function readAll<T>(
  read: (query: Paging & Pick<Range, 'since'>, then: (page: Page<T>) => RouteStep) => RouteStep,
  rowOf: (item: T) => Row | undefined,
  { since, isNewest = false }: Range,
  next: Next,
): RouteStep {
  const rows: Row[] = [];
  const from = (offset: number): RouteStep =>
    read({ offset, limit: PAGE, ...(since !== undefined && { since }) }, ({ items, total }) => {
      if (total > MAX_ROWS && !isNewest) throw tooMany(total);
      for (const item of items) {
        const row = rowOf(item);
        if (row) rows.push(row);
      }
      const end = offset + items.length;
      return items.length === 0 || end >= Math.min(total, MAX_ROWS) ? next(rows) : from(end);
    });
  return from(0);
}

function tooMany(total: number): RouteError {
  const narrower = 'ask for a shorter time, with a condition gte on firstMessageTime or createdAt';
  return new RouteError(422, `There are ${total} rows, and a query reads at most ${MAX_ROWS}: ${narrower}.`, 'where');
}

function conversationRow(stored: StoredConversation): Row | undefined {
  const conversation = wholeConversation(stored);
  if (!conversation) return undefined;
  const { id, type, projectId, integrationId, properties, userProperties, messages, createdAt } = conversation;
  return {
    id,
    type,
    userMessageCount: messages.filter(({ role }) => role === 'user').length,
    firstMessageTime: messages[0]?.createdAt ?? createdAt,
    projectId,
    integrationId,
    properties,
    userProperties,
  };
}

function eventRow({ id, event, body }: ReceivedEvent): Row {
  const [record] = encodeEvent(event);
  const shown: Row = { ...record?.payload.body, ...body };
  return { ...shown, id, createdAt: isoFrom(event.time), eventType: shown['entityType'] };
}

function feedbackRow({ id, feedback, body }: ReceivedFeedback): Row {
  const [record] = encodeFeedback(feedback);
  const { conversationId, time } = feedback;
  return { ...record?.payload.body, ...body, id, type: feedback.rating, conversationId, createdAt: isoFrom(time) };
}

const viewOf = { conversations_view: 'conversations', events_view: 'events', feedback_view: 'feedback' } as const;

function viewsIn(names: readonly (keyof typeof viewOf)[] | undefined): readonly View[] {
  return names?.map((name) => viewOf[name]) ?? views;
}

function propertyKeys({ body }: RouteRequest): RouteStep {
  const { field, views: names } = checked(400, () => propertyKeysQuery.parse(body));
  return withRows(viewsIn(names), { isNewest: true }, (rows) => {
    const keys = new Set(rows.flatMap((row) => Object.keys(recordOf(row[field]) ?? {})));
    return answered(200, { results: [...keys].toSorted() });
  });
}

/** The most frequent values first. */
function propertyValues({ body }: RouteRequest): RouteStep {
  const { field, key, views: names, limit } = checked(400, () => propertyValuesQuery.parse(body));
  return withRows(viewsIn(names), { isNewest: true }, (rows) => {
    const values = rows.map((row) => recordOf(row[field])?.[key]).filter(isScalar);
    return answered(200, {
      results: counted(values.map(String))
        .slice(0, limit)
        .map(([value]) => value),
    });
  });
}

function counted(values: readonly string[]): readonly (readonly [value: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}

function topSearchQueries({ query: filters }: RouteRequest): RouteStep {
  return withRows(['events'], rangeFrom(millisOf(filters.get('after'))), (rows) => {
    const queries = searches(rows, filters).flatMap(({ searchQuery }) =>
      typeof searchQuery === 'string' ? [searchQuery] : [],
    );
    const result = counted(queries).map(([searchQuery, count]) => ({ searchQuery, count: String(count) }));
    return answered(200, { data: { result: result.slice(0, MAX_RESULTS), total: result.length } });
  });
}

/** Searches without a user are not counted, since they may be of one user or of many. */
function weeklySearchUsers({ query: filters }: RouteRequest): RouteStep {
  return withRows(['events'], rangeFrom(millisOf(filters.get('after'))), (rows) => {
    const users = new Map<string, Set<string>>();
    for (const { createdAt, userProperties } of searches(rows, filters)) {
      const week = startOf('week', millisOf(createdAt));
      const user = recordOf(userProperties)?.['userId'] ?? recordOf(userProperties)?.['id'];
      if (week === undefined || !isScalar(user)) continue;
      users.set(week, (users.get(week) ?? new Set()).add(String(user)));
    }
    const result = [...users].toSorted().map(([week, ids]) => ({ week, unique_users: String(ids.size) }));
    return answered(200, { data: { result, total: result.length } });
  });
}

function searches(rows: readonly Row[], filters: URLSearchParams): readonly Row[] {
  const after = millisOf(filters.get('after')) ?? Number.NEGATIVE_INFINITY;
  const project = filters.get('project_id');
  return rows
    .filter(({ eventType }) => eventType === 'search')
    .filter(({ createdAt }) => (millisOf(createdAt) ?? 0) >= after)
    .filter(({ projectId }) => project === null || projectId === project);
}
