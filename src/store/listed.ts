import type { SqlValue } from '../sqlite/driver.ts';

/** How many distinct values a summary lists: the first in order. */
export const MAX_LISTED = 20;

/** A JSON list of distinct values in order, with one more. */
export function listed(json: SqlValue | undefined, value: SqlValue | undefined): SqlValue {
  if (typeof value !== 'string') return json ?? '[]';
  if (json === undefined || json === '[]') return JSON.stringify([value]);
  const known = JSON.parse(String(json)) as string[];
  if (known.includes(value)) return json;
  return JSON.stringify([...known, value].sort(byBytes).slice(0, MAX_LISTED));
}

/** SQLite orders texts by their UTF-8 bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
