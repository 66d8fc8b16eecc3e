import type { Interaction } from '../interaction/interaction.ts';
import type { Connection } from '../sqlite/connection.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import { messageIdsOf } from './interaction-row.ts';

/** More than this is not attached when its answer comes, the oldest first. */
const MAX_OPEN = 10_000;
/** A client may send a longer one, which would fill the memory. No API gives such an id to an answer. */
const MAX_NAME = 500;

const NAMES = 'id, project, trace_id, span_id, response_id, message_id, conversation_name';
// Without INDEXED BY, SQLite reads all feedback from the end until it has found enough that is open.
const LATEST = `SELECT ${NAMES} FROM feedback WHERE id IN (SELECT id FROM feedback INDEXED BY feedback_open
  WHERE interaction IS NULL ORDER BY id DESC LIMIT ${MAX_OPEN}) ORDER BY id`;

/** What names an interaction's row. */
interface Target {
  readonly project: string;
  readonly key: string;
}

/**
 * Feedback whose answer has not come. Its names are in memory: a query for each interaction would visit all open feedback
 * of the project, and most of that is about answers that never come.
 */
export class OpenFeedback {
  readonly #db: Connection;
  /** Names by row id, the oldest first. Undefined before the first use. */
  #rows: Map<number, readonly string[]> | undefined;
  readonly #byName = new Map<string, Set<number>>();

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Reads it again at the next use: the transaction that changed it did not happen. */
  forget(): void {
    this.#rows = undefined;
    this.#byName.clear();
  }

  /** Takes feedback that was just written, unless it has its answer. */
  add(project: string, publicId: string): void {
    if (!this.#rows) return;
    const where = 'public_id = ? AND project = ? AND interaction IS NULL';
    const written = this.#db.all(`SELECT ${NAMES} FROM feedback WHERE ${where}`, publicId, project);
    for (const row of written) this.#keep(this.#rows, row);
  }

  /** Attaches all that is about this interaction. */
  attach({ project, key }: Target, interaction: Interaction): void {
    this.#rows ??= this.#read();
    const rows = this.#rows;
    if (rows.size === 0) return;
    const found = new Set<number>();
    for (const name of namesOfInteraction(project, interaction))
      for (const id of this.#byName.get(name) ?? []) found.add(id);
    for (const id of found) {
      this.#db.run('UPDATE feedback SET interaction = ? WHERE id = ? AND interaction IS NULL', key, id);
      this.#drop(rows, id);
    }
  }

  #read(): Map<number, readonly string[]> {
    const rows = new Map<number, readonly string[]>();
    for (const row of this.#db.all(LATEST)) this.#keep(rows, row);
    return rows;
  }

  #keep(rows: Map<number, readonly string[]>, row: SqlRow): void {
    const id = Number(row['id']);
    // SQLite may use the number of a deleted row again.
    this.#drop(rows, id);
    const names = namesOfFeedback(row);
    rows.set(id, names);
    for (const name of names) {
      const ids = this.#byName.get(name);
      if (ids) ids.add(id);
      else this.#byName.set(name, new Set([id]));
    }
    const [oldest] = rows.keys();
    if (rows.size > MAX_OPEN && oldest !== undefined) this.#drop(rows, oldest);
  }

  #drop(rows: Map<number, readonly string[]>, id: number): void {
    for (const name of rows.get(id) ?? []) {
      const ids = this.#byName.get(name);
      ids?.delete(id);
      if (ids?.size === 0) this.#byName.delete(name);
    }
    rows.delete(id);
  }
}

type Kind = 'conversation' | 'message' | 'response' | 'span';

function nameIn(project: string, kind: Kind, id: unknown): readonly string[] {
  return typeof id === 'string' && id.length <= MAX_NAME ? [`${kind}\n${project}\n${id}`] : [];
}

function spanName(traceId: unknown, spanId: unknown): string | undefined {
  return typeof traceId === 'string' && typeof spanId === 'string' ? `${traceId}:${spanId}` : undefined;
}

function namesOfFeedback(row: SqlRow): readonly string[] {
  const project = String(row['project']);
  const { trace_id: traceId, span_id: spanId, response_id: responseId, message_id: messageId } = row;
  const namesNoAnswer = responseId === null && messageId === null && spanId === null;
  return [
    ...nameIn(project, 'span', spanName(traceId, spanId)),
    ...nameIn(project, 'response', responseId),
    ...nameIn(project, 'message', messageId),
    ...(namesNoAnswer ? nameIn(project, 'conversation', row['conversation_name']) : []),
  ];
}

function namesOfInteraction(project: string, interaction: Interaction): readonly string[] {
  const { traceId, spanId, responseId, externalReferenceId, conversationId } = interaction;
  const { input, output } = messageIdsOf(interaction);
  // What is stored as the message is any name that a vendor has for the answer.
  const messages = [...input, ...output, externalReferenceId, responseId, spanId];
  return [
    ...nameIn(project, 'span', spanName(traceId, spanId)),
    ...nameIn(project, 'response', responseId),
    ...messages.flatMap((id) => nameIn(project, 'message', id)),
    ...nameIn(project, 'conversation', conversationId),
  ];
}
