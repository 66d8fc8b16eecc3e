import type { Interaction, Scalar } from '../interaction/interaction.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { contentOf } from './content.ts';
import { idsOfKey, idsOfTrace } from './interaction-ids.ts';
import type { StoreReader } from './reader.ts';
import type { Sql } from './where.ts';

/** The queries that vendors' APIs need, for one vendor and one project. */
export interface VendorScope {
  readonly vendor: string;
  readonly project: string;
}

export interface VendorPage<T> {
  readonly items: T[];
  readonly total: number;
}

export interface StoredDocument {
  readonly collection: string;
  readonly id: string;
  readonly externalId?: string;
  readonly conversationId?: string;
  readonly updatedAt: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface NamedConversation {
  readonly id: string;
  readonly interactions: Interaction[];
  readonly document?: StoredDocument;
}

/** The conditions of vendors' routes, in the fields of an interaction. */
export type StoreCondition =
  | { readonly field: string; readonly in: readonly Scalar[]; readonly ignoreCase?: boolean }
  | { readonly field: string; readonly atLeast: number }
  | { readonly field: string; readonly atMost: number }
  | { readonly field: string; readonly isAbsent: boolean }
  | { readonly and: readonly StoreCondition[] }
  | { readonly or: readonly StoreCondition[] };

const fields: Readonly<Record<string, string>> = {
  id: 'i.key',
  traceId: 'i.trace_id',
  spanId: 'i.span_id',
  operation: 'i.operation',
  conversationId: 'i.conversation_name',
  sessionId: 'i.session_id',
  // The column holds the email address of a user without an id.
  userId: 'CASE WHEN i.is_user_email = 0 THEN i.user_id END',
  agentId: 'i.agent_id',
  responseId: 'i.response_id',
  externalReferenceId: 'i.external_id',
  botId: 'i.bot_id',
  feature: 'i.feature',
  channel: 'i.channel',
  taskId: 'i.task_id',
  developer: 'i.is_developer',
  startTime: '(i.start_us / 1e3)',
};

export function vendorInteractions(
  { db }: StoreReader,
  { project }: VendorScope,
  query: {
    readonly where?: StoreCondition;
    readonly sort?: { readonly field: 'startTime' | 'duration'; readonly order: 'asc' | 'desc' };
    readonly offset?: number;
    readonly limit: number;
  },
): VendorPage<Interaction> {
  const { sql, values } = query.where ? conditionSql(query.where) : { sql: '1', values: [] };
  const where = `FROM interactions i WHERE i.project = ? AND i.is_hidden = 0 AND ${sql}`;
  const total = Number(db.all(`SELECT count(*) AS total ${where}`, project, ...values)[0]?.['total'] ?? 0);
  const column = query.sort?.field === 'duration' ? '(i.end_us - i.start_us)' : 'i.start_us';
  const order = query.sort?.order === 'asc' ? 'ASC' : 'DESC';
  const rows = db.all(
    `SELECT i.id ${where} ORDER BY ${column} ${order}, i.key LIMIT ? OFFSET ?`,
    project,
    ...values,
    query.limit,
    query.offset ?? 0,
  );
  return { items: contentsOf(db, rows), total };
}

export function vendorConversations(
  { db }: StoreReader,
  { vendor, project }: VendorScope,
  query: {
    readonly ids?: readonly string[];
    readonly externalId?: string;
    /** Unix milliseconds. */
    readonly since?: number;
    readonly offset?: number;
    readonly limit: number;
  },
): VendorPage<NamedConversation> {
  const { ids, externalId, since } = query;
  const inIds = (column: string): Sql =>
    ids === undefined
      ? { sql: '1', values: [] }
      : { sql: `${column} IN (${ids.map(() => '?').join(', ')})`, values: ids };
  const named = inIds('name');
  const documents = inIds('public_id');
  const external = externalId ?? null;
  const sinceUs = since === undefined ? [] : [since * 1e3];
  const isSince = (column: string): string => (since === undefined ? '' : `AND ${column} >= ?`);
  const found = `WITH traced AS (SELECT i.conversation_name FROM interactions i WHERE i.id IN ${idsOfTrace('?')}),
    found AS (
      SELECT name AS id, max(sort_us) AS changed FROM conversations
        WHERE project = ? AND name IS NOT NULL AND ${named.sql} ${isSince('sort_us')}
          AND (? IS NULL OR name IN traced
            OR name IN (SELECT public_id FROM documents WHERE external_id = ? AND received_by = ? AND project = ?))
        GROUP BY 1
      UNION ALL
      SELECT public_id, updated_us FROM documents
        WHERE project = ? AND received_by = ? AND collection = 'conversation' AND ${documents.sql} ${isSince('updated_us')}
          AND (? IS NULL OR external_id = ? OR public_id IN traced)
    ), merged AS (SELECT id, max(changed) AS changed FROM found GROUP BY id)`;
  const values: SqlValue[] = [
    ...[external, external],
    ...[project, ...named.values, ...sinceUs, external, external, vendor, project],
    ...[project, vendor, ...documents.values, ...sinceUs, external, external],
  ];
  const total = Number(db.all(`${found} SELECT count(*) AS total FROM merged`, ...values)[0]?.['total'] ?? 0);
  const rows = db.all(
    `${found} SELECT id FROM merged ORDER BY changed DESC, id LIMIT ? OFFSET ?`,
    ...values,
    query.limit,
    query.offset ?? 0,
  );
  return { items: rows.map((row) => namedConversation(db, { vendor, project }, String(row['id']))), total };
}

function namedConversation(db: StoreReader['db'], { vendor, project }: VendorScope, id: string): NamedConversation {
  const rows = db.all(
    `SELECT i.id FROM conversations c JOIN interactions i ON i.conversation = c.id
     WHERE c.name = ? AND c.project = ? AND i.is_hidden = 0 ORDER BY i.start_us, i.key`,
    id,
    project,
  );
  const [document] = db.all(
    `SELECT * FROM documents WHERE public_id = ? AND collection = 'conversation' AND received_by = ? AND project = ?`,
    id,
    vendor,
    project,
  );
  return { id, interactions: contentsOf(db, rows), ...(document && { document: documentOf(document) }) };
}

export function vendorDocuments(
  { db }: StoreReader,
  { vendor, project }: VendorScope,
  query: {
    readonly collection: string;
    readonly ids?: readonly string[];
    readonly offset?: number;
    readonly limit: number;
  },
): VendorPage<StoredDocument> {
  const where = `WHERE received_by = ? AND collection = ? AND project = ? ${idsSql('public_id', query.ids)}`;
  const values: SqlValue[] = [vendor, query.collection, project, ...(query.ids ?? [])];
  return pageOf(db, 'documents', where, 'updated_us DESC, id DESC', values, query, documentOf);
}

/** Entries as they were written: feedback and events. */
export function vendorEntries(
  { db }: StoreReader,
  table: 'feedback' | 'events',
  { vendor, project }: VendorScope,
  query: {
    readonly ids?: readonly string[];
    /** Of feedback alone. */
    readonly rating?: string;
    readonly messageIds?: readonly string[];
    /** Only what this vendor's client wrote, as events always are. */
    readonly isOwn?: boolean;
    /** Unix milliseconds. */
    readonly since?: number;
    readonly offset?: number;
    readonly limit: number;
  },
): VendorPage<unknown> {
  const { ids, rating, messageIds, since, isOwn = table === 'events' } = query;
  const where = [
    'WHERE project = ?',
    isOwn ? 'AND received_by = ?' : '',
    idsSql('public_id', ids),
    rating === undefined ? '' : 'AND rating = ?',
    idsSql('message_id', messageIds),
    since === undefined ? '' : 'AND at_us >= ?',
  ].join(' ');
  const values: SqlValue[] = [
    project,
    ...(isOwn ? [vendor] : []),
    ...(ids ?? []),
    ...(rating === undefined ? [] : [rating]),
    ...(messageIds ?? []),
    ...(since === undefined ? [] : [since * 1e3]),
  ];
  return pageOf(
    db,
    table,
    where,
    'at_us DESC, id DESC',
    values,
    query,
    (row) => JSON.parse(String(row['data'])) as unknown,
  );
}

function pageOf<T>(
  db: StoreReader['db'],
  table: string,
  where: string,
  order: string,
  values: readonly SqlValue[],
  { offset = 0, limit }: { readonly offset?: number; readonly limit: number },
  read: (row: SqlRow) => T,
): VendorPage<T> {
  const total = Number(db.all(`SELECT count(*) AS total FROM ${table} ${where}`, ...values)[0]?.['total'] ?? 0);
  const rows = db.all(`SELECT * FROM ${table} ${where} ORDER BY ${order} LIMIT ? OFFSET ?`, ...values, limit, offset);
  return { items: rows.map(read), total };
}

function idsSql(column: string, ids: readonly string[] | undefined): string {
  return ids === undefined ? '' : `AND ${column} IN (${ids.map(() => '?').join(', ')})`;
}

function conditionSql(condition: StoreCondition): Sql {
  if ('and' in condition) return combined(condition.and.map(conditionSql), 'AND', '1');
  if ('or' in condition) return combined(condition.or.map(conditionSql), 'OR', '0');
  if (condition.field === 'outputMessageId') return messageSql(condition);
  const column = fields[condition.field] ?? 'NULL';
  if ('isAbsent' in condition) return { sql: `${column} IS ${condition.isAbsent ? '' : 'NOT '}NULL`, values: [] };
  if ('atLeast' in condition) return { sql: `${column} >= ?`, values: [condition.atLeast] };
  if ('atMost' in condition) return { sql: `${column} <= ?`, values: [condition.atMost] };
  const ids = idsIn[condition.field];
  if (ids && !condition.ignoreCase) {
    return combined(
      condition.in.map((value) => withId(ids, column, sqlValue(value))),
      'OR',
      '0',
    );
  }
  const collation = condition.ignoreCase ? ' COLLATE NOCASE' : '';
  const marks = condition.in.map(() => `?${collation}`).join(', ');
  return { sql: `${column}${collation} IN (${marks})`, values: condition.in.map(sqlValue) };
}

/** Fields that name few interactions, found without reading the others. */
const idsIn: Readonly<Record<string, (value: string) => string>> = { id: idsOfKey, traceId: idsOfTrace };

/** @param ids has the value twice or more often */
function withId(ids: (value: string) => string, column: string, value: SqlValue): Sql {
  const sql = `(i.id IN ${ids('?')} AND ${column} = ?)`;
  return {
    sql,
    values: sql
      .split('?')
      .slice(1)
      .map(() => value),
  };
}

function messageSql(condition: Exclude<StoreCondition, { and: unknown } | { or: unknown }>): Sql {
  const exists = 'EXISTS (SELECT 1 FROM messages m WHERE m.interaction = i.id AND m.is_output = 1';
  if ('isAbsent' in condition) return { sql: `${condition.isAbsent ? 'NOT ' : ''}${exists})`, values: [] };
  if (!('in' in condition)) return { sql: '0', values: [] };
  return {
    sql: `${exists} AND m.id IN (${condition.in.map(() => '?').join(', ')}))`,
    values: condition.in.map(sqlValue),
  };
}

function combined(conditions: readonly Sql[], word: 'AND' | 'OR', empty: string): Sql {
  return {
    sql: conditions.length === 0 ? empty : `(${conditions.map(({ sql }) => sql).join(` ${word} `)})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

function sqlValue(value: Scalar): SqlValue {
  return typeof value === 'boolean' ? Number(value) : value;
}

function contentsOf(db: StoreReader['db'], rows: readonly SqlRow[]): Interaction[] {
  return rows.flatMap(({ id }) => contentOf(db, id)?.interaction ?? []);
}

function documentOf(row: SqlRow): StoredDocument {
  const { external_id: externalId, conversation_name: conversationId } = row;
  return {
    collection: String(row['collection']),
    id: String(row['public_id']),
    ...(typeof externalId === 'string' && { externalId }),
    ...(typeof conversationId === 'string' && { conversationId }),
    updatedAt: Number(row['updated_us']) / 1e3,
    body: JSON.parse(String(row['body'])) as Readonly<Record<string, unknown>>,
  };
}
