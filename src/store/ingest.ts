import { createHash } from 'node:crypto';
import type { Interaction } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import type { FreshSpans } from './fresh-spans.ts';
import type { Marks } from './marks.ts';
import type { DeliveryNote, DeliveryState, StoreWrite } from './port.ts';
import { isReplacing, recordData, recordFrom, withWritten } from './records.ts';
import type { RowNumbers } from './row-numbers.ts';
import type { LogRow, SpanRow } from './span-row.ts';
import { isNewer, isOther } from './span-versions.ts';
import { FULL_TRACES } from './tables.ts';

/** Ids of this many resources are cached; there are rarely more. */
const MAX_RESOURCES = 1_000;
const MAX_ATTEMPTS = 50;

/** States of records that were sent and not accepted. */
const FAILING: ReadonlySet<unknown> = new Set<DeliveryState>(['dead', 'retrying', 'stopped']);

/**
 * Writes what arrived, and nothing that is derived from it. Whatever the order of the deliveries, and however often one
 * is repeated, the same rows result: of two versions of a span, the one that ended later wins.
 */
export class Ingest {
  readonly #db: Connection;
  readonly #resources = new Map<string, number>();
  readonly #marks: Marks;
  readonly #numbers: IngestNumbers;
  readonly #fresh: FreshSpans;
  /** Resources that were given to spans that have been stored before. */
  readonly #changedResources = new Set<number>();

  constructor(db: Connection, marks: Marks, numbers: IngestNumbers, fresh: FreshSpans) {
    this.#db = db;
    this.#marks = marks;
    this.#numbers = numbers;
    this.#fresh = fresh;
  }

  /** After a rollback. */
  rollBack(): void {
    this.#changedResources.clear();
    this.forgetResources();
  }

  /** @returns resources that spans were given since the last call, whose row ids are not new */
  takeChangedResources(): number[] {
    const changed = [...this.#changedResources];
    this.#changedResources.clear();
    return changed;
  }

  /** Called when ids of resources may have been removed. */
  forgetResources(): void {
    this.#resources.clear();
  }

  /** @returns how many spans were refused because their trace is full */
  spans(write: StoreWrite): number {
    const full = this.#fullTraces(write);
    let rejected = 0;
    const truncated = new Set<string>();
    for (const span of write.spans ?? []) {
      // A span that the trace has is sent again, or is a later version of it.
      if (!full.has(span.traceId) || this.#isStored(span, write.project)) this.#span(span, write);
      else {
        rejected += 1;
        truncated.add(span.traceId);
      }
    }
    for (const traceId of truncated) {
      this.#db.run('UPDATE traces SET is_full = 1 WHERE trace_id = ? AND project = ?', traceId, write.project);
    }
    return rejected;
  }

  logs({ project, logs = [], receivedUs }: StoreWrite): void {
    for (const log of logs) this.#log(log, project, receivedUs);
  }

  /** Merged with what the same API wrote before. @returns the keys that have to be settled */
  records(write: StoreWrite): string[] {
    const { interactions = [], replacedInteractions = [] } = write;
    for (const interaction of interactions) this.#record(interaction, write);
    for (const { interaction, fields } of replacedInteractions) this.#record(interaction, write, fields);
    return [...interactions, ...replacedInteractions.map(({ interaction }) => interaction)].map(({ id }) => id);
  }

  feedback({ project, receivedBy, receivedUs, feedback = [], deletedFeedback = [] }: StoreWrite): void {
    for (const entry of feedback) {
      this.#db.run(
        `INSERT OR REPLACE INTO feedback (project, public_id, received_by, interaction, conversation_name, response_id,
           message_id, trace_id, span_id, rating, at_us, received_us, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        project,
        entry.id,
        receivedBy,
        entry.interaction ?? null,
        entry.conversationName ?? null,
        entry.responseId ?? null,
        entry.messageId ?? null,
        entry.traceId ?? null,
        entry.spanId ?? null,
        entry.rating,
        Math.min(entry.atUs, receivedUs),
        receivedUs,
        json(entry.data),
      );
    }
    for (const id of deletedFeedback) {
      this.#db.run(
        'DELETE FROM feedback WHERE public_id = ? AND project = ? AND received_by = ?',
        id,
        project,
        receivedBy,
      );
    }
  }

  events({ project, receivedBy, receivedUs, events = [] }: StoreWrite): void {
    for (const { id, conversationName, atUs, data } of events) {
      this.#db.run(
        `INSERT OR REPLACE INTO events (project, public_id, received_by, conversation_name, at_us, received_us, data)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        project,
        id,
        receivedBy,
        conversationName ?? null,
        Math.min(atUs, receivedUs),
        receivedUs,
        json(data),
      );
    }
  }

  documents({ project, receivedBy, receivedUs, documents = [] }: StoreWrite): void {
    for (const { collection, id, externalId, conversationName, updatedUs, body } of documents) {
      this.#db.run(
        `INSERT OR REPLACE INTO documents (project, received_by, collection, public_id, external_id, conversation_name,
           updated_us, received_us, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        project,
        receivedBy,
        collection,
        id,
        externalId ?? null,
        conversationName ?? null,
        Math.min(updatedUs, receivedUs),
        receivedUs,
        json(body),
      );
    }
  }

  delivery(note: DeliveryNote): void {
    const { project, interaction, destination, attempt } = note;
    const [known] = this.#db.all(
      'SELECT id, attempts, state FROM deliveries WHERE interaction = ? AND destination = ? AND project = ?',
      interaction,
      destination,
      project,
    );
    // A span that is sent twice is delivered once: the second one changes nothing, unless it is requested again.
    if (!attempt && (known?.['state'] === 'delivered' || known?.['state'] === 'coalesced')) return;
    // A span without a record of its own may have one with another span: a question with the fetch of its answer.
    if (note.state === 'skipped' && FAILING.has(known?.['state'])) return;
    const attempts: unknown[] = known ? (JSON.parse(String(known['attempts'])) as unknown[]) : [];
    if (attempt) attempts.push(attempt);
    this.#db.run(
      `INSERT OR REPLACE INTO deliveries (id, project, interaction, destination, state, updated_us, reason, carried_by,
         attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      known?.['id'] ?? null,
      project,
      interaction,
      destination,
      note.state,
      note.atUs,
      note.reason ?? null,
      note.carriedBy ?? null,
      json(attempts.slice(-MAX_ATTEMPTS)),
    );
  }

  #fullTraces({ project, spans = [] }: StoreWrite): Set<string> {
    const full = new Set<string>();
    if (spans.length === 0 || this.#db.all(`SELECT 1 FROM traces WHERE ${FULL_TRACES} LIMIT 1`).length === 0)
      return full;
    for (const traceId of new Set(spans.map((span) => span.traceId))) {
      const sql = `SELECT 1 FROM traces WHERE trace_id = ? AND project = ? AND ${FULL_TRACES}`;
      if (this.#db.all(sql, traceId, project).length > 0) full.add(traceId);
    }
    return full;
  }

  #isStored({ traceId, spanId }: SpanRow, project: string): boolean {
    const sql = 'SELECT 1 FROM spans WHERE trace_id = ? AND span_id = ? AND project = ?';
    return this.#db.all(sql, traceId, spanId, project).length > 0;
  }

  #span(span: SpanRow, write: StoreWrite): void {
    const resource = this.#resource(span.resource);
    if (this.#insert(span, write, resource)) return;
    const [known] = this.#db.all(
      `SELECT s.id, s.end_us, s.received_us, s.data, s.name, s.status, s.kind, s.parent_id, r.json FROM spans s JOIN resources r ON r.id = s.resource
       WHERE s.trace_id = ? AND s.span_id = ? AND s.project = ?`,
      span.traceId,
      span.spanId,
      write.project,
    );
    if (!known) return;
    const isKept = write.replacesSpans ? isOther(span, known) : isNewer(span, known);
    if (isKept) this.#update(span, write, { resource, known });
  }

  /** @returns false if the span is there */
  #insert(span: SpanRow, { project, receivedBy, receivedUs }: StoreWrite, resource: number): boolean {
    const { spans } = this.#numbers;
    const { changes } = this.#db.run(
      `INSERT OR IGNORE INTO spans (id, project, trace_id, span_id, parent_id, name, kind, status, service, operation,
         start_us, end_us, received_us, received_by, resource, is_truncated, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      spans.next,
      project,
      span.traceId,
      span.spanId,
      span.parentId,
      span.name,
      span.kind,
      span.status,
      span.service,
      span.operation,
      span.startUs,
      span.endUs,
      receivedUs,
      receivedBy,
      resource,
      span.isTruncated ? 1 : 0,
      span.data,
    );
    if (changes === 0) return false;
    this.#fresh.add(span, { id: spans.take(), project, receivedBy, receivedUs });
    return true;
  }

  /** With its row id, under which its interaction is found, and the time at which its first version was received. */
  #update(span: SpanRow, { receivedBy, receivedUs }: StoreWrite, { resource, known }: KnownSpan): void {
    const id = Number(known['id']);
    this.#db.run(
      `UPDATE spans SET parent_id = ?, name = ?, kind = ?, status = ?, service = ?, operation = ?, start_us = ?, end_us = ?,
         received_us = ?, received_by = ?, resource = ?, is_truncated = ?, data = ? WHERE id = ?`,
      span.parentId,
      span.name,
      span.kind,
      span.status,
      span.service,
      span.operation,
      span.startUs,
      span.endUs,
      Math.min(receivedUs, Number(known['received_us'])),
      receivedBy,
      resource,
      span.isTruncated ? 1 : 0,
      span.data,
      id,
    );
    this.#changedResources.add(resource);
    this.#fresh.clear();
    // A span that still waits is indexed in its last version.
    if (id > this.#marks.get('settled_span')) return;
    this.#db.run('INSERT INTO span_changes (id, span) VALUES (?, ?)', this.#numbers.changes.take(), id);
  }

  #resource(text: string): number {
    const known = this.#resources.get(text);
    if (known !== undefined) return known;
    this.#db.run('INSERT OR IGNORE INTO resources (json) VALUES (?)', text);
    const id = Number(this.#db.all('SELECT id FROM resources WHERE json = ?', text)[0]?.['id']);
    if (this.#resources.size >= MAX_RESOURCES) this.#resources.clear();
    this.#resources.set(text, id);
    return id;
  }

  #log({ traceId, spanId, data }: LogRow, project: string, receivedUs: number): void {
    const hash = createHash('sha256').update(data).digest('base64url').slice(0, 22);
    const { logs } = this.#numbers;
    const { changes } = this.#db.run(
      `INSERT OR IGNORE INTO logs (id, project, trace_id, span_id, hash, received_us, data) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      logs.next,
      project,
      traceId,
      spanId,
      hash,
      receivedUs,
      data,
    );
    if (changes > 0) logs.take();
  }

  /** @param fields which of them replace what was received in other ways */
  #record(interaction: Interaction, write: StoreWrite, fields?: readonly (keyof Interaction)[]): void {
    const { project, receivedBy, receivedUs, updatedInteractions = [] } = write;
    const [row] = this.#db.all(
      'SELECT is_replacing, data FROM records WHERE key = ? AND project = ? AND received_by = ?',
      interaction.id,
      project,
      receivedBy,
    );
    const isUpdate = updatedInteractions.includes(interaction.id);
    const record = withWritten(row && recordFrom(row), interaction, { isUpdate, ...(fields && { fields }) });
    const values: SqlValue[] = [
      project,
      interaction.id,
      receivedBy,
      interaction.traceId,
      interaction.spanId,
      isReplacing(record) ? 1 : 0,
      receivedUs,
      json(recordData(record)),
    ];
    this.#db.run(
      `INSERT OR REPLACE INTO records (project, key, received_by, trace_id, span_id, is_replacing, received_us, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...values,
    );
  }
}

/** The row ids of what arrives. */
export interface IngestNumbers {
  /** Shared with interactions that no span names: no two of them have the same row id. */
  readonly spans: RowNumbers;
  readonly changes: RowNumbers;
  readonly logs: RowNumbers;
}

interface KnownSpan {
  readonly resource: number;
  /** The row of its earlier version. */
  readonly known: SqlRow;
}

function json(value: unknown): string {
  return JSON.stringify(toJson(value)) ?? 'null';
}
