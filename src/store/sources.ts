import type { Interaction } from '../interaction/interaction.ts';
import { withLogs } from '../semconv/dialects/genai/read.ts';
import type { SpanData } from '../semconv/span-data.ts';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import { readable } from './content.ts';
import type { FreshSpans } from './fresh-spans.ts';
import { type LogJson, type SpanRecord, spanFromRow } from './span-row.ts';

const SPAN_COLUMNS = `s.id, s.project, s.trace_id, s.span_id, s.parent_id, s.name, s.kind, s.status, s.service,
  s.start_us, s.end_us, s.received_us, s.received_by, s.data, r.json AS resource FROM spans s JOIN resources r ON r.id = s.resource`;

/** Spans that are read at a time: each may have ten million characters. */
export const READ_SPANS = 25;
/** SQLite prepares a statement anew for each value of a parameter after LIMIT. */
const SPANS_AFTER = `SELECT ${SPAN_COLUMNS} WHERE s.id > ? ORDER BY s.id LIMIT ${READ_SPANS}`;

/** Reads what arrived, for the index that is made of it. Remembers what a step has read, because it needs each row twice. */
export class Sources {
  readonly #db: Connection;
  readonly #fresh: FreshSpans;
  readonly #resources = new Map<string, Readonly<Record<string, unknown>>>();
  /** Whether a table has any row: most stores have none of these, and a query for each span would find nothing. */
  readonly #isFilled = new Map<string, boolean>();
  readonly #rows = new Map<string, SqlRow>();
  /** Rows that are not in the map yet: most spans are not looked for. */
  readonly #latest: SqlRow[] = [];
  readonly #interactions = new Map<SqlRow, Read>();

  constructor(db: Connection, fresh: FreshSpans) {
    this.#db = db;
    this.#fresh = fresh;
  }

  /** At the end of a step, because rows may change before the next one. */
  forget(): void {
    this.forgetRows();
    this.#isFilled.clear();
  }

  /** Once the rows are indexed: they hold the content, and garbage collection copies whatever a step keeps. */
  forgetRows(): void {
    this.#rows.clear();
    this.#latest.length = 0;
    this.#interactions.clear();
  }

  /** The spans that were written after a row id. */
  spansAfter(id: number): SqlRow[] {
    const fresh = this.#fresh.after(id, READ_SPANS);
    const rows = fresh.length > 0 ? fresh : this.#db.all(SPANS_AFTER, id);
    this.#latest.push(...rows);
    return rows;
  }

  spanWithId(id: number): SqlRow | undefined {
    const [row] = this.#db.all(`SELECT ${SPAN_COLUMNS} WHERE s.id = ?`, id);
    if (row) this.#latest.push(row);
    return row;
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

  /** Called when a step adds the first row of a table. */
  fill(table: OptionalTable): void {
    this.#isFilled.set(table, true);
  }

  hasRows(table: OptionalTable): boolean {
    let isFilled = this.#isFilled.get(table);
    if (isFilled === undefined) {
      isFilled = this.#db.all(`SELECT 1 FROM ${table} LIMIT 1`).length > 0;
      this.#isFilled.set(table, isFilled);
    }
    return isFilled;
  }

  /** The spans that describe an interaction. `spanId` is the row id of the span that the key names. */
  spans(project: string, key: string): { readonly rows: SqlRow[]; readonly spanId?: number } {
    const named = /^([0-9a-f]{32}):([0-9a-f]{16})$/.exec(key);
    if (!named) return { rows: this.#spansOfRun(project, key) };
    const rows = this.spansAt(project, named[1] ?? '', named[2] ?? '');
    const [row] = rows;
    return row ? { rows, spanId: Number(row['id']) } : { rows };
  }

  #spansOfRun(project: string, key: string): SqlRow[] {
    return this.#db
      .all('SELECT trace_id, span_id FROM run_spans WHERE key = ? AND project = ?', key, project)
      .flatMap((row) => this.spansAt(project, String(row['trace_id']), String(row['span_id'])));
  }

  spansAt(project: string, traceId: string, spanId: string): SqlRow[] {
    for (const row of this.#latest.splice(0)) {
      this.#rows.set(`${row['project']}\n${row['trace_id']}\n${row['span_id']}`, row);
    }
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
  | 'interaction_data'
  | 'logs'
  | 'messages'
  | 'records'
  | 'run_spans'
  | typeof KEYED;

/** Interactions that no span names. */
export const KEYED = 'interactions WHERE is_keyed = 1';

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
