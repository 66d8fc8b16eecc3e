import { createHash } from 'node:crypto';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import type { Marks } from './marks.ts';

/** How many distinct values a conversation lists. */
const MAX_LISTED = 20;

/** The rows of `conversations` and `traces`: each is computed anew from the rows below it, whatever has changed there. */
export class Summaries {
  readonly #db: Connection;
  readonly #marks: Marks;

  constructor(db: Connection, marks: Marks) {
    this.#db = db;
    this.#marks = marks;
  }

  /** The row id of the conversation that an interaction belongs to; created where it is the first. */
  conversationFor(project: string, columns: Readonly<Record<string, SqlValue>>): number {
    const publicId = conversationId(
      project,
      columns['conversation_name'] === null
        ? null
        : { service: columns['service'] ?? null, name: columns['conversation_name'] ?? '' },
      String(columns['trace_id']),
    );
    const [known] = this.#db.all('SELECT id FROM conversations WHERE public_id = ?', publicId);
    if (known) return Number(known['id']);
    const { lastId } = this.#db.run(
      `INSERT INTO conversations (public_id, sequence, project, service, name, sort_us, first_us, last_us, received_us,
         interactions, turns, errors, unpriced, is_estimated, has_run, status, models, users, agents, tools)
       VALUES (?, 0, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'ok', '[]', '[]', '[]', '[]')`,
      publicId,
      project,
      columns['service'] ?? null,
      columns['conversation_name'] ?? null,
    );
    return lastId;
  }

  /** Without interactions the conversation is deleted, and a tombstone tells those who follow. */
  conversation(id: number): void {
    const [sums] = this.#db.all(SUMS, id);
    if (!sums || Number(sums['interactions']) === 0) {
      this.#bury(id);
      return;
    }
    const first = this.#one('title', id, 'title IS NOT NULL ORDER BY sort_us, id');
    const answer = this.#one('answer', id, 'answer IS NOT NULL ORDER BY sort_us DESC, id DESC');
    const error = this.#one('error', id, 'error IS NOT NULL ORDER BY sort_us DESC, id DESC');
    const status = this.#one('status', id, '1 ORDER BY sort_us DESC, id DESC');
    const environment = this.#one('environment', id, 'environment IS NOT NULL ORDER BY sort_us DESC, id DESC');
    this.#db.run(
      `UPDATE conversations SET sequence = ?, sort_us = ?, first_us = ?, last_us = ?, received_us = ?, interactions = ?,
         turns = ?, errors = ?, unpriced = ?, cost = ?, input_tokens = ?, output_tokens = ?, is_estimated = ?, has_run = ?,
         status = ?, error = ?, title = ?, answer = ?, environment = ?, models = ?, users = ?, agents = ?, tools = ?
       WHERE id = ?`,
      this.#marks.nextSequence(),
      ...SUM_COLUMNS.map((column) => sums[column] ?? null),
      status ?? 'ok',
      error,
      first,
      answer,
      environment,
      this.#distinct('model', id),
      this.#distinct('user_id', id),
      this.#distinct('agent', id),
      this.#tools(id),
      id,
    );
  }

  trace(project: string, traceId: string): void {
    const [sums] = this.#db.all(
      `SELECT count(*) AS spans, sum(status = 2) AS errors, min(start_us) AS start_us, max(end_us) AS end_us,
         max(received_us) AS received_us FROM spans WHERE trace_id = ? AND project = ?`,
      traceId,
      project,
    );
    if (!sums || Number(sums['spans']) === 0) {
      this.#db.run('DELETE FROM traces WHERE trace_id = ? AND project = ?', traceId, project);
      return;
    }
    const [root] = this.#db.all(
      `SELECT name FROM spans WHERE trace_id = ? AND project = ? ORDER BY parent_id IS NOT NULL, start_us, span_id LIMIT 1`,
      traceId,
      project,
    );
    const [costs] = this.#db.all(
      `SELECT count(*) AS interactions, sum(cost) AS cost FROM interactions
       WHERE trace_id = ? AND project = ? AND is_hidden = 0`,
      traceId,
      project,
    );
    const startUs = Number(sums['start_us']);
    const receivedUs = Number(sums['received_us']);
    this.#db.run(
      `INSERT INTO traces (project, trace_id, name, services, models, sort_us, start_us, end_us, received_us, spans, errors,
         interactions, cost, is_full) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
       ON CONFLICT (trace_id, project) DO UPDATE SET name = excluded.name, services = excluded.services,
         models = excluded.models, sort_us = excluded.sort_us, start_us = excluded.start_us, end_us = excluded.end_us,
         received_us = excluded.received_us, spans = excluded.spans, errors = excluded.errors,
         interactions = excluded.interactions, cost = excluded.cost`,
      project,
      traceId,
      root?.['name'] ?? '',
      this.#ofTrace('service', 'spans', project, traceId),
      this.#ofTrace('model', 'interactions', project, traceId),
      startUs > 0 ? Math.min(startUs, receivedUs) : receivedUs,
      startUs,
      sums['end_us'] ?? 0,
      receivedUs,
      sums['spans'] ?? 0,
      sums['errors'] ?? 0,
      costs?.['interactions'] ?? 0,
      costs?.['cost'] ?? null,
    );
  }

  #bury(id: number): void {
    const [row] = this.#db.all('SELECT public_id FROM conversations WHERE id = ?', id);
    if (!row) return;
    this.#db.run('DELETE FROM conversations WHERE id = ?', id);
    const sequence = this.#marks.nextSequence();
    this.#db.run('INSERT INTO tombstones (sequence, public_id) VALUES (?, ?)', sequence, row['public_id'] ?? '');
    this.#db.run('DELETE FROM tombstones WHERE sequence < ?', sequence - MAX_TOMBSTONES);
  }

  #one(column: string, id: number, where: string): SqlValue {
    const sql = `SELECT ${column} AS value FROM interactions WHERE conversation = ? AND is_hidden = 0 AND ${where} LIMIT 1`;
    return this.#db.all(sql, id)[0]?.['value'] ?? null;
  }

  #distinct(column: string, id: number): string {
    const sql = `SELECT DISTINCT ${column} AS value FROM interactions
      WHERE conversation = ? AND is_hidden = 0 AND ${column} IS NOT NULL ORDER BY 1 LIMIT ${MAX_LISTED}`;
    return listed(this.#db.all(sql, id));
  }

  #tools(id: number): string {
    const rows = this.#db.all(
      `SELECT DISTINCT tools AS value FROM interactions WHERE conversation = ? AND is_hidden = 0 AND tools <> '[]'`,
      id,
    );
    const names = new Set(rows.flatMap(({ value }) => JSON.parse(String(value)) as string[]));
    return JSON.stringify([...names].sort().slice(0, MAX_LISTED));
  }

  #ofTrace(column: string, table: 'spans' | 'interactions', project: string, traceId: string): string {
    const sql = `SELECT DISTINCT ${column} AS value FROM ${table}
      WHERE trace_id = ? AND project = ? AND ${column} IS NOT NULL ORDER BY 1 LIMIT ${MAX_LISTED}`;
    return listed(this.#db.all(sql, traceId, project));
  }
}

const MAX_TOMBSTONES = 10_000;

const SUM_COLUMNS = [
  'sort_us',
  'first_us',
  'last_us',
  'received_us',
  'interactions',
  'turns',
  'errors',
  'unpriced',
  'cost',
  'input_tokens',
  'output_tokens',
  'is_estimated',
  'has_run',
];
const SUMS = `SELECT max(sort_us) AS sort_us, min(start_us) AS first_us, max(end_us) AS last_us,
    max(received_us) AS received_us, count(*) AS interactions, sum(is_turn) AS turns, sum(status = 'error') AS errors,
    sum(cost IS NULL AND model IS NOT NULL) AS unpriced, sum(cost) AS cost, sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens, max(is_estimated) AS is_estimated, max(run_id IS NOT NULL) AS has_run
  FROM interactions WHERE conversation = ? AND is_hidden = 0`;

function listed(rows: readonly SqlRow[]): string {
  return JSON.stringify(rows.map(({ value }) => value));
}

/**
 * Two applications may give the same name to different conversations, so that the service belongs to it. Interactions
 * without a conversation form one with the other interactions of their trace.
 */
function conversationId(
  project: string,
  named: { readonly service: SqlValue; readonly name: SqlValue } | null,
  traceId: string,
): string {
  const parts = named ? ['named', project, named.service, named.name] : ['trace', project, traceId];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
