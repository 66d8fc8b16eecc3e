import { Connection } from '../sqlite/connection.ts';
import type { OpenDatabase } from '../sqlite/driver.ts';
import { Erasure } from './erasure.ts';
import { FreshSpans } from './fresh-spans.ts';
import { Ingest, type IngestNumbers } from './ingest.ts';
import { hasKey, idsOfSpan } from './interaction-ids.ts';
import { Marks } from './marks.ts';
import { OpenFeedback } from './open-feedback.ts';
import type {
  DeliveryChange,
  DeliveryNote,
  Erased,
  ErasedInteraction,
  Retention,
  StoreWrite,
  WriteResult,
} from './port.ts';
import { Pruner } from './retention.ts';
import { RowNumbers } from './row-numbers.ts';
import { BUSY_MILLIS, prepareWriter } from './schema.ts';
import { Settle } from './settle.ts';
import { storeErrorFrom } from './store-error.ts';
import { Unheard } from './unheard.ts';
import { UsageTotals } from './usage.ts';

export interface WriterOptions {
  readonly file: string;
  readonly retention: Retention;
}

/** The only connection that writes. Synchronous: it lives in a thread of its own. */
export class StoreWriter {
  readonly #db: Connection;
  readonly #marks: Marks;
  readonly #numbers: IngestNumbers;
  readonly #fresh = new FreshSpans();
  readonly #ingest: Ingest;
  readonly #openFeedback: OpenFeedback;
  readonly #settle: Settle;
  readonly #usage: UsageTotals;
  readonly #pruner: Pruner;
  readonly #unheard: Unheard;
  readonly #erasure: Erasure;
  /** Whether the log may contain what was deleted for good. */
  #hasErased = false;

  /** @throws StoreError */
  constructor(open: OpenDatabase, { file, retention }: WriterOptions) {
    try {
      this.#db = new Connection(open(file));
      prepareWriter(this.#db);
    } catch (error) {
      throw storeErrorFrom(error);
    }
    this.#marks = new Marks(this.#db);
    this.#numbers = this.#usedNumbers();
    this.#ingest = new Ingest(this.#db, this.#marks, this.#numbers, this.#fresh);
    this.#usage = new UsageTotals(this.#db);
    this.#openFeedback = new OpenFeedback(this.#db);
    const input = { numbers: this.#numbers.spans, fresh: this.#fresh, openFeedback: this.#openFeedback };
    this.#settle = new Settle(this.#db, this.#marks, this.#usage, input);
    this.#pruner = new Pruner(this.#db, this.#marks, this.#settle, retention);
    this.#unheard = new Unheard(this.#db, this.#marks, this.#settle);
    this.#erasure = new Erasure(this.#db, this.#settle);
  }

  /** Several requests in one transaction: all of them are on the disk when it returns. @throws StoreError */
  write(writes: readonly StoreWrite[]): WriteResult[] {
    const apply = (): WriteResult[] => writes.map((write) => this.#apply(write));
    return writes.some(({ deletedConversations = [] }) => deletedConversations.length > 0)
      ? this.#erasing(apply)
      : this.#transact(apply);
  }

  note(notes: readonly DeliveryNote[]): void {
    this.#transact(() => {
      for (const note of notes) {
        this.#ingest.delivery(note);
        this.#touchConversationOf(note);
      }
      this.#settle.finish();
    });
  }

  /** @returns how many changed from one state to the other */
  changeDeliveries({ destination, from, to, of }: DeliveryChange): number {
    return this.#transact(() => {
      const where = `WHERE destination = ? AND state = ?${of ? ' AND interaction = ? AND project = ?' : ''}`;
      const values = [destination, from, ...(of ? [of.interaction, of.project] : [])];
      const { changes } =
        to === 'deleted'
          ? this.#db.run(`DELETE FROM deliveries ${where}`, ...values)
          : this.#db.run(`UPDATE deliveries SET state = ? ${where}`, to, ...values);
      if (of && changes > 0) this.#touchConversationOf(of);
      this.#settle.finish();
      return changes;
    });
  }

  /** By the public id. @returns what was deleted */
  deleteConversation(publicId: string): Erased {
    return this.#erasing(() => {
      const erased = this.#erasure.conversation(publicId);
      this.#fresh.clear();
      this.#settle.finish();
      return erased;
    });
  }

  /** What was noted of interactions while they were deleted. */
  eraseDeliveries(interactions: readonly Pick<ErasedInteraction, 'id' | 'project'>[]): void {
    this.#erasing(() => {
      for (const { id, project } of interactions)
        this.#db.run('DELETE FROM deliveries WHERE interaction = ? AND project = ?', id, project);
    });
  }

  /** Spans and log records that are stored and not in the index. */
  get backlog(): number {
    const { spans, changes, logs } = this.#numbers;
    const toRebuild = this.#marks.get('rebuild_until') - this.#marks.get('rebuilt_record');
    return (
      spans.last -
      this.#marks.get('settled_span') +
      changes.last -
      this.#marks.get('settled_change') +
      logs.last -
      this.#marks.get('settled_log') +
      Math.max(0, toRebuild)
    );
  }

  get sequence(): number {
    return this.#marks.get('sequence');
  }

  /**
   * Indexes a part of what waits. The index can be built again, so that its commits do not wait for the disk.
   * @returns whether more waits
   */
  settle(): boolean {
    this.#db.all('PRAGMA synchronous = NORMAL');
    try {
      return this.#transact(() => this.#settle.step());
    } finally {
      this.#db.all('PRAGMA synchronous = FULL');
    }
  }

  /** Removes a part of what is too old or too much. @returns whether more is */
  prune(nowUs: number): boolean {
    const { removedResources } = this.#pruner;
    const hasMore = this.#transact(() => {
      this.#unheard.step(nowUs);
      return this.#pruner.step(nowUs);
    });
    if (this.#pruner.removedResources > removedResources) this.#ingest.forgetResources();
    this.#emptyLog();
    if (this.#db.pragma('freelist_count') > MAX_FREE_PAGES) this.#db.all('PRAGMA incremental_vacuum(500)');
    return hasMore;
  }

  close(): void {
    try {
      this.#db.all('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#db.close();
    }
  }

  /** A number beyond a mark that is used twice would hide a row from the index. */
  #usedNumbers(): IngestNumbers {
    const greatest = (...tables: string[]): number[] =>
      tables.map((table) => Number(this.#db.all(`SELECT max(id) AS id FROM ${table}`)[0]?.['id'] ?? 0));
    return {
      spans: new RowNumbers(Math.max(...greatest('spans', 'interactions'), this.#marks.get('settled_span'))),
      changes: new RowNumbers(Math.max(...greatest('span_changes'), this.#marks.get('settled_change'))),
      logs: new RowNumbers(Math.max(...greatest('logs'), this.#marks.get('settled_log'))),
    };
  }

  #apply(write: StoreWrite): WriteResult {
    const { project } = write;
    const rejectedSpans = this.#ingest.spans(write);
    for (const resource of this.#ingest.takeChangedResources()) this.#pruner.keepResource(resource);
    this.#ingest.logs(write);
    this.#ingest.feedback(write);
    this.#ingest.events(write);
    this.#ingest.documents(write);
    for (const key of this.#ingest.records(write)) this.#settle.touch(project, this.#keyOf(project, key));
    for (const id of write.deletedInteractions ?? []) this.#deleteRecord(write, id);
    const erased = this.#eraseNamed(write);
    for (const entry of write.feedback ?? []) this.#resolveFeedback(project, entry.id);
    this.#settle.finish();
    return { rejectedSpans, erased };
  }

  /** The key of the span that a record describes, where the span is there and has another one: a run's. */
  #keyOf(project: string, key: string): string {
    const [row] = this.#db.all(
      `SELECT s.key FROM records r JOIN run_spans s ON s.trace_id = r.trace_id AND s.span_id = r.span_id AND s.project = r.project
       WHERE r.key = ? AND r.project = ?`,
      key,
      project,
    );
    if (!row) return key;
    const other = String(row['key']);
    if (other !== key) {
      this.#db.run('UPDATE OR REPLACE records SET key = ? WHERE key = ? AND project = ?', other, key, project);
      this.#settle.touch(project, key);
    }
    return other;
  }

  #deleteRecord({ project, receivedBy }: StoreWrite, key: string): void {
    const { changes } = this.#db.run(
      'DELETE FROM records WHERE key = ? AND project = ? AND received_by = ?',
      key,
      project,
      receivedBy,
    );
    if (changes > 0) this.#settle.touch(project, key);
  }

  #eraseNamed({ project, receivedBy, deletedConversations = [] }: StoreWrite): readonly ErasedInteraction[] {
    if (deletedConversations.length === 0) return [];
    this.#fresh.clear();
    return deletedConversations.flatMap((name) => this.#erasure.named(project, receivedBy, name).interactions);
  }

  #resolveFeedback(project: string, id: string): void {
    this.#db.run(
      `UPDATE feedback SET interaction = coalesce(
         (SELECT i.key FROM interactions i WHERE ${hasKey('feedback.interaction', 'feedback.project')}),
         (SELECT i.key FROM interactions i
            WHERE i.id IN ${idsOfSpan('feedback.trace_id', 'feedback.span_id')} AND i.project = feedback.project),
         (SELECT i.key FROM interactions i WHERE i.response_id = feedback.response_id AND i.project = feedback.project),
         (SELECT i.key FROM messages m JOIN interactions i ON i.id = m.interaction
            WHERE m.id = feedback.message_id AND i.project = feedback.project ORDER BY m.is_output DESC, i.sort_us LIMIT 1),
         (SELECT i.key FROM conversations c JOIN interactions i ON i.conversation = c.id
            WHERE c.name = feedback.conversation_name AND c.project = feedback.project AND feedback.message_id IS NULL
              AND feedback.response_id IS NULL ORDER BY i.sort_us DESC LIMIT 1),
         (SELECT i.key FROM interactions i WHERE i.id > (SELECT max(id) FROM interactions) - ${RECENT_ROWS}
            AND i.project = feedback.project AND feedback.message_id IN (i.external_id, i.response_id, i.span_id) LIMIT 1),
         feedback.interaction)
       WHERE public_id = ? AND project = ?`,
      id,
      project,
    );
    const [row] = this.#db.all(
      `SELECT i.conversation FROM feedback f CROSS JOIN interactions i ON ${hasKey('f.interaction', 'f.project')}
       WHERE f.public_id = ? AND f.project = ?`,
      id,
      project,
    );
    if (row) this.#settle.touchConversation(Number(row['conversation']));
    this.#openFeedback.add(project, id);
  }

  #touchConversationOf({ project, interaction }: Pick<DeliveryNote, 'interaction' | 'project'>): void {
    const [row] = this.#db.all(CONVERSATION, interaction, project);
    if (row) this.#settle.touchConversation(Number(row['conversation']));
  }

  /** What is deleted for good must not stay in free pages, nor in the log of earlier commits. */
  #erasing<T>(work: () => T): T {
    this.#db.all('PRAGMA secure_delete = ON');
    try {
      return this.#transact(work);
    } finally {
      this.#db.all('PRAGMA secure_delete = OFF');
      this.#hasErased = true;
      this.#emptyLog();
    }
  }

  /** A query that reads the log keeps it, and a full disk does, too; the next prune tries again. */
  #emptyLog(): void {
    if (!this.#hasErased) return;
    this.#db.all('PRAGMA busy_timeout = 100');
    try {
      const [result] = this.#db.all('PRAGMA wal_checkpoint(TRUNCATE)');
      this.#hasErased = result?.['busy'] !== 0;
    } catch {
      // What was deleted is committed.
    } finally {
      this.#db.all(`PRAGMA busy_timeout = ${BUSY_MILLIS}`);
    }
  }

  #transact<T>(work: () => T): T {
    try {
      const result = this.#db.transact(() => {
        const value = work();
        this.#usage.flush();
        this.#marks.flush();
        return value;
      });
      for (const numbers of Object.values(this.#numbers)) numbers.commit();
      return result;
    } catch (error) {
      for (const numbers of Object.values(this.#numbers)) numbers.rollBack();
      this.#ingest.rollBack();
      this.#fresh.clear();
      this.#settle.forget();
      this.#openFeedback.forget();
      this.#usage.forget();
      this.#marks.forget();
      this.#pruner.forget();
      throw storeErrorFrom(error);
    }
  }
}

/** An answer that came while its feedback was read is among these. A vendor's own name of it has no index. */
const RECENT_ROWS = 1_000;
const MAX_FREE_PAGES = 1_000;
const CONVERSATION = `SELECT i.conversation FROM interactions i WHERE ${hasKey('?1', '?2')}`;
