import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { isInTrace } from './interaction-ids.ts';
import { listed, MAX_LISTED } from './listed.ts';
import type { Marks } from './marks.ts';

/** What a step changes in one trace. Rows are added to its summary at once, because garbage collection copies what a step keeps. */
export interface TraceChange {
  readonly project: string;
  readonly traceId: string;
  /** With what is new; absent until a row is added. */
  summary?: Summary;
  isStored: boolean;
  /** Interactions that are new. */
  interactions: number;
  /** Whether the trace may have interactions without spans: those that vendors' clients wrote. */
  readonly mayHaveInteractions: boolean;
  /** Whether something else changed, so that the whole trace has to be read. */
  isWhole: boolean;
}

/** Spans and interactions that retention removed from a trace. */
export interface TraceRemoval {
  readonly project: string;
  readonly traceId: string;
  spans: number;
  errors: number;
  interactions: number;
}

/**
 * The rows of `traces`. New spans are added to the stored summary without reading the trace again, since a trace may
 * have 100,000 of them; any other change computes the summary anew.
 */
export class TraceSummaries {
  readonly #db: Connection;
  readonly #marks: Marks;

  constructor(db: Connection, marks: Marks) {
    this.#db = db;
    this.#marks = marks;
  }

  /** Adds a row of `spans` that is new to the index. */
  addSpan(change: TraceChange, span: SqlRow): void {
    if (!change.isWhole) addSpan(this.#summaryOf(change), span);
  }

  /** Adds a row of `interactions` that is new. */
  addInteraction(change: TraceChange, interaction: SqlRow): void {
    if (change.isWhole) return;
    addInteraction(this.#summaryOf(change), interaction);
    change.interactions += 1;
  }

  apply({ project, traceId, summary, isStored, interactions, mayHaveInteractions, isWhole }: TraceChange): void {
    // An interaction written by a vendor's client has no trace until a span of it arrives.
    if (!isWhole && !isStored && !summary?.['spans']) return;
    const hasMore = mayHaveInteractions && !isStored && this.#hasInteractions(project, traceId, interactions);
    if (!summary || isWhole || hasMore) this.#compute(project, traceId);
    else this.#write(project, traceId, summary);
  }

  #summaryOf(change: TraceChange): Summary {
    if (!change.summary) {
      const [stored] = this.#db.all(SELECT, change.traceId, change.project);
      change.isStored = stored !== undefined;
      change.summary = stored ? { ...stored } : emptySummary();
    }
    return change.summary;
  }

  /** Retention removes a trace from its start on: times and names of the summary stay, since they were right. */
  shrink({ project, traceId, spans, errors, interactions }: TraceRemoval): void {
    // Most traces are removed whole.
    if (this.#db.run(DELETE_WHOLE, traceId, project, spans).changes > 0) return;
    this.#db.run(SHRINK, spans, errors, interactions, interactions, traceId, project);
  }

  #hasInteractions(project: string, traceId: string, added: number): boolean {
    return this.#db.all(INTERACTIONS, traceId, project, added + 1).length > added;
  }

  /** From the spans that are indexed: a later step adds the ones that wait. */
  #compute(project: string, traceId: string): void {
    const [sums] = this.#db.all(SUMS, traceId, project, this.#marks.get('settled_span'));
    if (!sums || Number(sums['spans']) === 0) {
      this.#db.run('DELETE FROM traces WHERE trace_id = ? AND project = ?', traceId, project);
      return;
    }
    const [costs] = this.#db.all(COSTS, traceId, project);
    const [root] = this.#db.all(ROOT, traceId, project, this.#marks.get('settled_span'));
    this.#write(project, traceId, {
      ...sums,
      ...costs,
      name: root?.['name'] ?? '',
      root: root ? rootRank(root) : '',
      services: this.#distinct(SERVICES, project, traceId),
      models: this.#distinct(MODELS, project, traceId),
    });
  }

  #distinct(sql: string, project: string, traceId: string): string {
    return JSON.stringify(this.#db.all(sql, traceId, project).map(({ value }) => value));
  }

  #write(project: string, traceId: string, summary: SqlRow): void {
    const startUs = Number(summary['start_us']);
    const receivedUs = Number(summary['received_us']);
    this.#db.run(
      UPSERT,
      project,
      traceId,
      startUs > 0 ? Math.min(startUs, receivedUs) : receivedUs,
      ...COLUMNS.map((column) => summary[column] ?? null),
    );
  }
}

type Summary = Record<string, SqlValue>;

function emptySummary(): Summary {
  return {
    name: '',
    root: '',
    services: '[]',
    models: '[]',
    start_us: Number.MAX_SAFE_INTEGER,
    end_us: 0,
    received_us: 0,
    spans: 0,
    errors: 0,
    interactions: 0,
    cost: null,
  };
}

function addSpan(summary: Summary, span: SqlRow): void {
  const rank = rootRank(span);
  if (summary['root'] === '' || rank < String(summary['root'])) {
    summary['root'] = rank;
    summary['name'] = span['name'] ?? '';
  }
  summary['services'] = listed(summary['services'], span['service']);
  summary['start_us'] = Math.min(Number(summary['start_us']), Number(span['start_us']));
  summary['end_us'] = Math.max(Number(summary['end_us']), Number(span['end_us']));
  summary['received_us'] = Math.max(Number(summary['received_us']), Number(span['received_us']));
  summary['spans'] = Number(summary['spans']) + 1;
  summary['errors'] = Number(summary['errors']) + (span['status'] === 2 ? 1 : 0);
}

function addInteraction(summary: Summary, { cost, model }: SqlRow): void {
  summary['interactions'] = Number(summary['interactions']) + 1;
  if (typeof cost === 'number') summary['cost'] = Number(summary['cost'] ?? 0) + cost;
  summary['models'] = listed(summary['models'], model);
}

/** Spans without a parent come first, then the earliest. */
function rootRank({ parent_id, start_us, span_id }: SqlRow): string {
  return `${parent_id === null ? 0 : 1} ${String(start_us).padStart(16, '0')} ${span_id}`;
}

const COLUMNS = [
  'name',
  'root',
  'services',
  'models',
  'start_us',
  'end_us',
  'received_us',
  'spans',
  'errors',
  'interactions',
  'cost',
];
const SELECT = `SELECT ${COLUMNS.join(', ')} FROM traces WHERE trace_id = ? AND project = ?`;
const SUMS = `SELECT count(*) AS spans, sum(status = 2) AS errors, min(start_us) AS start_us, max(end_us) AS end_us,
    max(received_us) AS received_us FROM spans WHERE trace_id = ? AND project = ? AND id <= ?`;
const IN_TRACE = isInTrace('?1', '?2');
const INTERACTIONS = `SELECT 1 FROM interactions i WHERE ${IN_TRACE} LIMIT ?3`;
const COSTS = `SELECT count(*) AS interactions, sum(cost) AS cost FROM interactions i WHERE ${IN_TRACE} AND i.is_hidden = 0`;
const MODELS = `SELECT DISTINCT i.model AS value FROM interactions i
  WHERE ${IN_TRACE} AND i.model IS NOT NULL ORDER BY 1 LIMIT ${MAX_LISTED}`;
const SERVICES = `SELECT DISTINCT service AS value FROM spans
  WHERE trace_id = ? AND project = ? AND service IS NOT NULL ORDER BY 1 LIMIT ${MAX_LISTED}`;
const ROOT = `SELECT name, parent_id, start_us, span_id FROM spans WHERE trace_id = ? AND project = ? AND id <= ?
  ORDER BY parent_id IS NOT NULL, start_us, span_id LIMIT 1`;
const UPSERT = `INSERT INTO traces (project, trace_id, sort_us, ${COLUMNS.join(', ')}, is_full)
  VALUES (?, ?, ?, ${COLUMNS.map(() => '?').join(', ')}, 0)
  ON CONFLICT (trace_id, project) DO UPDATE SET sort_us = excluded.sort_us,
    ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`;
const DELETE_WHOLE = 'DELETE FROM traces WHERE trace_id = ? AND project = ? AND spans <= ?';
const SHRINK = `UPDATE traces SET spans = spans - ?, errors = errors - ?, interactions = interactions - ?,
    cost = CASE WHEN interactions - ? > 0 THEN cost END
  WHERE trace_id = ? AND project = ?`;
