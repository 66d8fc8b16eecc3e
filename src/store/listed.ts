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
  const isBefore = BEYOND.test(value) || BEYOND.test(String(json)) ? isBeforeInBytes : isBeforeInUnits;
  const next = known.findIndex((each) => isBefore(value, each));
  known.splice(next === -1 ? known.length : next, 0, value);
  return JSON.stringify(known.slice(0, MAX_LISTED));
}

/** Whether the list has the value, without parsing it: most summaries name the same few values again and again. */
function isPlainlyIn(json: string, value: string): boolean {
  // Without escapes, a quote only begins or ends a value, and only a comma stands between two of them.
  return value !== ',' && !value.includes('"') && !json.includes('\\') && json.includes(`"${value}"`);
}

/** Only with one of these characters does the order of UTF-8, which SQLite sorts by, differ from that of UTF-16. */
const BEYOND = /[\ud800-\uffff]/;

function isBeforeInUnits(a: string, b: string): boolean {
  return a < b;
}

function isBeforeInBytes(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}
