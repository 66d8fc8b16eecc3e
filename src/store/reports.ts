import type { SqlRow } from '../sqlite/driver.ts';
import type { TextKey } from './filter-language.ts';
import { idsOfKey } from './interaction-ids.ts';
import { type Selection, selectedInteractions } from './lists.ts';
import { OTHER_USERS } from './port.ts';
import type { StoreReader } from './reader.ts';
import { millis, type UsageRow } from './rows.ts';

export type UsageGroup = 'quarter' | 'hour' | 'day' | 'model' | 'user';

const bucketMicros: Readonly<Partial<Record<UsageGroup, number>>> = { quarter: 900e6, hour: 3_600e6, day: 86_400e6 };

/** From the totals per quarter of an hour: the most expensive group first, or the latest bucket. */
export function usageBy(
  { db }: StoreReader,
  by: UsageGroup,
  { sinceUs, untilUs, project, limit }: Selection & { readonly limit: number },
): UsageRow[] {
  const width = bucketMicros[by];
  const key = width === undefined ? by : `bucket_us - bucket_us % ${width}`;
  const rows = db.all(
    `SELECT ${key} AS key, sum(interactions) AS interactions, sum(errors) AS errors, sum(unpriced) AS unpriced,
       sum(cost) AS cost, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
       sum(duration_us) AS duration_us
     FROM usage WHERE bucket_us >= ? AND bucket_us <= ? AND (? IS NULL OR project = ?)
     GROUP BY 1 ORDER BY ${width === undefined ? 'cost DESC, interactions DESC, key' : 'key DESC'} LIMIT ?`,
    sinceUs === undefined ? 0 : sinceUs - (sinceUs % 900e6),
    untilUs ?? Number.MAX_SAFE_INTEGER,
    project ?? null,
    project ?? null,
    limit,
  );
  return rows.map((row) => usageRow(row, width !== undefined));
}

function usageRow(row: SqlRow, isTime: boolean): UsageRow {
  const key = row['key'];
  return {
    key: isTime ? new Date(millis(key)).toISOString() : key === OTHER_USERS ? '' : String(key),
    ...(isTime && { at: millis(key) }),
    interactions: Number(row['interactions']),
    errors: Number(row['errors']),
    cost: Number(Number(row['cost']).toPrecision(12)),
    unpriced: Number(row['unpriced']),
    inputTokens: Number(row['input_tokens']),
    outputTokens: Number(row['output_tokens']),
    duration: Number(row['duration_us']) / 1e6,
    ...(key === OTHER_USERS && { isOther: true }),
  };
}

const completed: Readonly<Partial<Record<TextKey, string>>> = {
  model: 'i.model',
  user: 'i.user_id',
  prompt: 'i.prompt',
  agent: 'i.agent',
  op: 'i.operation',
  service: 'i.service',
  env: 'i.environment',
  session: 'i.session_id',
};
const completedLists: Readonly<Partial<Record<TextKey, string>>> = { tool: 'i.tools', tag: 'i.tags' };

/** Rows that a completion looks at: the latest are enough to name what exists. */
const MAX_LOOKED_AT = 50_000;

/** Values that exist for a key, the most frequent first. */
export function completionsOf(
  { db }: StoreReader,
  key: string,
  prefix: string,
  { limit, ...selection }: Selection & { readonly limit: number },
): { value: string; interactions: number }[] {
  const column = Object.hasOwn(completed, key) ? completed[key as TextKey] : undefined;
  const list = Object.hasOwn(completedLists, key) ? completedLists[key as TextKey] : undefined;
  if (column === undefined && list === undefined) return [];
  const where = selectedInteractions(selection);
  const value = column === undefined ? 'j.value' : 'i.value';
  const rows = db.all(
    `SELECT ${value} AS value, count(*) AS interactions
     FROM (SELECT ${column ?? list} AS value FROM interactions i WHERE ${where.sql} ORDER BY i.sort_us DESC LIMIT ${MAX_LOOKED_AT}) i
     ${column === undefined ? ', json_each(i.value) j' : ''}
     WHERE ${value} IS NOT NULL AND ${value} LIKE ? ESCAPE '\\' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?`,
    ...where.values,
    `${prefix.replace(/[\\%_]/g, '\\$&')}%`,
    limit,
  );
  return rows.map((row) => ({ value: String(row['value']), interactions: Number(row['interactions']) }));
}

export interface Resolved {
  readonly kind: 'trace' | 'span' | 'interaction' | 'run' | 'conversation';
  readonly id: string;
  readonly project: string;
  readonly conversation?: string;
  readonly traceId?: string;
  readonly interaction?: string;
}

/** What an id names, whatever kind of id it is. */
export function resolveId({ db }: StoreReader, id: string): Resolved[] {
  const found: Resolved[] = [];
  for (const row of db.all(
    'SELECT public_id, project FROM conversations WHERE public_id = ? OR name = ? LIMIT 5',
    id,
    id,
  )) {
    const conversation = String(row['public_id']);
    found.push({ kind: 'conversation', id: conversation, project: String(row['project']), conversation });
  }
  for (const row of db.all('SELECT trace_id, project FROM traces WHERE trace_id = ? LIMIT 5', id.toLowerCase())) {
    const traceId = String(row['trace_id']);
    found.push({ kind: 'trace', id: traceId, project: String(row['project']), traceId });
  }
  const [traceId = '', spanId = ''] = id.toLowerCase().split(':');
  for (const row of db.all(
    'SELECT span_id, project FROM spans WHERE trace_id = ? AND span_id = ? LIMIT 5',
    traceId,
    spanId,
  )) {
    found.push({ kind: 'span', id: String(row['span_id']), project: String(row['project']), traceId });
  }
  const interactions = db.all(
    `SELECT i.key, i.run_id, i.trace_id, i.project, c.public_id FROM interactions i JOIN conversations c ON c.id = i.conversation
     WHERE (i.id IN ${idsOfKey('?1')} AND i.key = ?1) OR i.response_id = ?1 OR i.run_id = ?1
       OR i.id IN (SELECT interaction FROM messages WHERE id = ?1)
     ORDER BY i.sort_us DESC LIMIT 5`,
    id,
  );
  for (const row of interactions) {
    found.push({
      kind: row['run_id'] === id ? 'run' : 'interaction',
      id: String(row['run_id'] === id ? id : row['key']),
      project: String(row['project']),
      conversation: String(row['public_id']),
      traceId: String(row['trace_id']),
      interaction: String(row['key']),
    });
  }
  return found;
}

export interface StoreTotals {
  readonly spans: number;
  readonly interactions: number;
  readonly conversations: number;
  readonly bytes: number;
  readonly oldestAt?: number;
  readonly pruned?: { readonly at: number; readonly spans: number };
}

/** Counts come from row ids and page counts: counting a million rows takes longer than a page may wait. */
export function totalsOf({ db }: StoreReader): StoreTotals {
  const [row] = db.all(
    `SELECT coalesce((SELECT max(id) FROM spans) - (SELECT min(id) FROM spans) + 1, 0) - (SELECT count(*)
         FROM interactions INDEXED BY interactions_key WHERE is_keyed = 1 AND id BETWEEN (SELECT min(id) FROM spans) AND (SELECT max(id) FROM spans)) AS spans,
       (SELECT count(*) FROM conversations) AS conversations,
       (SELECT coalesce(sum(interactions), 0) FROM conversations) AS interactions,
       (SELECT received_us FROM spans ORDER BY id LIMIT 1) AS oldest,
       (SELECT value FROM meta WHERE name = 'pruned_us') AS pruned_us,
       (SELECT value FROM meta WHERE name = 'pruned_spans') AS pruned_spans`,
  );
  const prunedUs = row?.['pruned_us'];
  return {
    spans: Number(row?.['spans'] ?? 0),
    interactions: Number(row?.['interactions'] ?? 0),
    conversations: Number(row?.['conversations'] ?? 0),
    bytes: (db.pragma('page_count') - db.pragma('freelist_count')) * db.pragma('page_size'),
    ...(row?.['oldest'] != null && { oldestAt: millis(row['oldest']) }),
    ...(prunedUs != null && { pruned: { at: millis(prunedUs), spans: Number(row?.['pruned_spans'] ?? 0) } }),
  };
}
