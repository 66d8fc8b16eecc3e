/**
 * How an interaction is found. Most are described by one span and named by it: `TRACE:SPAN`. Such an interaction has the
 * row id of its span and is found by the unique index of `spans`, because an index of random keys is what a span costs
 * most. All others (runs, and what vendors' clients wrote) have `is_keyed` = 1, a row id that no span has, and indexes of
 * their own.
 *
 * Each function returns SQL for row ids of `interactions`, to be used after IN. Its arguments are SQL, too: a parameter
 * with a number, or a column of the outer query. Rows of other projects may be among them.
 */

/** The caller also compares the key: a text may contain a trace and a span without being the name of an interaction. */
export function idsOfKey(key: string): string {
  return `(SELECT k.id FROM interactions k WHERE k.key = ${key} AND k.is_keyed = 1 UNION ALL
    SELECT k.id FROM spans k WHERE k.trace_id = substr(${key}, 1, 32) AND k.span_id = substr(${key}, 34))`;
}

export function idsOfTrace(traceId: string): string {
  return `(SELECT k.id FROM spans k WHERE k.trace_id = ${traceId} UNION ALL
    SELECT k.id FROM interactions k WHERE k.trace_id = ${traceId} AND k.is_keyed = 1)`;
}

export function idsOfSpan(traceId: string, spanId: string): string {
  return `(SELECT k.id FROM spans k WHERE k.trace_id = ${traceId} AND k.span_id = ${spanId} UNION ALL
    SELECT k.id FROM interactions k WHERE k.trace_id = ${traceId} AND k.span_id = ${spanId} AND k.is_keyed = 1)`;
}

/** `interactions i` with this key, in this project. */
export function hasKey(key: string, project: string): string {
  return `i.id IN ${idsOfKey(key)} AND i.key = ${key} AND i.project = ${project}`;
}

/** `interactions i` in this trace, in this project. */
export function isInTrace(traceId: string, project: string): string {
  return `i.id IN ${idsOfTrace(traceId)} AND i.project = ${project}`;
}
