import type { Interaction } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { interactionFrom } from '../semconv/from-spans.ts';
import type { SpanData } from '../semconv/span-data.ts';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { type SpanRecord, spanFromRow } from './span-row.ts';

/** Undefined for a span that cannot be read as an interaction: it is only a span of its trace, and blocks no other. */
export function readable(span: SpanData): Interaction | undefined {
  try {
    return interactionFrom(span);
  } catch {
    return undefined;
  }
}

interface Content {
  readonly interaction: Interaction;
  /** Its span lost attributes because it was too large. */
  readonly isSpanTruncated: boolean;
}

/**
 * The content of an interaction: read from its span, unless several rows describe it. Undefined if it was deleted since
 * its row id was read.
 */
export function contentOf(db: Connection, id: SqlValue | undefined): Content | undefined {
  const [row] = db.all(CONTENT, id ?? null);
  const interaction = row && interactionIn(row);
  return interaction && { interaction, isSpanTruncated: row['is_truncated'] === 1 };
}

function interactionIn(row: SqlRow): Interaction | undefined {
  if (typeof row['stored'] === 'string') return JSON.parse(row['stored']) as Interaction;
  if (typeof row['data'] !== 'string') return undefined;
  const resource = JSON.parse(String(row['resource'])) as Readonly<Record<string, unknown>>;
  return toJson(readable(spanFromRow(row as unknown as SpanRecord, resource)));
}

const CONTENT = `SELECT d.data AS stored, s.trace_id, s.span_id, s.parent_id, s.name, s.kind, s.status, s.data, r.json AS resource,
    coalesce(s.is_truncated, (
      SELECT is_truncated FROM spans WHERE trace_id = i.trace_id AND span_id = i.span_id AND project = i.project
    )) AS is_truncated
  FROM interactions i LEFT JOIN interaction_data d ON d.id = i.id
    LEFT JOIN spans s ON d.id IS NULL AND s.trace_id = i.trace_id AND s.span_id = i.span_id AND s.project = i.project
    LEFT JOIN resources r ON r.id = s.resource
  WHERE i.id = ?`;
