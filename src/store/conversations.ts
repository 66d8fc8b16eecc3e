import { hash } from 'node:crypto';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { listed, MAX_LISTED } from './listed.ts';
import type { Marks } from './marks.ts';
import { MAX_TOMBSTONES } from './port.ts';

/** The rows of `conversations`, each the summary of its rows in `interactions`. */
export class ConversationSummaries {
  readonly #db: Connection;
  readonly #marks: Marks;
  /** Row ids of conversations that were written last. */
  readonly #ids = new Map<string, number>();
  /** Conversations of this step that have no row yet: each is written once, with its summary. */
  readonly #new = new Map<number, Summary>();
  /** Summaries with what this step has added; `undefined` for those that have to be computed from all interactions. */
  readonly #changed = new Map<number, Summary | undefined>();
  #lastId: number | undefined;
  #hasBuried = false;

  constructor(db: Connection, marks: Marks) {
    this.#db = db;
    this.#marks = marks;
  }

  /** The row id of the conversation that an interaction belongs to; created where it is the first. */
  conversationFor(project: string, columns: Readonly<Record<string, SqlValue>>): number {
    const name = columns['conversation_name'] ?? null;
    const parts =
      name === null
        ? ['trace', project, String(columns['trace_id'])]
        : ['named', project, columns['service'] ?? null, name];
    const key = JSON.stringify(parts);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#find(publicIdOf(key), project, columns);
      this.#ids.set(key, id);
    }
    return id;
  }

  /** After a rollback, cached ids may not exist. */
  forget(): void {
    this.#ids.clear();
    this.#new.clear();
    this.#changed.clear();
    this.#lastId = undefined;
  }

  #find(publicId: string, project: string, columns: Readonly<Record<string, SqlValue>>): number {
    const [known] = this.#db.all('SELECT id FROM conversations WHERE public_id = ?', publicId);
    if (known) return Number(known['id']);
    this.#lastId ??= Number(this.#db.all('SELECT max(id) AS id FROM conversations')[0]?.['id'] ?? 0);
    this.#lastId += 1;
    const { service = null, conversation_name: name = null } = columns;
    this.#new.set(this.#lastId, emptySummary({ public_id: publicId, project, service, name }));
    return this.#lastId;
  }

  /** Adds a new interaction. Garbage collection copies what a step keeps, so that its row is not kept. */
  add(id: number, row: SqlRow): void {
    if (this.#changed.has(id) && !this.#changed.get(id)) return;
    const summary = this.#changed.get(id) ?? this.#new.get(id) ?? this.#stored(id);
    // One that is older than what the summary shows as the latest requires all others.
    const isLatest = summary && Number(row['sort_us']) >= Number(summary['sort_us']);
    if (isLatest) addInteraction(summary, row);
    this.#changed.set(id, isLatest ? summary : undefined);
  }

  /** Something else changed. */
  touch(id: number): void {
    this.#changed.set(id, undefined);
  }

  /** At the end of a step. */
  flush(): void {
    for (const [id, summary] of this.#changed) {
      if (summary) this.#write(id, summary);
      else this.#compute(id);
    }
    this.#changed.clear();
    this.#trim();
  }

  #stored(id: number): Summary | undefined {
    const [stored] = this.#db.all('SELECT * FROM conversations WHERE id = ?', id);
    return stored && { ...stored };
  }

  /** From all of its interactions. Without any it is deleted, and a tombstone reports that to the live tail. */
  #compute(id: number): void {
    const [sums] = this.#db.all(SUMS, id);
    if (!sums || Number(sums['interactions']) === 0) {
      this.#bury(id);
      return;
    }
    this.#write(id, {
      ...this.#new.get(id),
      ...sums,
      status: this.#one('status', id, '1 ORDER BY sort_us DESC, id DESC') ?? 'ok',
      error: this.#one('error', id, 'error IS NOT NULL ORDER BY sort_us DESC, id DESC'),
      title: this.#one('title', id, 'title IS NOT NULL ORDER BY sort_us, id'),
      answer: this.#one('answer', id, 'answer IS NOT NULL ORDER BY sort_us DESC, id DESC'),
      environment: this.#one('environment', id, 'environment IS NOT NULL ORDER BY sort_us DESC, id DESC'),
      models: this.#distinct('model', id),
      users: this.#distinct('user_id', id),
      agents: this.#distinct('agent', id),
      tools: this.#tools(id),
    });
  }

  #write(id: number, summary: SqlRow): void {
    const sequence = this.#marks.nextSequence();
    if (this.#new.delete(id)) {
      const values = [...IDENTITY, ...COLUMNS].map((column) => summary[column] ?? null);
      this.#db.run(INSERT, id, sequence, ...values);
    } else {
      const values = COLUMNS.map((column) => summary[column] ?? null);
      this.#db.run(UPDATE, sequence, ...values, id);
    }
  }

  #bury(id: number): void {
    this.#ids.clear();
    // One without a row was never reported.
    if (this.#new.delete(id)) return;
    const [row] = this.#db.all('SELECT public_id FROM conversations WHERE id = ?', id);
    if (!row) return;
    this.#db.run('DELETE FROM conversations WHERE id = ?', id);
    const sequence = this.#marks.nextSequence();
    this.#db.run('INSERT INTO tombstones (sequence, public_id) VALUES (?, ?)', sequence, row['public_id'] ?? '');
    this.#hasBuried = true;
  }

  /** Only the latest tombstones are kept. */
  #trim(): void {
    // Not earlier, because the ids of new conversations are nowhere else.
    if (this.#ids.size >= MAX_IDS) this.#ids.clear();
    if (!this.#hasBuried) return;
    this.#hasBuried = false;
    this.#db.run('DELETE FROM tombstones WHERE sequence < ?', this.#marks.get('sequence') - MAX_TOMBSTONES);
  }

  #one(column: string, id: number, where: string): SqlValue {
    const sql = `SELECT ${column} AS value FROM interactions WHERE conversation = ? AND is_hidden = 0 AND ${where} LIMIT 1`;
    return this.#db.all(sql, id)[0]?.['value'] ?? null;
  }

  #distinct(column: string, id: number): string {
    const sql = `SELECT DISTINCT ${column} AS value FROM interactions
      WHERE conversation = ? AND is_hidden = 0 AND ${column} IS NOT NULL ORDER BY 1 LIMIT ${MAX_LISTED}`;
    return JSON.stringify(this.#db.all(sql, id).map(({ value }) => value));
  }

  #tools(id: number): string {
    const rows = this.#db.all(
      `SELECT DISTINCT tools AS value FROM interactions WHERE conversation = ? AND is_hidden = 0 AND tools <> '[]'`,
      id,
    );
    const names = rows.flatMap(({ value }) => JSON.parse(String(value)) as string[]);
    return String(names.reduce(listed, '[]'));
  }
}

const MAX_IDS = 5_000;

function emptySummary(identity: Summary): Summary {
  return Object.assign(identity, {
    sort_us: 0,
    first_us: 0,
    last_us: 0,
    received_us: 0,
    interactions: 0,
    turns: 0,
    errors: 0,
    unpriced: 0,
    is_estimated: 0,
    has_run: 0,
    models: '[]',
    users: '[]',
    agents: '[]',
    tools: '[]',
  });
}

/** Adds an interaction that is the latest so far. */
function addInteraction(summary: Summary, row: SqlRow): void {
  const isFirst = Number(summary['interactions']) === 0;
  summary['sort_us'] = row['sort_us'] ?? 0;
  summary['first_us'] = isFirst ? (row['start_us'] ?? 0) : least(summary['first_us'], row['start_us']);
  summary['last_us'] = greatest(summary['last_us'], row['end_us']);
  summary['received_us'] = greatest(summary['received_us'], row['received_us']);
  summary['interactions'] = sum(summary['interactions'], 1);
  summary['turns'] = sum(summary['turns'], row['is_turn']);
  summary['errors'] = sum(summary['errors'], row['status'] === 'error' ? 1 : 0);
  summary['unpriced'] = sum(summary['unpriced'], row['cost'] === null && row['model'] !== null ? 1 : 0);
  for (const column of ['cost', 'input_tokens', 'output_tokens']) {
    if (row[column] !== null) summary[column] = sum(summary[column], row[column]);
  }
  summary['is_estimated'] = greatest(summary['is_estimated'], row['is_estimated']);
  summary['has_run'] = greatest(summary['has_run'], row['run_id'] === null ? 0 : 1);
  summary['status'] = row['status'] ?? 'ok';
  summary['title'] ??= row['title'] ?? null;
  for (const column of ['error', 'answer', 'environment']) summary[column] = row[column] ?? summary[column] ?? null;
  summary['models'] = listed(summary['models'], row['model']);
  summary['users'] = listed(summary['users'], row['user_id']);
  summary['agents'] = listed(summary['agents'], row['agent']);
  if (row['tools'] !== '[]') {
    const tools = JSON.parse(String(row['tools'])) as string[];
    summary['tools'] = tools.reduce(listed, summary['tools'] ?? '[]');
  }
}

type Summary = Record<string, SqlValue>;

function least(a: SqlValue | undefined, b: SqlValue | undefined): number {
  return Math.min(Number(a), Number(b));
}

function greatest(a: SqlValue | undefined, b: SqlValue | undefined): number {
  return Math.max(Number(a), Number(b));
}

function sum(a: SqlValue | undefined, b: SqlValue | undefined): number {
  return Number(a ?? 0) + Number(b ?? 0);
}

const COLUMNS = [
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
  'status',
  'error',
  'title',
  'answer',
  'environment',
  'models',
  'users',
  'agents',
  'tools',
];
/** Columns that never change. */
const IDENTITY = ['public_id', 'project', 'service', 'name'];
const INSERT = `INSERT INTO conversations (id, sequence, ${[...IDENTITY, ...COLUMNS].join(', ')})
  VALUES (?, ?, ${[...IDENTITY, ...COLUMNS].map(() => '?').join(', ')})`;
const UPDATE = `UPDATE conversations SET sequence = ?, ${COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`;
const SUMS = `SELECT max(sort_us) AS sort_us, min(start_us) AS first_us, max(end_us) AS last_us,
    max(received_us) AS received_us, count(*) AS interactions, sum(is_turn) AS turns, sum(status = 'error') AS errors,
    sum(cost IS NULL AND model IS NOT NULL) AS unpriced, sum(cost) AS cost, sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens, max(is_estimated) AS is_estimated, max(run_id IS NOT NULL) AS has_run
  FROM interactions WHERE conversation = ? AND is_hidden = 0`;

/**
 * Two applications may use the same name for different conversations, so the service is part of the key. Interactions
 * without a conversation form one with the other interactions of their trace.
 */
function publicIdOf(key: string): string {
  return hash('sha256', key, 'base64url').slice(0, 22);
}
