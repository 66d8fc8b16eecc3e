import { isUnfinished, joinBackground } from '../interaction/background-response.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { type Assembled, answeringFetch, assembled, interactionOfSpan } from './assembled.ts';
import { ConversationSummaries } from './conversations.ts';
import type { FreshSpans } from './fresh-spans.ts';
import { FullText } from './full-text.ts';
import { idsOfSpan } from './interaction-ids.ts';
import { columnsOf, searchableText } from './interaction-row.ts';
import { InteractionRows, type Place } from './interaction-rows.ts';
import type { Marks } from './marks.ts';
import type { OpenFeedback } from './open-feedback.ts';
import { writeMessages } from './references.ts';
import type { RowNumbers } from './row-numbers.ts';
import { addRunSpan } from './run-spans.ts';
import { type OptionalTable, READ_SPANS, Sources } from './sources.ts';
import { TraceChanges } from './trace-changes.ts';
import { TraceSummaries } from './trace-summaries.ts';
import type { UsageTotals } from './usage.ts';

/** A step reads at most this many spans, or this many characters of them, so that requests are answered in between. */
const MAX_SPANS = 3_000;
const MAX_CHARACTERS = 8_000_000;

const FETCH = 'fetch_response';
const PARTNERS = 'SELECT * FROM interactions WHERE response_id = ?';
const ORDERED = 'AND project = ? AND key <> ? ORDER BY end_us, key';
const FETCHED = `${PARTNERS} AND operation = '${FETCH}' ${ORDERED}`;
const ANY_FETCHED = `SELECT 1 FROM interactions WHERE operation = '${FETCH}' LIMIT 1`;
const CREATED = `${PARTNERS} AND operation <> '${FETCH}' ${ORDERED}`;

interface SettleInput {
  readonly numbers: RowNumbers;
  readonly fresh: FreshSpans;
  readonly openFeedback: OpenFeedback;
}

/**
 * Derives interactions, full text, summaries and totals from what arrived. An interaction is computed from all rows that
 * describe it, so that it is the same whatever the order in which they came.
 */
export class Settle {
  readonly #db: Connection;
  readonly #marks: Marks;
  /** Of spans, and of the interactions that no span names. */
  readonly #numbers: RowNumbers;
  readonly #rows: InteractionRows;
  readonly #fullText: FullText;
  readonly #conversationSummaries: ConversationSummaries;
  readonly #traceSummaries: TraceSummaries;
  readonly #usage: UsageTotals;
  readonly #sources: Sources;
  readonly #openFeedback: OpenFeedback;
  /** What the current step has to compute again. */
  readonly #keys = new Map<string, { readonly project: string; readonly key: string }>();
  #traces: TraceChanges;
  /** Most stores have no background response that was fetched, and a query for each call would find nothing. */
  #mayHaveFetched: boolean | undefined;

  constructor(db: Connection, marks: Marks, usage: UsageTotals, { numbers, fresh, openFeedback }: SettleInput) {
    this.#db = db;
    this.#marks = marks;
    this.#numbers = numbers;
    this.#fullText = new FullText(db);
    this.#conversationSummaries = new ConversationSummaries(db, marks);
    this.#traceSummaries = new TraceSummaries(db, marks);
    this.#usage = usage;
    this.#sources = new Sources(db, fresh);
    this.#openFeedback = openFeedback;
    this.#rows = new InteractionRows(db, marks, this.#sources, numbers);
    this.#traces = this.#noTraces();
  }

  /** Indexes a part of the waiting rows, within the caller's transaction. @returns whether there are more */
  step(): boolean {
    const hasMore = [this.#spans(), this.#changedSpans(), this.#logs(), this.#recordsToRebuild()];
    this.finish();
    // Interactions that no span names took numbers, too.
    if (!hasMore[0]) this.#marks.set('settled_span', this.#numbers.last);
    return hasMore.includes(true);
  }

  /** Marks an interaction that changed by other ways than a span. */
  touch(project: string, key: string): void {
    const name = `${project}\n${key}`;
    // At the end of the list, even if it was computed in this step already.
    this.#keys.delete(name);
    this.#keys.set(name, { project, key });
  }

  touchConversation(id: number): void {
    this.#conversationSummaries.touch(id);
  }

  /** Marks a trace in which something other than new spans and interactions changed. */
  touchTrace(project: string, traceId: string): void {
    this.#traces.touch(project, traceId);
  }

  /** Computes everything that was marked. */
  finish(): void {
    this.#interactions();
    this.#conversationSummaries.flush();
    this.#traces.apply();
    this.#fullText.flush();
    this.#clear();
  }

  /** Whether a table that is empty in most stores has any row. */
  hasRows(table: OptionalTable): boolean {
    return this.#sources.hasRows(table);
  }

  /** After a rollback. */
  forget(): void {
    this.#conversationSummaries.forget();
    this.#fullText.forget();
    this.#clear();
  }

  #noTraces(): TraceChanges {
    return new TraceChanges(this.#traceSummaries, () => this.#sources.hasRows('records'));
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
    this.#rows.forget();
    this.#traces = this.#noTraces();
    this.#sources.forget();
    this.#mayHaveFetched = undefined;
  }

  #spans(): boolean {
    return this.#inParts(() => {
      const rows = this.#sources.spansAfter(this.#marks.get('settled_span'));
      for (const row of rows) this.#span(row);
      if (rows.length > 0) this.#marks.set('settled_span', Number(rows.at(-1)?.['id']));
      return { rows, isLast: rows.length < READ_SPANS };
    });
  }

  /** Spans of which a later version arrived after they were indexed. */
  #changedSpans(): boolean {
    return this.#inParts(() => {
      const changes = this.#db.all(CHANGES, this.#marks.get('settled_change'));
      const rows = changes.map(({ span }) => this.#sources.spanWithId(Number(span))).filter((row) => row !== undefined);
      for (const row of rows) this.#changedSpan(row);
      const { id = null } = changes.at(-1) ?? {};
      if (id !== null) {
        this.#db.run('DELETE FROM span_changes WHERE id <= ?', id);
        this.#marks.set('settled_change', Number(id));
      }
      return { rows, isLast: changes.length < READ_SPANS };
    });
  }

  /** @returns whether the step ended before the last part */
  #inParts(next: () => { readonly rows: readonly SqlRow[]; readonly isLast: boolean }): boolean {
    let spans = 0;
    let characters = 0;
    while (spans < MAX_SPANS && characters < MAX_CHARACTERS) {
      const { rows, isLast } = next();
      spans += READ_SPANS;
      for (const row of rows) characters += String(row['data']).length;
      // Log records touch the same interactions at the end of the step, and each is computed once.
      if (!this.#sources.hasRows('logs')) this.#interactions();
      if (isLast) return false;
    }
    return true;
  }

  #changedSpan(row: SqlRow): void {
    this.#span(row);
    const { project = null, trace_id: traceId = null, span_id: spanId = null } = row;
    this.touchTrace(String(project), String(traceId));
    // The later version may describe another interaction, or none.
    for (const { key } of this.#db.all(OF_SPAN, traceId, spanId, project)) this.touch(String(project), String(key));
  }

  #span(row: SqlRow): void {
    const project = String(row['project']);
    this.#traces.addSpan(project, row);
    const found = interactionOfSpan(this.#sources, project, row);
    if (!found) return;
    const { interaction, spanId } = found;
    if (spanId === undefined || this.#sources.hasRows('records') || this.#sources.hasRows('logs')) {
      this.#touchSpan(project, interaction);
      return;
    }
    // Nothing else describes it.
    const key = interaction.id;
    this.#write({ project, key, spanId, before: this.#rows.find({ project, key, spanId }) }, found);
  }

  #touchSpan(project: string, interaction: Interaction): void {
    const { id, traceId, spanId } = interaction;
    this.touch(project, id);
    if (id !== `${traceId}:${spanId}`) {
      addRunSpan(this.#db, project, interaction);
      this.#sources.fill('run_spans');
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
    const described = this.#sources.spans(project, key);
    const before = this.#rows.find({ project, key, spanId: described.spanId });
    const found = assembled(this.#sources, { project, key }, described.rows);
    if (found) this.#write({ project, key, spanId: found.spanId, before }, found);
    else if (before) this.remove(before);
  }

  #write(place: Place, found: Assembled): void {
    const { project, key, before } = place;
    const interaction = this.#withFetched(project, found.interaction);
    const columns = columnsOf(interaction, found.receipt);
    if (before) this.#removeContent(before);
    const id = this.#writeRow(place, columns);
    if (!found.isOfOneSpan || interaction !== found.interaction) {
      // Content is anything a model or an application wrote: nested to any depth, with lone surrogates.
      const data = JSON.stringify(toJson(interaction));
      this.#db.run('INSERT INTO interaction_data (id, data) VALUES (?, ?)', id, data);
      this.#sources.fill('interaction_data');
    }
    this.#fullText.add(id, searchableText(interaction), found.spanId !== undefined && before === undefined);
    if (writeMessages(this.#db, id, interaction) > 0) this.#sources.fill('messages');
    this.#openFeedback.attach({ project, key }, interaction);
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
    if (partners.length === 0 || !isUnfinished(interaction)) return interaction;
    for (const partner of partners) this.#hide(partner);
    const fetched = answeringFetch(this.#sources, partners);
    return fetched ? joinBackground(interaction, fetched) : interaction;
  }

  #hide(row: SqlRow): void {
    if (row['is_hidden'] === 1) return;
    this.#usage.remove(row);
    this.#db.run('UPDATE interactions SET is_hidden = 1 WHERE id = ?', row['id'] ?? null);
    this.touchConversation(Number(row['conversation']));
    this.touchTrace(String(row['project']), String(row['trace_id']));
  }

  /** @returns the row id */
  #writeRow(place: Place, columns: Record<string, SqlValue>): number {
    const { project, key, before } = place;
    const conversation = this.#conversationSummaries.conversationFor(project, columns);
    if (before && before['is_hidden'] !== 1) this.#usage.remove(before);
    columns['project'] = project;
    columns['key'] = key;
    columns['conversation'] = conversation;
    columns['sequence'] = this.#marks.nextSequence();
    columns['counted_user'] = this.#usage.add(columns);
    const id = this.#rows.write(place, columns);
    if (!before) {
      this.#traces.addInteraction(project, columns);
      this.#conversationSummaries.add(conversation, columns);
      return id;
    }
    for (const { conversation: changed, trace_id: traceId } of [before, columns]) {
      this.touchConversation(Number(changed));
      this.touchTrace(project, String(traceId));
    }
    return id;
  }

  /** Takes an interaction out of everything that is derived. */
  remove(row: SqlRow, keepsTotals = false): void {
    if (!keepsTotals && row['is_hidden'] !== 1) this.#usage.remove(row);
    this.#rows.remove(row);
    this.#removeContent(row);
    this.#deleteFrom('run_spans', 'key = ? AND project = ?', row['key'] ?? null, row['project'] ?? null);
    this.touchConversation(Number(row['conversation']));
    if (keepsTotals) this.#traces.removalOf(String(row['project']), String(row['trace_id'])).interactions += 1;
    else this.touchTrace(String(row['project']), String(row['trace_id']));
  }

  #removeContent({ id = null }: SqlRow): void {
    this.#fullText.remove(Number(id));
    this.#deleteFrom('interaction_data', 'id = ?', id);
    this.#deleteFrom('messages', 'interaction = ?', id);
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

const OF_SPAN = `SELECT i.key FROM interactions i WHERE i.id IN ${idsOfSpan('?1', '?2')} AND i.project = ?3`;
const CHANGES = `SELECT id, span FROM span_changes WHERE id > ? ORDER BY id LIMIT ${READ_SPANS}`;
