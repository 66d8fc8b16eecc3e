import type { SqlRow } from '../sqlite/driver.ts';
import type { SpanRow } from './span-row.ts';

/** More are read from the file: what waits for the index must not fill the memory. */
const MAX_CHARACTERS = 8_000_000;

interface FreshPlace {
  readonly id: number;
  readonly project: string;
  readonly receivedBy: string;
  readonly receivedUs: number;
}

/** Spans that were just written and wait to be indexed, so that the index need not read them from the file. */
export class FreshSpans {
  /** In the order of their row ids. */
  #rows: SqlRow[] = [];
  #characters = 0;

  add(span: SpanRow, place: FreshPlace): void {
    this.#characters += span.data.length;
    if (this.#characters <= MAX_CHARACTERS) this.#rows.push(freshRow(span, place));
  }

  /** Called when any of them may have changed. */
  clear(): void {
    this.#rows = [];
    this.#characters = 0;
  }

  /** @returns the rows after this row id; none unless `count` of them are here without a gap */
  after(id: number, count: number): SqlRow[] {
    const start = this.#rows.findIndex((row) => Number(row['id']) > id);
    if (start === -1) this.clear();
    else if (start > 0) this.#drop(start);
    const hasAll = this.#rows[0]?.['id'] === id + 1 && this.#rows[count - 1]?.['id'] === id + count;
    return hasAll ? this.#rows.slice(0, count) : [];
  }

  #drop(count: number): void {
    for (const row of this.#rows.splice(0, count)) this.#characters -= String(row['data']).length;
  }
}

/** The columns that the index reads, as it would read them. */
function freshRow(span: SpanRow, { id, project, receivedBy, receivedUs }: FreshPlace): SqlRow {
  return {
    id,
    project,
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_id: span.parentId,
    name: span.name,
    kind: span.kind,
    status: span.status,
    service: span.service,
    start_us: span.startUs,
    end_us: span.endUs,
    received_us: receivedUs,
    received_by: receivedBy,
    data: span.data,
    resource: span.resource,
  };
}
