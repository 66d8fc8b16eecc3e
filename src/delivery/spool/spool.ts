import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Batch, TakeLimits, Taken } from '../queue.ts';
import type { Appended, OutboxRecord, Total } from './outbox.ts';
import { processId } from './owner.ts';
import { SpoolFile, spoolPath } from './spool-file.ts';
import { WorkerClient } from './worker-client.ts';

/** A record is on disk within 50 ms: so long it is gathered, and the rest is for the commit. */
const GATHER_MILLIS = 10;
const MAX_COMMIT_RECORDS = 1_000;
const MAX_COMMIT_BYTES = 4 << 20;
/** What may wait in memory for its commit; beyond it the oldest go. */
const MAX_PENDING_RECORDS = 50_000;
const MAX_PENDING_BYTES = 32 << 20;
const DISK_RETRY_MILLIS = 30_000;

export interface SpoolSettings {
  readonly dir: string;
  readonly maxBytes: number;
  readonly durability: 'batch' | 'sync';
}

/** One destination's part in the spool. */
export interface SpoolMember {
  readonly destination: string;
  readonly report: (message: string) => void;
  readonly onDrop: (reason: string, count: number) => void;
  /** Records are there to be taken. */
  readonly onReady: () => void;
  /** The disk does not take them. */
  readonly onRefused: (records: readonly OutboxRecord[]) => void;
  /** The disk takes records again. */
  readonly onRecovered: () => void;
}

const spools = new Map<string, Spool>();

/** The spool of a directory, shared by all who name it. The first one's settings are in force. */
export function openSpool(settings: SpoolSettings): Spool {
  const dir = resolve(settings.dir);
  const open = spools.get(dir) ?? new Spool({ ...settings, dir });
  spools.set(dir, open);
  return open;
}

/** The outbox of one directory, for all destinations of this process. */
export class Spool {
  readonly #settings: SpoolSettings;
  readonly #members = new Map<string, SpoolMember>();
  readonly #worker: WorkerClient;
  /** The connection of the main thread: for `sync`, and for the end of the process. */
  readonly #ownFile: SpoolFile;
  /** Oldest first: not on disk yet as far as we know. The first `#committing` of them are with the worker. */
  #pending: OutboxRecord[] = [];
  #pendingBytes = 0;
  #committing = 0;
  /** Counts commits, so that a late reply of the worker is known for what it is. */
  #commit = 0;
  #timer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];
  #isBroken = false;
  #totals: Readonly<Record<string, Total>> = {};
  /** This thread has written since the worker last counted. */
  #areTotalsStale = false;

  constructor(settings: SpoolSettings) {
    this.#settings = settings;
    const report = (message: string): void => this.#report(message);
    this.#ownFile = new SpoolFile({ ...settings, report });
    this.#worker = new WorkerClient(
      { dir: settings.dir, maxBytes: settings.maxBytes, processId: processId() },
      { report, onTotals: (totals) => this.#take(totals) },
    );
  }

  /** Whether an earlier process left a file. */
  get isThere(): boolean {
    return existsSync(spoolPath(this.#settings.dir));
  }

  /** Whether the disk takes no records at present. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  join(member: SpoolMember): void {
    this.#members.set(member.destination, member);
  }

  /** The last one to leave closes the file. */
  async leave(destination: string, timeoutMillis: number): Promise<void> {
    this.#members.delete(destination);
    if (this.#members.size > 0) return;
    spools.delete(this.#settings.dir);
    clearTimeout(this.#retryTimer);
    const isClean = this.#pending.length === 0;
    this.#ownFile.close(isClean);
    // This timer holds the process until the file is closed.
    const timer = setTimeout(() => {}, timeoutMillis);
    await this.#worker.call('close', isClean).catch(() => {});
    clearTimeout(timer);
  }

  total(destination: string): Total {
    if (this.#areTotalsStale) this.#countAgain();
    const pending = this.#pending.filter((record) => record.destination === destination);
    const { records, bytes, oldestAgeMillis } = this.#totals[destination] ?? {
      records: 0,
      bytes: 0,
      oldestAgeMillis: 0,
    };
    return {
      records: records + pending.length,
      bytes: bytes + pending.reduce((sum, { body }) => sum + body.byteLength, 0),
      oldestAgeMillis,
    };
  }

  /** Takes a record: on disk when it returns (`sync`), or within 50 ms (`batch`). */
  append(record: OutboxRecord): void {
    this.#pending.push(record);
    this.#pendingBytes += record.body.byteLength;
    if (this.#settings.durability === 'sync') {
      this.commit();
      return;
    }
    this.#bound();
    this.#timer ??= setTimeout(() => void this.#commitNext(), GATHER_MILLIS).unref();
  }

  /** Commits all that is pending on this thread, before it returns. */
  commit(): void {
    const records = this.#pending;
    if (records.length === 0 || this.#isBroken) return;
    try {
      const appended = this.#ownFile.append(records);
      this.#areTotalsStale = true;
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#committing = 0;
      this.#commit += 1;
      this.#appended(records, appended);
    } catch (error) {
      this.#breakDown(error);
    }
  }

  /**
   * The last word before the process ends: commits what is pending, and what destinations said but the worker may not
   * have written down yet. To do that twice is harmless.
   */
  finish(): void {
    this.commit();
    for (const { method, args } of this.#worker.unanswered()) {
      if (method !== 'delivered' && method !== 'rejected') continue;
      try {
        this.#ownFile.run((outbox) => Reflect.apply(outbox[method], outbox, args));
      } catch {
        // It is sent again at the next start, under the same key.
        return;
      }
    }
  }

  /** Resolves when all that is pending is on disk, or was refused. */
  async flush(timeoutMillis: number): Promise<void> {
    if (this.#pending.length === 0) return;
    if (this.#committing === 0) void this.#commitNext();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMillis);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  take(destination: string, limits: TakeLimits): Promise<Taken> {
    return this.#worker.call('take', destination, limits);
  }

  delivered(destination: string, batch: Batch, state?: Uint8Array): Promise<void> {
    return this.#worker.call('delivered', destination, withoutBodies(batch), state);
  }

  rejected(batch: Batch, reason: string): Promise<void> {
    return this.#worker.call('rejected', withoutBodies(batch), reason);
  }

  giveBack(batch: Batch, delayMillis: number, isAttempt: boolean): Promise<void> {
    return this.#worker.call('giveBack', withoutBodies(batch), delayMillis, isAttempt);
  }

  hurry(destination: string): void {
    this.#worker.call('hurry', destination).catch(() => {});
  }

  async #commitNext(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#committing > 0 || this.#isBroken) return;
    const records = this.#nextCommit();
    if (records.length === 0) return;
    this.#committing = records.length;
    this.#commit += 1;
    const commit = this.#commit;
    try {
      const appended = await this.#worker.call('append', records);
      // The main thread may have committed them meanwhile, because the process ends.
      if (this.#commit !== commit) return;
      this.#forget(records.length);
      this.#appended(records, appended);
    } catch (error) {
      this.#breakDown(error);
    }
    if (this.#pending.length > 0) void this.#commitNext();
  }

  #nextCommit(): OutboxRecord[] {
    let bytes = 0;
    const end = this.#pending.findIndex(({ body }, index) => {
      bytes += body.byteLength;
      return index >= MAX_COMMIT_RECORDS || (index > 0 && bytes > MAX_COMMIT_BYTES);
    });
    return this.#pending.slice(0, end < 0 ? undefined : end);
  }

  #forget(count: number): void {
    for (const { body } of this.#pending.slice(0, count)) this.#pendingBytes -= body.byteLength;
    this.#pending = this.#pending.slice(count);
    this.#committing = 0;
  }

  #appended(records: readonly OutboxRecord[], { duplicates, dropped }: Appended): void {
    for (const [destination, count] of Object.entries(duplicates))
      this.#members.get(destination)?.onDrop('duplicate', count);
    for (const [destination, count] of Object.entries(dropped))
      this.#members.get(destination)?.onDrop('spool_full', count);
    for (const destination of new Set(records.map((record) => record.destination)))
      this.#members.get(destination)?.onReady();
    if (this.#pending.length === 0) for (const done of this.#idle.splice(0)) done();
  }

  /** Too much waits for its commit: an eighth goes at once, so that a burst does not pay for each record. */
  #bound(): void {
    if (this.#pending.length <= MAX_PENDING_RECORDS && this.#pendingBytes <= MAX_PENDING_BYTES) return;
    const count = Math.max(1, (this.#pending.length - this.#committing) >> 3);
    for (const { destination, body } of this.#pending.splice(this.#committing, count)) {
      this.#pendingBytes -= body.byteLength;
      this.#members.get(destination)?.onDrop('queue_full', 1);
    }
  }

  #take(totals: Readonly<Record<string, Total>>): void {
    this.#totals = totals;
    for (const [destination, { records }] of Object.entries(totals))
      if (records > 0) this.#members.get(destination)?.onReady();
  }

  /** The disk is full, read-only or away: records are delivered out of memory, and the disk is asked again in a while. */
  #breakDown(error: unknown): void {
    const records = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#committing = 0;
    if (!this.#isBroken)
      this.#report(
        `the spool takes no records, they are kept in memory: ${error instanceof Error ? error.message : error}`,
      );
    this.#isBroken = true;
    this.#retryTimer = setTimeout(() => void this.#retryDisk(), DISK_RETRY_MILLIS).unref();
    for (const member of this.#members.values())
      member.onRefused(records.filter(({ destination }) => destination === member.destination));
    for (const done of this.#idle.splice(0)) done();
  }

  async #retryDisk(): Promise<void> {
    try {
      await this.#worker.call('append', []);
      this.#isBroken = false;
      for (const member of this.#members.values()) member.onRecovered();
    } catch {
      this.#retryTimer = setTimeout(() => void this.#retryDisk(), DISK_RETRY_MILLIS).unref();
    }
  }

  #countAgain(): void {
    this.#areTotalsStale = false;
    try {
      this.#totals = this.#ownFile.run((outbox) => outbox.totals());
    } catch {
      // The figures of the worker's last count stay.
    }
  }

  #report(message: string): void {
    const [member] = this.#members.values();
    member?.report(message);
  }
}

/** Bodies stay where they are; only the names of the records go back. */
function withoutBodies(batch: Batch): Batch {
  return { ...batch, bodies: [] };
}
