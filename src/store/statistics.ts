import type { SqlRow } from '../sqlite/driver.ts';
import { parseFilter } from './filter-language.ts';
import { hasKey } from './interaction-ids.ts';
import { inText, rangeOf, type Selection, selectedInteractions } from './lists.ts';
import { nearestRank } from './nearest-rank.ts';
import type { StoreReader } from './reader.ts';
import { conditionsFor, joined, type Sql, wordsIn } from './where.ts';

/** Rows that a report reads: the latest. Above this, `isPartial` is set. */
const MAX_ROWS = 100_000;

export interface ListSummary {
  readonly conversations: number;
  readonly interactions: number;
  readonly tokens: number;
  readonly cost: number;
  readonly unpriced: number;
  readonly live: number;
  readonly action: number;
  readonly errors: number;
  readonly dead: number;
  readonly retrying: number;
  readonly down: number;
  readonly isPartial: boolean;
}

/** Totals of a list of conversations, and how many of them are in each state that a person looks for. */
export function summaryOf({ db }: StoreReader, query: Selection): ListSummary {
  const filter = parseFilter(query.q ?? '');
  const words = wordsIn(filter);
  const where = joined([
    ...rangeOf('c', query),
    ...conditionsFor(filter, 'conversation'),
    ...(words === undefined ? [] : [conversationsWith(words)]),
  ]);
  const selected = `chosen AS MATERIALIZED (SELECT c.* FROM conversations c WHERE ${where.sql}
    ORDER BY c.sort_us DESC, c.id DESC LIMIT ${MAX_ROWS + 1})`;
  const [row = {}] = db.all(
    `WITH ${selected} SELECT count(*) AS conversations, sum(interactions) AS interactions,
       sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) AS tokens, sum(cost) AS cost, sum(unpriced) AS unpriced,
       sum(status = 'live') AS live, sum(status = 'action') AS action, sum(errors > 0) AS errors FROM chosen`,
    ...where.values,
  );
  const [marks = {}] = db.all(
    `WITH RECURSIVE ${selected}, names(name) AS (SELECT min(destination) FROM deliveries UNION ALL
         SELECT (SELECT min(destination) FROM deliveries WHERE destination > name) FROM names WHERE name IS NOT NULL)
     SELECT ${conversationsInState('dead')} AS dead, ${conversationsInState('retrying')} AS retrying,
       (SELECT count(DISTINCT i.conversation) FROM feedback f
        CROSS JOIN interactions i ON ${hasKey('f.interaction', 'f.project')}
        WHERE f.rating = 'negative' AND i.conversation IN (SELECT id FROM chosen)) AS down`,
    ...where.values,
  );
  const count = (value: unknown): number => Number(value ?? 0);
  return {
    conversations: Math.min(count(row['conversations']), MAX_ROWS),
    interactions: count(row['interactions']),
    tokens: count(row['tokens']),
    cost: rounded(count(row['cost'])),
    unpriced: count(row['unpriced']),
    live: count(row['live']),
    action: count(row['action']),
    errors: count(row['errors']),
    dead: count(marks['dead']),
    retrying: count(marks['retrying']),
    down: count(marks['down']),
    isPartial: count(row['conversations']) > MAX_ROWS,
  };
}

function conversationsInState(state: 'dead' | 'retrying'): string {
  return `(SELECT count(DISTINCT i.conversation) FROM names
    CROSS JOIN deliveries d ON d.destination = names.name AND d.state = '${state}'
    CROSS JOIN interactions i ON ${hasKey('d.interaction', 'd.project')}
    WHERE i.conversation IN (SELECT id FROM chosen))`;
}

function conversationsWith(words: string): Sql {
  const { sql, values } = inText(words);
  return { sql: `c.id IN (SELECT i.conversation FROM interactions i WHERE ${sql})`, values };
}

/** Groups of a dashboard, each with the column that it is read from. Tools are a list: a call counts for each of them. */
const groupColumns = {
  // The name in the request: a filter by it finds the same calls, whatever version answered.
  model: 'coalesce(i.request_model, i.model)',
  user: 'i.user_id',
  prompt: 'coalesce(i.prompt, i.agent)',
  service: 'i.service',
  tool: 'i.tools',
} as const;
export type StatisticsGroup = keyof typeof groupColumns;

export interface StatisticsQuery extends Selection {
  readonly by: StatisticsGroup;
  readonly startUs: number;
  readonly bucketUs: number;
  readonly buckets: number;
  readonly limit: number;
}

export interface GroupStatistics {
  /** Absent for calls that name none. */
  readonly key?: string;
  readonly calls: number;
  readonly errors: number;
  readonly cost: number;
  readonly unpriced: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input tokens; absent when no call reported them. */
  readonly cachedTokens?: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly first?: number;
  readonly callsOverTime: number[];
  readonly costOverTime: number[];
  /** How many groups this one stands for, where it is the sum of the smaller ones. */
  readonly others?: number;
}

export interface ErrorStatistics {
  readonly error: string;
  readonly calls: number;
  readonly overTime: number[];
}

export interface Statistics {
  readonly calls: number;
  readonly isPartial: boolean;
  readonly groups: GroupStatistics[];
  readonly errors: ErrorStatistics[];
  readonly inputTokens: number[];
  readonly outputTokens: number[];
  /** Of the input tokens. */
  readonly cachedTokens: number[];
  readonly p50: (number | null)[];
  readonly p95: (number | null)[];
  readonly p99: (number | null)[];
  readonly first: (number | null)[];
}

/** Cost, tokens, latency and errors of calls over time, and by group. */
export function statisticsOf({ db }: StoreReader, query: StatisticsQuery): Statistics {
  const where = selectedInteractions(query);
  const rows = db.all(
    `SELECT i.sort_us, ${groupColumns[query.by]} AS name, i.model, i.status, i.error, i.cost, i.input_tokens,
       i.output_tokens, i.cached_tokens, max(0, i.end_us - i.start_us) AS duration_us, i.first_us
     FROM interactions i WHERE ${where.sql} ORDER BY i.sort_us DESC LIMIT ${MAX_ROWS + 1}`,
    ...where.values,
  );
  const isPartial = rows.length > MAX_ROWS;
  if (isPartial) rows.pop();
  const times = new Times(query.buckets);
  const groups = new Map<string, Group>();
  const errors = new Map<string, { calls: number; overTime: number[] }>();
  for (const row of rows) {
    const bucket = Math.floor((Number(row['sort_us']) - query.startUs) / query.bucketUs);
    const at = Math.min(Math.max(bucket, 0), query.buckets - 1);
    times.add(row, at);
    for (const key of keysOf(row['name'], query.by)) {
      const group = groups.get(key) ?? new Group(query.buckets);
      groups.set(key, group);
      group.add(row, at);
    }
    if (row['status'] === 'error') countError(errors, row, at, query.buckets);
  }
  return {
    calls: rows.length,
    isPartial,
    groups: largest(groups, query),
    errors: [...errors]
      .map(([error, { calls, overTime }]) => ({ error, calls, overTime }))
      .sort((a, b) => b.calls - a.calls || (a.error < b.error ? -1 : 1))
      .slice(0, 20),
    ...times.result(),
  };
}

function keysOf(name: unknown, by: StatisticsGroup): string[] {
  if (name === null || name === undefined) return [''];
  if (by !== 'tool') return [String(name)];
  const tools = JSON.parse(String(name)) as string[];
  return tools.length === 0 ? [''] : tools;
}

const ERROR_LENGTH = 120;

function countError(
  errors: Map<string, { calls: number; overTime: number[] }>,
  row: SqlRow,
  at: number,
  buckets: number,
): void {
  const text = String(row['error'] ?? 'error').slice(0, ERROR_LENGTH);
  const known = errors.get(text) ?? { calls: 0, overTime: zeros(buckets) };
  errors.set(text, known);
  known.calls += 1;
  increase(known.overTime, at, 1);
}

class Times {
  readonly #input: number[];
  readonly #output: number[];
  readonly #cached: number[];
  readonly #durations: number[][];
  readonly #firsts: number[][];

  constructor(buckets: number) {
    this.#input = zeros(buckets);
    this.#output = zeros(buckets);
    this.#cached = zeros(buckets);
    this.#durations = Array.from({ length: buckets }, () => []);
    this.#firsts = Array.from({ length: buckets }, () => []);
  }

  add(row: SqlRow, at: number): void {
    increase(this.#input, at, Number(row['input_tokens'] ?? 0));
    increase(this.#output, at, Number(row['output_tokens'] ?? 0));
    increase(this.#cached, at, Number(row['cached_tokens'] ?? 0));
    if (row['status'] === 'live') return;
    this.#durations[at]?.push(Number(row['duration_us']));
    if (row['first_us'] !== null) this.#firsts[at]?.push(Number(row['first_us']));
  }

  result(): Pick<Statistics, 'inputTokens' | 'outputTokens' | 'cachedTokens' | 'p50' | 'p95' | 'p99' | 'first'> {
    for (const list of this.#durations) list.sort((a, b) => a - b);
    const of = (lists: readonly number[][], share: number) => lists.map((list) => percentile(list, share) ?? null);
    for (const list of this.#firsts) list.sort((a, b) => a - b);
    return {
      inputTokens: this.#input,
      outputTokens: this.#output,
      cachedTokens: this.#cached,
      p50: of(this.#durations, 0.5),
      p95: of(this.#durations, 0.95),
      p99: of(this.#durations, 0.99),
      first: of(this.#firsts, 0.5),
    };
  }
}

class Group {
  calls = 0;
  errors = 0;
  cost = 0;
  unpriced = 0;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens: number | undefined;
  readonly durations: number[] = [];
  readonly firsts: number[] = [];
  readonly callsOverTime: number[];
  readonly costOverTime: number[];

  constructor(buckets: number) {
    this.callsOverTime = zeros(buckets);
    this.costOverTime = zeros(buckets);
  }

  add(row: SqlRow, at: number): void {
    this.calls += 1;
    increase(this.callsOverTime, at, 1);
    if (row['status'] === 'error') this.errors += 1;
    if (row['cost'] === null && row['model'] !== null) this.unpriced += 1;
    this.cost += Number(row['cost'] ?? 0);
    increase(this.costOverTime, at, Number(row['cost'] ?? 0));
    this.inputTokens += Number(row['input_tokens'] ?? 0);
    this.outputTokens += Number(row['output_tokens'] ?? 0);
    if (row['cached_tokens'] !== null) this.cachedTokens = (this.cachedTokens ?? 0) + Number(row['cached_tokens']);
    if (row['status'] !== 'live') this.durations.push(Number(row['duration_us']));
    if (row['first_us'] !== null) this.firsts.push(Number(row['first_us']));
  }

  merge(other: Group): void {
    for (const name of ['calls', 'errors', 'cost', 'unpriced', 'inputTokens', 'outputTokens'] as const) {
      this[name] += other[name];
    }
    if (other.cachedTokens !== undefined) this.cachedTokens = (this.cachedTokens ?? 0) + other.cachedTokens;
    for (const value of other.durations) this.durations.push(value);
    for (const value of other.firsts) this.firsts.push(value);
    for (const [at, value] of other.callsOverTime.entries()) increase(this.callsOverTime, at, value);
    for (const [at, value] of other.costOverTime.entries()) increase(this.costOverTime, at, value);
  }

  result(): Omit<GroupStatistics, 'key' | 'others'> {
    this.durations.sort((a, b) => a - b);
    this.firsts.sort((a, b) => a - b);
    const p50 = percentile(this.durations, 0.5);
    const p95 = percentile(this.durations, 0.95);
    const first = percentile(this.firsts, 0.5);
    return {
      calls: this.calls,
      errors: this.errors,
      cost: rounded(this.cost),
      unpriced: this.unpriced,
      inputTokens: this.inputTokens,
      outputTokens: this.outputTokens,
      ...(this.cachedTokens !== undefined && { cachedTokens: this.cachedTokens }),
      ...(p50 !== undefined && { p50 }),
      ...(p95 !== undefined && { p95 }),
      ...(first !== undefined && { first }),
      callsOverTime: this.callsOverTime,
      costOverTime: this.costOverTime.map(rounded),
    };
  }
}

/** The most expensive first; beyond the limit they are one group. */
function largest(groups: ReadonlyMap<string, Group>, { limit, buckets }: StatisticsQuery): GroupStatistics[] {
  const sorted = [...groups].sort(
    ([a, one], [b, other]) => other.cost - one.cost || other.calls - one.calls || (a < b ? -1 : 1),
  );
  const named = sorted.slice(0, limit).map(([key, group]) => ({ ...(key !== '' && { key }), ...group.result() }));
  const small = sorted.slice(limit);
  if (small.length === 0) return named;
  const others = new Group(buckets);
  for (const [, group] of small) others.merge(group);
  return [...named, { ...others.result(), others: small.length }];
}

/** In seconds. */
function percentile(sorted: readonly number[], share: number): number | undefined {
  const micros = nearestRank(sorted, share);
  return micros === undefined ? undefined : micros / 1e6;
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}

function increase(list: number[], at: number, by: number): void {
  list[at] = (list[at] ?? 0) + by;
}

/** Without the noise of adding floating-point numbers. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
