import type { SqlValue } from '../sqlite/driver.ts';

/** How many distinct values a summary lists: the first in order. */
export const MAX_LISTED = 20;

/** A JSON list of distinct values in order, with one more. */
export function listed(json: SqlValue | undefined, value: SqlValue | undefined): SqlValue {
  if (typeof value !== 'string') return json ?? '[]';
  if (json === undefined || json === '[]') return JSON.stringify([value]);
  if (isPlainlyIn(String(json), value)) return json;
  const known = JSON.parse(String(json)) as string[];
  if (known.includes(value)) return json;
  return JSON.stringify([...known, value].sort(byBytes).slice(0, MAX_LISTED));
}

/** Whether the list has the value, without parsing it: most summaries name the same few values again and again. */
function isPlainlyIn(json: string, value: string): boolean {
  // Without escapes, a quote only begins or ends a value, and only a comma stands between two of them.
  return value !== ',' && !json.includes('\\') && json.includes(JSON.stringify(value));
}

/** SQLite orders texts by their UTF-8 bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
