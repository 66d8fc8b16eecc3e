import type { Connection } from '../sqlite/connection.ts';
import type { SqlValue } from '../sqlite/driver.ts';
import { isInTrace } from './interaction-ids.ts';

/**
 * What a waterfall draws of each span, by start time. Lists of equal length instead of an object for each span: a trace
 * may have 100,000 of them, and the page waits for this. What few spans have is a record by the index of the span.
 */
export interface TraceOutline {
  /** Unix milliseconds. */
  readonly startTime: number;
  /** Each different name once; `name` has indexes of it. */
  readonly names: string[];
  readonly services: string[];
  readonly spanId: string[];
  /** The index of the parent, -1 where the trace has none. */
  readonly parent: number[];
  readonly name: number[];
  /** The index in `services`, -1 without one. */
  readonly service: number[];
  /** Microseconds after `startTime`. */
  readonly start: number[];
  /** Microseconds. */
  readonly duration: number[];
  readonly operations: Record<string, string>;
  readonly interactions: Record<string, OutlinedInteraction>;
  readonly errors: Record<string, string>;
  readonly kinds: Record<string, 'http' | 'database'>;
}

interface OutlinedInteraction {
  readonly id: string;
  readonly model?: string;
  readonly timeToFirstChunk?: number;
}

/** Attributes are read only of errors and of spans without an operation: those of a call to a model can be megabytes. */
const SPANS = `SELECT span_id, parent_id, name, service, operation, status, start_us, end_us,
    CASE WHEN status = 2 THEN coalesce(
      data ->> '$.a."http.response.status_code"', data ->> '$.a."error.type"', data ->> '$.m', '') END AS error,
    CASE WHEN operation IS NOT NULL THEN NULL
      WHEN coalesce(data ->> '$.a."db.system.name"', data ->> '$.a."db.system"') IS NOT NULL THEN 'database'
      WHEN coalesce(data ->> '$.a."http.request.method"', data ->> '$.a."http.method"') IS NOT NULL THEN 'http'
    END AS kind
  FROM spans WHERE trace_id = ? AND project = ? ORDER BY start_us, id`;
const INTERACTIONS = `SELECT i.span_id, i.key, i.model, i.first_us FROM interactions i WHERE ${isInTrace('?1', '?2')}`;

export function traceOutlineOf(db: Connection, traceId: string, project: string): TraceOutline {
  const rows = db.all(SPANS, traceId, project);
  const interactions = new Map(db.all(INTERACTIONS, traceId, project).map((row) => [row['span_id'], row]));
  const startUs = Number(rows[0]?.['start_us'] ?? 0);
  const names = new Distinct();
  const services = new Distinct();
  const places = new Map(rows.map((row, index) => [row['span_id'], index]));
  const outline: TraceOutline = {
    startTime: startUs / 1e3,
    names: names.values,
    services: services.values,
    spanId: [],
    parent: [],
    name: [],
    service: [],
    start: [],
    duration: [],
    operations: {},
    interactions: {},
    errors: {},
    kinds: {},
  };
  rows.forEach((row, index) => {
    const own = Number(row['start_us']);
    outline.spanId.push(String(row['span_id']));
    outline.parent.push(places.get(row['parent_id']) ?? -1);
    outline.name.push(names.indexOf(row['name']));
    outline.service.push(row['service'] === null ? -1 : services.indexOf(row['service']));
    outline.start.push(own - startUs);
    outline.duration.push(Number(row['end_us']) - own);
    const { operation, error, kind } = row;
    if (typeof operation === 'string') outline.operations[index] = operation;
    if (error !== null) outline.errors[index] = String(error);
    if (kind === 'http' || kind === 'database') outline.kinds[index] = kind;
    const found = interactions.get(row['span_id']);
    if (!found) return;
    const { model, first_us: firstUs } = found;
    outline.interactions[index] = {
      id: String(found['key']),
      ...(typeof model === 'string' && { model }),
      ...(firstUs !== null && { timeToFirstChunk: Number(firstUs) / 1e6 }),
    };
  });
  return outline;
}

class Distinct {
  readonly values: string[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(value: SqlValue | undefined): number {
    const text = String(value);
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    this.#indexes.set(text, this.values.length);
    return this.values.push(text) - 1;
  }
}
