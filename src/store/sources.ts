import type { Interaction } from '../interaction/interaction.ts';
import { withLogs } from '../semconv/dialects/genai/read.ts';
import type { SpanData } from '../semconv/span-data.ts';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import { readable } from './content.ts';
import { type LogJson, type SpanRecord, spanFromRow } from './span-row.ts';

const SPAN_COLUMNS = `s.id, s.project, s.trace_id, s.span_id, s.parent_id, s.name, s.kind, s.status, s.service,
  s.start_us, s.end_us, s.received_us, s.received_by, s.is_update, s.data, r.json AS resource FROM spans s JOIN resources r ON r.id = s.resource`;

/** Reads what arrived, for the index that is made of it. Remembers what a step has read, because it needs each row twice. */
export class Sources {
  readonly #db: Connection;
  readonly #resources = new Map<string, Readonly<Record<string, unknown>>>();
  /** Whether a table has any row: most stores have none of these, and a query for each span would find nothing. */
  readonly #isFilled = new Map<string, boolean>();
  readonly #rows = new Map<string, SqlRow>();
  readonly #interactions = new Map<SqlRow, Read>();

  constructor(db: Connection) {
    this.#db = db;
  }

  /** At the end of a step, because rows may change before the next one. */
  forget(): void {
    this.forgetRows();
    this.#isFilled.clear();
  }

  /** Once the rows are indexed: they hold the content, and garbage collection copies whatever a step keeps. */
  forgetRows(): void {
    this.#rows.clear();
    this.#interactions.clear();
  }

  /** The spans that were written after a row id. */
  spansAfter(id: number, limit: number): SqlRow[] {
    const rows = this.#db.all(`SELECT ${SPAN_COLUMNS} WHERE s.id > ? ORDER BY s.id LIMIT ?`, id, limit);
    for (const row of rows) this.#rows.set(`${row['project']}\n${row['trace_id']}\n${row['span_id']}`, row);
    return rows;
  }

  /** What vendors' clients wrote of an interaction. */
  records(project: string, key: string): SqlRow[] {
    if (!this.hasRows('records')) return [];
    return this.#db.all(
      'SELECT received_us, received_by, is_replacing, data FROM records WHERE key = ? AND project = ? ORDER BY received_us, received_by',
      key,
      project,
    );
  }

  hasRows(table: OptionalTable): boolean {
    let isFilled = this.#isFilled.get(table);
    if (isFilled === undefined) {
      isFilled = this.#db.all(`SELECT 1 FROM ${table} LIMIT 1`).length > 0;
      this.#isFilled.set(table, isFilled);
    }
    return isFilled;
  }

  spans(project: string, key: string): SqlRow[] {
    const plain = /^([0-9a-f]{32}):([0-9a-f]{16})$/.exec(key);
    if (plain) return this.spansAt(project, plain[1] ?? '', plain[2] ?? '');
    return this.#db
      .all('SELECT trace_id, span_id FROM run_spans WHERE key = ? AND project = ?', key, project)
      .flatMap((row) => this.spansAt(project, String(row['trace_id']), String(row['span_id'])));
  }

  spansAt(project: string, traceId: string, spanId: string): SqlRow[] {
    const row = this.#rows.get(`${project}\n${traceId}\n${spanId}`);
    if (row) return [row];
    const where = 's.trace_id = ? AND s.span_id = ? AND s.project = ?';
    return this.#db.all(`SELECT ${SPAN_COLUMNS} WHERE ${where}`, traceId, spanId, project);
  }

  /** With the GenAI events that belong to the span; undefined for a span that describes no interaction. */
  interactionOf(row: SqlRow, project: string): Interaction | undefined {
    return this.#read(row, project).interaction;
  }

  /** Whether log records describe the span, too. */
  hasEvents(row: SqlRow, project: string): boolean {
    return this.#read(row, project).hasEvents;
  }

  #read(row: SqlRow, project: string): Read {
    let known = this.#interactions.get(row);
    if (!known) {
      const span = this.#spanData(row);
      const logs = this.#logsOf(span, project);
      known = { interaction: readable(withEvents(span, logs)), hasEvents: logs.length > 0 };
      this.#interactions.set(row, known);
    }
    return known;
  }

  #spanData(row: SqlRow): SpanData {
    const text = String(row['resource']);
    let resource = this.#resources.get(text);
    if (!resource) {
      resource = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (this.#resources.size > 1_000) this.#resources.clear();
      this.#resources.set(text, resource);
    }
    return spanFromRow(row as unknown as SpanRecord, resource);
  }

  #logsOf({ traceId, spanId }: SpanData, project: string): LogJson[] {
    if (!this.hasRows('logs')) return [];
    const where = 'trace_id = ? AND span_id = ? AND project = ?';
    const rows = this.#db.all(`SELECT data FROM logs WHERE ${where} ORDER BY hash`, traceId, spanId, project);
    const logs = rows.map((row) => JSON.parse(String(row['data'])) as LogJson);
    return logs.sort((a, b) => a.time[0] - b.time[0] || a.time[1] - b.time[1]);
  }
}

/** Tables that are empty in most stores. */
export type OptionalTable =
  | 'deliveries'
  | 'feedback'
  | 'interaction_data'
  | 'logs'
  | 'messages'
  | 'records'
  | 'run_spans';

interface Read {
  readonly interaction: Interaction | undefined;
  readonly hasEvents: boolean;
}

/** The span with its GenAI events, which arrived as log records: they hold what its attributes may not. */
function withEvents(span: SpanData, logs: readonly LogJson[]): SpanData {
  if (logs.length === 0) return span;
  const { traceId, spanId } = span;
  return withLogs(
    span,
    logs.map((log) => ({ ...log, traceId, spanId, resource: {} })),
  );
}
