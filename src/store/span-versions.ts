import type { SqlRow } from '../sqlite/driver.ts';
import type { SpanRow } from './span-row.ts';

/** A total order over the versions of a span, so that every order of arrival ends with the same one. */
export function isNewer(span: SpanRow, known: SqlRow): boolean {
  const endUs = Number(known['end_us']);
  if (span.endUs !== endUs) return span.endUs > endUs;
  const [next, before] = textsOf(span, known);
  return next > before;
}

/** Whether two versions of a span differ. */
export function isOther(span: SpanRow, known: SqlRow): boolean {
  const [next, before] = textsOf(span, known);
  return next !== before;
}

/** All that versions of a span may differ in, but for their times, which are in its data as well. */
function textsOf(
  { data, resource, name, status, kind, parentId }: SpanRow,
  known: SqlRow,
): [next: string, known: string] {
  const { json: resourceJson, name: knownName, status: knownStatus, kind: knownKind, parent_id } = known;
  return [
    [data, resource, name, status, kind, parentId].join('\n'),
    [known['data'], resourceJson, knownName, knownStatus, knownKind, parent_id].join('\n'),
  ];
}
