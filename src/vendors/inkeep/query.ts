import { listOf, numberOf, recordOf } from '../../interaction/unknown.ts';
import { isoFrom, millisOf } from '../times.ts';
import type { InkeepQuery, QueryColumn, QueryCondition, QueryWhere } from './query-payload.ts';

/** Inkeep's queries over rows. Pure. */

export type Row = Readonly<Record<string, unknown>>;

interface Column {
  readonly name: string;
  readonly read: (rows: readonly Row[]) => unknown;
}

/** The rows of the answer. What a row does not know is left out of it. */
export function runQuery(rows: readonly Row[], query: InkeepQuery, timeField: string): readonly Row[] {
  const { select = [], groupBy = [], where, orderBy = [] } = query;
  const matching = where ? rows.filter((row) => meets(where, row)) : rows;
  const grouped = groupBy.map((group) => fieldColumn(group.field, group.path));
  const selected = select.map((selection) => columnOf(selection, timeField));
  const isGrouped = groupBy.length > 0 || select.some(({ type }) => type !== 'field');
  if (!isGrouped) {
    const results = selected.length === 0 ? matching.map(known) : matching.map((row) => rowOf(selected, [row]));
    return ordered(results, matching, orderBy);
  }
  // What is selected and not aggregated is what the groups have in common.
  const keys = [...grouped, ...selected.filter((_, index) => select[index]?.type !== 'aggregation')];
  const shown = groupBy.flatMap((group, index) => (group.includeInSelect === false ? [] : (grouped[index] ?? [])));
  const groups = groupsOf(matching, keys);
  const columns = [...shown, ...selected];
  const results = groups.map((members) => rowOf(columns, members));
  return ordered(
    results,
    groups.map(([first]) => first ?? {}),
    orderBy,
  );
}

function known(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

function rowOf(columns: readonly Column[], members: readonly Row[]): Row {
  return known(Object.fromEntries(columns.map(({ name, read }) => [name, read(members)])));
}

/** Without keys all rows are one group, also when there are none: their count is 0. */
function groupsOf(rows: readonly Row[], keys: readonly Column[]): readonly (readonly Row[])[] {
  if (keys.length === 0) return [rows];
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(keys.map(({ read }) => read([row]) ?? null));
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

function columnOf(selection: QueryColumn, timeField: string): Column {
  switch (selection.type) {
    case 'field':
      return fieldColumn(selection.field, selection.path);
    case 'time': {
      const { field = timeField, timeUnit } = selection;
      return { name: `${field}_${timeUnit}`, read: ([row]) => startOf(timeUnit, millisOf(row?.[field])) };
    }
    case 'aggregation': {
      const { aggregation, field, path } = selection;
      return {
        name: field === undefined ? aggregation : `${aggregation}_${nameOf(field, path)}`,
        read: (rows) => aggregated(aggregation, field === undefined ? rows : rows.map((row) => at(row[field], path))),
      };
    }
  }
}

function fieldColumn(field: string, path?: readonly string[]): Column {
  return { name: nameOf(field, path), read: ([row]) => at(row?.[field], path) };
}

function nameOf(field: string, path: readonly string[] = []): string {
  return [field, ...path].join('_');
}

/** The value at a path in JSON; null is as good as absent. */
function at(value: unknown, path: readonly string[] = []): unknown {
  const step = (inner: unknown, key: string): unknown => {
    const record = recordOf(inner);
    return record && Object.hasOwn(record, key) ? record[key] : undefined;
  };
  return path.reduce(step, value) ?? undefined;
}

function aggregated(aggregation: string, values: readonly unknown[]): unknown {
  const present = values.filter((value) => value !== undefined);
  const numbers = present.flatMap((value) => numberOf(value) ?? []);
  const sum = numbers.reduce((total, number) => total + number, 0);
  switch (aggregation) {
    case 'count':
      return present.length;
    case 'countDistinct':
      return new Set(present.map((value) => JSON.stringify(value))).size;
    case 'sum':
      return sum;
    case 'avg':
      return numbers.length === 0 ? undefined : sum / numbers.length;
    default:
      return present.toSorted(compared)[aggregation === 'min' ? 0 : present.length - 1];
  }
}

/** The beginning of an hour, day, week (Monday) or month in UTC. */
export function startOf(unit: 'hour' | 'day' | 'week' | 'month', millis: number | undefined): string | undefined {
  if (millis === undefined) return undefined;
  const date = new Date(millis);
  date.setUTCMinutes(0, 0, 0);
  if (unit !== 'hour') date.setUTCHours(0);
  if (unit === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  if (unit === 'month') date.setUTCDate(1);
  return isoFrom(date.getTime());
}

/** By columns of the result, or by fields that are not shown. */
function ordered(
  results: readonly Row[],
  rows: readonly Row[],
  orderBy: NonNullable<InkeepQuery['orderBy']>,
): readonly Row[] {
  const pairs = results.map((result, index) => ({ result, row: rows[index] ?? {} }));
  const valueIn = ({ result, row }: (typeof pairs)[number], field: string): unknown => result[field] ?? row[field];
  const byField = (one: (typeof pairs)[number], other: (typeof pairs)[number]): number => {
    for (const { field, direction } of orderBy) {
      const order = compared(valueIn(one, field), valueIn(other, field));
      if (order !== 0) return direction === 'desc' ? -order : order;
    }
    return 0;
  };
  return pairs.toSorted(byField).map(({ result }) => result);
}

/** Numbers by size, times by the moment, all else by its text; what is absent comes last. */
function compared(one: unknown, other: unknown): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  const [a, b] = [comparable(one), comparable(other)];
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [text, otherText] = [String(a), String(b)];
  return text < otherText ? -1 : text > otherText ? 1 : 0;
}

function comparable(value: unknown): number | string {
  if (typeof value === 'number') return value;
  const isTime = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}(T|$)/.test(value);
  const millis = isTime ? millisOf(value) : undefined;
  return millis ?? (typeof value === 'string' ? value : JSON.stringify(value));
}

function meets(where: QueryWhere, row: Row): boolean {
  if ('and' in where) return where.and.every((part) => meets(part, row));
  if ('or' in where) return where.or.some((part) => meets(part, row));
  return meetsCondition(where.condition, row);
}

/** The time before which no row meets the conditions, in Unix milliseconds; undefined where they name none. */
export function earliestIn(where: QueryWhere, timeField: string): number | undefined {
  if ('condition' in where) {
    const { field, operator, value } = where.condition;
    const isBound = field === timeField && (operator === 'gt' || operator === 'gte' || operator === 'eq');
    return isBound && typeof value === 'string' ? millisOf(value) : undefined;
  }
  const parts = ('and' in where ? where.and : where.or).map((part) => earliestIn(part, timeField));
  const known = parts.filter((part) => part !== undefined);
  if ('and' in where) return known.length === 0 ? undefined : Math.max(...known);
  return known.length === 0 || known.length < parts.length ? undefined : Math.min(...known);
}

/** As in SQL, a comparison with what is absent is never true. */
function meetsCondition({ field, operator, value }: QueryCondition, row: Row): boolean {
  const inner = recordOf(value);
  const path = listOf(inner?.['path'])?.map(String);
  const actual = at(row[field], path);
  const wanted = path ? inner?.['value'] : value;
  if (operator === 'isNull') return actual === undefined;
  if (actual === undefined) return false;
  const order = (): number => compared(actual, wanted ?? undefined);
  switch (operator) {
    case 'isNotNull':
      return true;
    case 'eq':
      return order() === 0;
    case 'neq':
      return order() !== 0;
    case 'gt':
      return order() > 0;
    case 'gte':
      return order() >= 0;
    case 'lt':
      return order() < 0;
    case 'lte':
      return order() <= 0;
    case 'in':
      return (listOf(wanted) ?? []).some((item) => compared(actual, item) === 0);
    case 'notIn':
      return !(listOf(wanted) ?? []).some((item) => compared(actual, item) === 0);
  }
}
