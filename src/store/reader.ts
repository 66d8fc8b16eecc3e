import { DEFAULT_PROJECT } from '../semconv/project.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { Connection } from '../sqlite/connection.ts';
import type { OpenDatabase, SqlRow, SqlValue } from '../sqlite/driver.ts';
import { contentOf } from './content.ts';
import { hasKey, isInTrace } from './interaction-ids.ts';
import {
  cursorOf,
  INTERACTIONS,
  type ListQuery,
  listRows,
  position,
  type Selection,
  selectedInteractions,
} from './lists.ts';
import { type DeliveryState, MAX_RUN_SPANS } from './port.ts';
import {
  type ConversationRow,
  conversationRow,
  type DeliveryRow,
  deliveryRow,
  type FoundInteraction,
  type InteractionRow,
  interactionRow,
  millis,
  type PageOf,
  type TraceRow,
  traceRow,
} from './rows.ts';
import { runSpans } from './run-spans.ts';
import { prepareReader } from './schema.ts';
import { type SpanRecord, spanFromRow } from './span-row.ts';
import { storeErrorFrom } from './store-error.ts';

export interface StoredSpan {
  readonly span: SpanData;
  readonly isTruncated: boolean;
  readonly operation?: string;
  readonly interaction?: string;
}

const TOKENS = `SELECT sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens FROM interactions i
  WHERE ${isInTrace('?1', '?2')} AND i.is_hidden = 0`;
/** Names of prompts that a conversation lists. */
const MAX_PROMPTS = 20;

/** Reads, and never changes anything. Synchronous, because it runs in a thread of its own. */
export class StoreReader {
  readonly db: Connection;

  /** @throws StoreError */
  constructor(open: OpenDatabase, file: string) {
    try {
      this.db = new Connection(open(file));
      prepareReader(this.db);
    } catch (error) {
      throw storeErrorFrom(error);
    }
  }

  conversations(query: ListQuery): PageOf<ConversationRow> {
    const { rows, next } = listRows(this.db, 'conversation', query);
    return { items: this.#conversationRows(rows), ...(next && { next }) };
  }

  /** By the public id, else by the name that the application gave. Without a project, the latest one of that name. */
  conversation(id: string, project?: string): ConversationRow | undefined {
    const where = project === undefined ? '' : 'AND project = ?';
    const values = project === undefined ? [id] : [id, project];
    const byId = this.db.all(`SELECT * FROM conversations WHERE public_id = ? ${where}`, ...values);
    const rows =
      byId.length > 0
        ? byId
        : this.db.all(`SELECT * FROM conversations WHERE name = ? ${where} ORDER BY sort_us DESC LIMIT 1`, ...values);
    return this.#conversationRows(rows)[0];
  }

  /** The first one first. */
  interactionsOf(conversation: string, { limit, cursor }: ListQuery): PageOf<FoundInteraction> {
    const [sortUs, rowId] = position(cursor) ?? [-1, -1];
    const rows = this.db.all(
      `${INTERACTIONS} WHERE c.public_id = ? AND i.is_hidden = 0 AND (i.sort_us, i.id) > (?, ?) ORDER BY i.sort_us, i.id LIMIT ?`,
      conversation,
      sortUs,
      rowId,
      limit + 1,
    );
    const kept = rows.slice(0, limit);
    const items = this.#interactionRows(kept).flatMap((row, index) => this.#found(row, kept[index]) ?? []);
    return { items, ...(rows.length > limit && { next: cursorOf(kept.at(-1)) }) };
  }

  interactions(query: ListQuery): PageOf<InteractionRow> {
    const { rows, next } = listRows(this.db, 'interaction', query);
    return { items: this.#interactionRows(rows), ...(next && { next }) };
  }

  /** Without a project, that of the default project, else that of the first project by name. */
  interaction(key: string, project?: string): FoundInteraction | undefined {
    const rows = this.db.all(
      `${INTERACTIONS} WHERE ${hasKey('?1', project === undefined ? 'i.project' : '?2')}
         ORDER BY i.project <> '${DEFAULT_PROJECT}', i.project LIMIT 1`,
      key,
      ...(project === undefined ? [] : [project]),
    );
    const [row] = this.#interactionRows(rows);
    return row && this.#found(row, rows[0]);
  }

  traces(query: ListQuery): PageOf<TraceRow> {
    const { rows, next } = listRows(this.db, 'trace', query);
    return { items: rows.map(traceRow), ...(next && { next }) };
  }

  /** Without a project, that of the default project, else that of the first project by name. */
  trace(traceId: string, project?: string): TraceRow | undefined {
    const [row] = this.db.all(
      `SELECT * FROM traces WHERE trace_id = ? ${project === undefined ? '' : 'AND project = ?'}
         ORDER BY project <> '${DEFAULT_PROJECT}', project LIMIT 1`,
      traceId,
      ...(project === undefined ? [] : [project]),
    );
    if (!row) return undefined;
    const [sums] = this.db.all(TOKENS, traceId, row['project'] ?? null);
    return traceRow({ ...sums, ...row });
  }

  /** @param spanId only this one */
  spans(traceId: string, { project = '', limit, cursor }: ListQuery, spanId?: string): PageOf<StoredSpan> {
    const [startUs, rowId] = position(cursor) ?? [-1, -1];
    // Only the spans of the page are read whole: all of the trace are sorted.
    const rows = this.db.all(
      `SELECT s.*, r.json AS resource, s.start_us AS sort_us,
         coalesce((SELECT i.key FROM interactions i WHERE i.id = s.id), (SELECT i.key FROM interactions i
           WHERE i.trace_id = s.trace_id AND i.span_id = s.span_id AND i.project = s.project AND i.is_keyed = 1)) AS interaction
       FROM (SELECT id FROM spans WHERE trace_id = ? AND project = ? AND (? IS NULL OR span_id = ?)
           AND (start_us, id) > (?, ?) ORDER BY start_us, id LIMIT ?) AS page
         CROSS JOIN spans s ON s.id = page.id JOIN resources r ON r.id = s.resource
       ORDER BY s.start_us, s.id`,
      traceId,
      project,
      spanId ?? null,
      spanId ?? null,
      startUs,
      rowId,
      limit + 1,
    );
    const kept = rows.slice(0, limit);
    return { items: kept.map(storedSpan), ...(rows.length > limit && { next: cursorOf(kept.at(-1)) }) };
  }

  /** Spans of tools in the traces of a conversation, by start time. */
  toolSpansOf(conversation: string, { limit, cursor }: ListQuery): PageOf<StoredSpan> {
    const [startUs, rowId] = position(cursor) ?? [-1, -1];
    const rows = this.db.all(
      `SELECT s.*, r.json AS resource, s.start_us AS sort_us
       FROM spans s JOIN resources r ON r.id = s.resource
       WHERE s.operation = 'execute_tool' AND (s.start_us, s.id) > (?, ?) AND (s.trace_id, s.project) IN (
         SELECT i.trace_id, i.project FROM interactions i JOIN conversations c ON c.id = i.conversation
         WHERE c.public_id = ?)
       ORDER BY s.start_us, s.id LIMIT ?`,
      startUs,
      rowId,
      conversation,
      limit + 1,
    );
    const items = rows.slice(0, limit);
    return { items: items.map(storedSpan), ...(rows.length > limit && { next: cursorOf(items.at(-1)) }) };
  }

  timeline(query: Selection & { readonly startUs: number; readonly bucketUs: number }): [number, number, number][] {
    const where = selectedInteractions(query);
    const rows = this.db.all(
      `SELECT CAST((i.sort_us - ?) / ? AS INTEGER) AS bucket, count(*) AS interactions, sum(i.status = 'error') AS errors
       FROM interactions i WHERE ${where.sql} GROUP BY 1`,
      query.startUs,
      query.bucketUs,
      ...where.values,
    );
    return rows.map((row) => [Number(row['bucket']), Number(row['interactions']), Number(row['errors'])]);
  }

  deliveriesOf(key: string, project: string): DeliveryRow[] {
    const where = 'WHERE interaction = ? AND project = ? ORDER BY destination';
    return this.db.all(`SELECT * FROM deliveries ${where}`, key, project).map(deliveryRow);
  }

  deliveries(destination: string, state: DeliveryState | undefined, { limit, cursor }: ListQuery): PageOf<DeliveryRow> {
    const [updatedUs, rowId] = position(cursor) ?? [Number.MAX_SAFE_INTEGER, 0];
    const rows = this.db.all(
      `SELECT d.*, d.updated_us AS sort_us, i.title FROM deliveries d
       LEFT JOIN interactions i ON ${hasKey('d.interaction', 'd.project')}
       WHERE d.destination = ? AND (? IS NULL OR d.state = ?) AND (d.updated_us, d.id) < (?, ?)
       ORDER BY d.updated_us DESC, d.id DESC LIMIT ?`,
      destination,
      state ?? null,
      state ?? null,
      updatedUs,
      rowId,
      limit + 1,
    );
    const kept = rows.slice(0, limit);
    return { items: kept.map(deliveryRow), ...(rows.length > limit && { next: cursorOf(kept.at(-1)) }) };
  }

  /** How many records of each destination are in which state, and when the first and the last of them changed. */
  deliveryCounts(): { destination: string; state: DeliveryState; records: number; firstAt: number; lastAt: number }[] {
    const sql = `SELECT destination, state, count(*) AS records, min(updated_us) AS first, max(updated_us) AS last
      FROM deliveries GROUP BY 1, 2`;
    return this.db.all(sql).map((row) => ({
      destination: String(row['destination']),
      state: String(row['state']) as DeliveryState,
      records: Number(row['records']),
      firstAt: millis(row['first']),
      lastAt: millis(row['last']),
    }));
  }

  /** Conversations that changed after this number of the sequence, and those that were deleted since. */
  changes(
    after: number,
    limit: number,
    project?: string,
  ): { items: ConversationRow[]; deleted: string[]; last: number } {
    const rows = this.db.all(
      'SELECT * FROM conversations WHERE sequence > ? AND (? IS NULL OR project = ?) ORDER BY sequence LIMIT ?',
      after,
      project ?? null,
      project ?? null,
      limit,
    );
    const gone = this.db.all(
      'SELECT sequence, public_id FROM tombstones WHERE sequence > ? ORDER BY 1 LIMIT ?',
      after,
      limit,
    );
    const last = Math.max(after, Number(rows.at(-1)?.['sequence'] ?? 0), Number(gone.at(-1)?.['sequence'] ?? 0));
    return { items: this.#conversationRows(rows), deleted: gone.map((row) => String(row['public_id'])), last };
  }

  get sequence(): number {
    return Number(this.db.all(`SELECT value FROM meta WHERE name = 'sequence'`)[0]?.['value'] ?? 0);
  }

  /** Undefined if it was deleted since its row was read. */
  #found(row: InteractionRow, stored: SqlRow | undefined): FoundInteraction | undefined {
    const content = contentOf(this.db, stored?.['id']);
    if (!content) return undefined;
    const isTruncated =
      content.isSpanTruncated || (row.runId !== undefined && runSpans(this.db, row.project, row.id) >= MAX_RUN_SPANS);
    return { row, interaction: content.interaction, ...(isTruncated && { isTruncated }) };
  }

  #conversationRows(rows: readonly SqlRow[]): ConversationRow[] {
    const [deliveriesOf, ratingsOf] = [this.#unlessEmpty('deliveries'), this.#unlessEmpty('feedback')];
    return rows.map((row) => {
      const id = Number(row['id']);
      const deliveries = deliveriesOf(
        `SELECT d.destination, d.state FROM interactions i JOIN deliveries d ON d.interaction = i.key AND d.project = i.project
         WHERE i.conversation = ?`,
        id,
      );
      const ratings = ratingsOf(
        `SELECT f.rating, count(*) AS ratings FROM interactions i JOIN feedback f ON f.interaction = i.key AND f.project = i.project
         WHERE i.conversation = ? GROUP BY 1`,
        id,
      );
      const prompts = this.db
        .all(
          `SELECT DISTINCT prompt FROM interactions
           WHERE conversation = ? AND is_hidden = 0 AND prompt IS NOT NULL ORDER BY 1 LIMIT ${MAX_PROMPTS}`,
          id,
        )
        .map(({ prompt }) => String(prompt));
      return { ...conversationRow(row), prompts, deliveries: worstOf(deliveries), feedback: countsOf(ratings) };
    });
  }

  #interactionRows(rows: readonly SqlRow[]): InteractionRow[] {
    const [deliveriesOf, ratingsOf] = [this.#unlessEmpty('deliveries'), this.#unlessEmpty('feedback')];
    return rows.map((row) => {
      const key: SqlValue[] = [row['key'] ?? null, row['project'] ?? null];
      const deliveries = deliveriesOf(
        'SELECT destination, state FROM deliveries WHERE interaction = ? AND project = ?',
        ...key,
      );
      const ratings = ratingsOf(
        'SELECT rating, count(*) AS ratings FROM feedback WHERE interaction = ? AND project = ? GROUP BY 1',
        ...key,
      );
      return { ...interactionRow(row), deliveries: worstOf(deliveries), feedback: countsOf(ratings) };
    });
  }

  /** Most stores have no row of these tables, and a query for each row of a list would read all of its interactions. */
  #unlessEmpty(table: 'deliveries' | 'feedback'): Connection['all'] {
    const isEmpty = this.db.all(`SELECT 1 FROM ${table} LIMIT 1`).length === 0;
    return (...query) => (isEmpty ? [] : this.db.all(...query));
  }
}

/** Several records have the worst of their states. */
const severity: readonly DeliveryState[] = [
  'stopped',
  'dead',
  'retrying',
  'waiting',
  'skipped',
  'coalesced',
  'delivered',
];

function worstOf(rows: readonly SqlRow[]): Record<string, DeliveryState> {
  const worst: Record<string, DeliveryState> = {};
  for (const row of rows) {
    const destination = String(row['destination']);
    const state = String(row['state']) as DeliveryState;
    const known = Object.hasOwn(worst, destination) ? worst[destination] : undefined;
    if (known === undefined || severity.indexOf(state) < severity.indexOf(known)) worst[destination] = state;
  }
  return worst;
}

function countsOf(rows: readonly SqlRow[]): { up: number; down: number } {
  const of = (rating: string): number => Number(rows.find((row) => row['rating'] === rating)?.['ratings'] ?? 0);
  return { up: of('positive'), down: of('negative') };
}

function storedSpan(row: SqlRow): StoredSpan {
  const resource = JSON.parse(String(row['resource'])) as Readonly<Record<string, unknown>>;
  const { operation, interaction } = row;
  return {
    span: spanFromRow(row as unknown as SpanRecord, resource),
    isTruncated: row['is_truncated'] === 1,
    ...(typeof operation === 'string' && { operation }),
    ...(typeof interaction === 'string' && { interaction }),
  };
}
