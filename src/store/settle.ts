import type { Interaction } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { isUnfinished, joinBackground } from '../semconv/from-spans.ts';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { ConversationSummaries } from './conversations.ts';
import { columnsOf, INTERACTION_COLUMNS, type Receipt, searchableText } from './interaction-row.ts';
import type { Marks } from './marks.ts';
import { resolveFeedback, writeMessages } from './references.ts';
import { type OptionalTable, Sources } from './sources.ts';
import { TraceChanges } from './trace-changes.ts';
import { summarizedSpan, TraceSummaries } from './trace-summaries.ts';
import type { UsageTotals } from './usage.ts';

/** An interaction made of all rows that describe it. */
interface Assembled {
  readonly interaction: Interaction;
  readonly receipt: Receipt;
  /** Whether reading its span gives the same interaction. */
  readonly isOfOneSpan: boolean;
}

/** A step reads at most this many spans, or this many characters of them, so that requests are answered in between. */
const MAX_SPANS = 1_000;
const MAX_CHARACTERS = 4_000_000;
/** Spans that are read at a time: each may have ten million characters. */
const READ_SPANS = 25;

const FETCH = 'fetch_response';
const PARTNERS = 'SELECT * FROM interactions WHERE response_id = ?';
const ORDERED = 'AND project = ? AND key <> ? ORDER BY end_us, key';
const FETCHED = `${PARTNERS} AND operation = '${FETCH}' ${ORDERED}`;
const ANY_FETCHED = `SELECT 1 FROM interactions WHERE operation = '${FETCH}' LIMIT 1`;
const CREATED = `${PARTNERS} AND operation <> '${FETCH}' ${ORDERED}`;

/**
 * Derives interactions, full text, summaries and totals from what arrived. An interaction is computed from all rows that
 * describe it, so that it is the same whatever the order in which they came.
 */
export class Settle {
  readonly #db: Connection;
  readonly #marks: Marks;
  readonly #conversationSummaries: ConversationSummaries;
  readonly #traceSummaries: TraceSummaries;
  readonly #usage: UsageTotals;
  readonly #sources: Sources;
  /** What the current step has to compute again. */
  readonly #keys = new Map<string, { readonly project: string; readonly key: string }>();
  /** New interactions of a conversation; `undefined` when something else changed in it. */
  #conversations = new Map<number, SqlRow[] | undefined>();
  #traces: TraceChanges;
  /** Most stores have no background response that was fetched, and a query for each call would find nothing. */
  #mayHaveFetched: boolean | undefined;

  constructor(db: Connection, marks: Marks, usage: UsageTotals) {
    this.#db = db;
    this.#marks = marks;
    this.#conversationSummaries = new ConversationSummaries(db, marks);
    this.#traceSummaries = new TraceSummaries(db, marks);
    this.#usage = usage;
    this.#sources = new Sources(db);
    this.#traces = this.#noTraces();
  }

  /** Indexes a part of the waiting rows, within the caller's transaction. @returns whether there are more */
  step(): boolean {
    const hasMore = this.#spans();
    const hasMoreLogs = this.#logs();
    const hasMoreRecords = this.#recordsToRebuild();
    this.finish();
    return hasMore || hasMoreLogs || hasMoreRecords;
  }

  /** Marks an interaction that changed by other ways than a span. */
  touch(project: string, key: string): void {
    const name = `${project}\n${key}`;
    // At the end of the list, even if it was computed in this step already.
    this.#keys.delete(name);
    this.#keys.set(name, { project, key });
  }

  touchConversation(id: number): void {
    this.#conversations.set(id, undefined);
  }

  /** Marks a trace in which something other than new spans and interactions changed. */
  touchTrace(project: string, traceId: string): void {
    this.#traces.changeOf(project, traceId).isWhole = true;
  }

  /** Computes everything that was marked. */
  finish(): void {
    this.#interactions();
    for (const [id, added] of this.#conversations) {
      if (!added || !this.#conversationSummaries.extend(id, added)) this.#conversationSummaries.compute(id);
    }
    this.#conversationSummaries.trim();
    this.#traces.applyTo(this.#traceSummaries);
    this.#clear();
  }

  /** Whether a table that is empty in most stores has any row. */
  hasRows(table: OptionalTable): boolean {
    return this.#sources.hasRows(table);
  }

  /** After a rollback. */
  forget(): void {
    this.#conversationSummaries.forget();
    this.#clear();
  }

  #noTraces(): TraceChanges {
    return new TraceChanges(() => this.#sources.hasRows('records'));
  }

  /** Computes the marked interactions, without the summaries that they change. */
  #interactions(): void {
    // The list grows while it is read: a background response also concerns the call that created it.
    for (const { project, key } of this.#keys.values()) this.#interaction(project, key);
    this.#keys.clear();
    this.#sources.forgetRows();
  }

  #clear(): void {
    this.#keys.clear();
    this.#conversations = new Map();
    this.#traces = this.#noTraces();
    this.#sources.forget();
    this.#mayHaveFetched = undefined;
  }

  #spans(): boolean {
    let spans = 0;
    let characters = 0;
    while (spans < MAX_SPANS && characters < MAX_CHARACTERS) {
      const rows = this.#sources.spansAfter(this.#marks.get('settled_span'), READ_SPANS);
      for (const row of rows) {
        this.#span(row);
        characters += String(row['data']).length;
      }
      spans += rows.length;
      if (rows.length > 0) this.#marks.set('settled_span', Number(rows.at(-1)?.['id']));
      // Log records touch the same interactions at the end of the step, and each is computed once.
      if (!this.#sources.hasRows('logs')) this.#interactions();
      if (rows.length < READ_SPANS) return false;
    }
    return true;
  }

  #span(row: SqlRow): void {
    const project = String(row['project']);
    const trace = this.#traces.changeOf(project, String(row['trace_id']));
    trace.spans.push(summarizedSpan(row));
    if (row['is_update'] === 1) trace.isWhole = true;
    const interaction = this.#sources.interactionOf(row, project);
    if (interaction) this.#touchSpan(project, interaction);
  }

  #touchSpan(project: string, { id, traceId, spanId }: Interaction): void {
    this.touch(project, id);
    if (id !== `${traceId}:${spanId}`) {
      this.#db.run('INSERT OR IGNORE INTO run_spans VALUES (?, ?, ?, ?)', project, id, traceId, spanId);
    }
    if (!this.#sources.hasRows('records')) return;
    const where = 'trace_id = ? AND span_id = ? AND project = ? AND key <> ?';
    const others = this.#db.all(`SELECT DISTINCT key FROM records WHERE ${where}`, traceId, spanId, project, id);
    if (others.length === 0) return;
    this.#db.run(`UPDATE OR REPLACE records SET key = ? WHERE ${where}`, id, traceId, spanId, project, id);
    for (const { key } of others) this.touch(project, String(key));
  }

  #logs(): boolean {
    const mark = this.#marks.get('settled_log');
    const rows = this.#db.all(
      `SELECT id, project, trace_id, span_id FROM logs WHERE id > ? ORDER BY id LIMIT ${MAX_SPANS}`,
      mark,
    );
    for (const row of rows) {
      const [span] = this.#sources.spansAt(String(row['project']), String(row['trace_id']), String(row['span_id']));
      const interaction = span && this.#sources.interactionOf(span, String(row['project']));
      if (interaction) this.touch(String(row['project']), interaction.id);
    }
    if (rows.length > 0) this.#marks.set('settled_log', Number(rows.at(-1)?.['id']));
    return rows.length === MAX_SPANS;
  }

  /** After a migration: what vendors' clients wrote has no mark, since it is indexed with its request. */
  #recordsToRebuild(): boolean {
    const until = this.#marks.get('rebuild_until');
    const mark = this.#marks.get('rebuilt_record');
    if (mark >= until) return false;
    const sql = `SELECT id, project, key FROM records WHERE id > ? AND id <= ? ORDER BY id LIMIT ${MAX_SPANS}`;
    const rows = this.#db.all(sql, mark, until);
    for (const { project, key } of rows) this.touch(String(project), String(key));
    this.#marks.set('rebuilt_record', rows.length === MAX_SPANS ? Number(rows.at(-1)?.['id']) : until);
    return rows.length === MAX_SPANS;
  }

  #interaction(project: string, key: string): void {
    const before = this.#db.all('SELECT * FROM interactions WHERE key = ? AND project = ?', key, project)[0];
    const found = this.#assemble(project, key);
    if (!found) {
      if (before) this.remove(before);
      return;
    }
    const interaction = this.#withFetched(project, found.interaction);
    const columns = columnsOf(interaction, found.receipt);
    const words = searchableText(interaction);
    const id = this.#write(project, key, columns, before);
    if (before) this.#db.run('DELETE FROM interaction_data WHERE id = ?', id);
    if (!found.isOfOneSpan || interaction !== found.interaction) {
      // Content is anything a model or an application wrote: nested to any depth, with lone surrogates.
      const data = JSON.stringify(toJson(interaction));
      this.#db.run('INSERT INTO interaction_data (id, data) VALUES (?, ?)', id, data);
    }
    if (before) this.#db.run('DELETE FROM interaction_text WHERE rowid = ?', id);
    this.#db.run('INSERT INTO interaction_text (rowid, text) VALUES (?, ?)', id, words);
    writeMessages(this.#db, id, interaction, before !== undefined);
    if (this.#sources.hasRows('feedback')) resolveFeedback(this.#db, { project, key, id }, interaction);
  }

  /** Everything that describes the interaction, as one. */
  #assemble(project: string, key: string): Assembled | undefined {
    const spans = this.#sources.spans(project, key).flatMap((row) => {
      const interaction = this.#sources.interactionOf(row, project);
      return interaction?.id === key ? { interaction, row } : [];
    });
    const records = this.#sources.records(project, key);
    const [first] = spans;
    if (first && spans.length === 1 && records.length === 0) {
      const { interaction, row } = first;
      const receipt = { receivedUs: Number(row['received_us']), receivedBy: String(row['received_by']) };
      return { interaction, receipt, isOfOneSpan: !this.#sources.hasEvents(row, project) };
    }
    const rows = [...records, ...spans.map(({ row }) => row)];
    if (rows.length === 0) return undefined;
    spans.sort(
      (a, b) => a.interaction.endTime - b.interaction.endTime || (a.interaction.spanId < b.interaction.spanId ? -1 : 1),
    );
    // What a vendor's client wrote has fewer fields than a span, unless it replaced the interaction by its own.
    const filling = records.filter((record) => record['is_replacing'] !== 1);
    const replacing = records.filter((record) => record['is_replacing'] === 1);
    const interaction = Object.assign(
      {},
      ...filling.map(parsed),
      ...spans.map((each) => each.interaction),
      ...replacing.map(parsed),
    );
    const latest = spans.at(-1)?.row ?? records.at(-1);
    return {
      interaction: Object.assign(interaction, { id: key }),
      isOfOneSpan: false,
      receipt: {
        receivedUs: Math.max(...rows.map((row) => Number(row['received_us']))),
        receivedBy: String(latest?.['received_by']),
      },
    };
  }

  /** A background response is described by the call that created it and the one that fetched its end. */
  #withFetched(project: string, interaction: Interaction): Interaction {
    const { responseId, operation } = interaction;
    if (responseId === undefined) return interaction;
    if (operation === FETCH) {
      this.#mayHaveFetched = true;
      for (const { key } of this.#db.all(CREATED, responseId, project, interaction.id))
        this.touch(project, String(key));
      return interaction;
    }
    this.#mayHaveFetched ??= this.#db.all(ANY_FETCHED).length > 0;
    if (!this.#mayHaveFetched) return interaction;
    const partners = this.#db.all(FETCHED, responseId, project, interaction.id);
    const fetched = partners.at(-1);
    if (!fetched || !isUnfinished(interaction)) return interaction;
    for (const partner of partners) this.#hide(partner);
    const found = this.#assemble(project, String(fetched['key']));
    return found ? joinBackground(interaction, found.interaction) : interaction;
  }

  #hide(row: SqlRow): void {
    if (row['is_hidden'] === 1) return;
    this.#usage.remove(row);
    this.#db.run('UPDATE interactions SET is_hidden = 1 WHERE id = ?', row['id'] ?? null);
    this.touchConversation(Number(row['conversation']));
    this.touchTrace(String(row['project']), String(row['trace_id']));
  }

  /** @returns the row id */
  #write(project: string, key: string, columns: Record<string, SqlValue>, before: SqlRow | undefined): number {
    const conversation = this.#conversationSummaries.conversationFor(project, columns);
    if (before && before['is_hidden'] !== 1) this.#usage.remove(before);
    const row = Object.assign(columns, { project, key, conversation, sequence: this.#marks.nextSequence() });
    columns['counted_user'] = this.#usage.add(row);
    const values = INTERACTION_COLUMNS.map((name) => row[name] ?? null);
    if (!before) {
      const id = this.#db.run(INSERT_INTERACTION, ...values).lastId;
      this.#traces.changeOf(project, String(row['trace_id'])).interactions.push(row);
      if (!this.#conversations.has(conversation)) this.#conversations.set(conversation, []);
      this.#conversations.get(conversation)?.push(row);
      return id;
    }
    for (const { conversation: changed, trace_id: traceId } of [before, row]) {
      this.touchConversation(Number(changed));
      this.touchTrace(project, String(traceId));
    }
    const id = Number(before['id']);
    this.#db.run(UPDATE_INTERACTION, ...values, id);
    return id;
  }

  /** Takes an interaction out of everything that is derived. */
  remove(row: SqlRow, keepsTotals = false): void {
    const id = row['id'] ?? null;
    if (!keepsTotals && row['is_hidden'] !== 1) this.#usage.remove(row);
    const name = [row['key'] ?? null, row['project'] ?? null];
    this.#db.run('DELETE FROM interactions WHERE id = ?', id);
    this.#db.run('DELETE FROM interaction_text WHERE rowid = ?', id);
    this.#deleteFrom('interaction_data', 'id = ?', id);
    this.#deleteFrom('messages', 'interaction = ?', id);
    this.#deleteFrom('run_spans', 'key = ? AND project = ?', ...name);
    this.touchConversation(Number(row['conversation']));
    if (keepsTotals) this.#traces.removalOf(String(row['project']), String(row['trace_id'])).interactions += 1;
    else this.touchTrace(String(row['project']), String(row['trace_id']));
  }

  #deleteFrom(table: OptionalTable, where: string, ...values: SqlValue[]): void {
    if (this.#sources.hasRows(table)) this.#db.run(`DELETE FROM ${table} WHERE ${where}`, ...values);
  }

  /** Counts a span that retention removed. */
  spanPruned({ project, trace_id, status }: SqlRow): void {
    const removal = this.#traces.removalOf(String(project), String(trace_id));
    removal.spans += 1;
    if (status === 2) removal.errors += 1;
  }
}

const INSERT_INTERACTION = `INSERT INTO interactions (${INTERACTION_COLUMNS.join(', ')})
  VALUES (${INTERACTION_COLUMNS.map(() => '?').join(', ')})`;
const UPDATE_INTERACTION = `UPDATE interactions SET ${INTERACTION_COLUMNS.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`;

function parsed(row: SqlRow): Interaction {
  return JSON.parse(String(row['data'])) as Interaction;
}
