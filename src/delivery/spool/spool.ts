import { type Clock, systemClock, within } from '../clock.ts';
import type { DeliveryRecord, RecordListener } from '../delivery.ts';
import type { TakeLimits } from '../queue.ts';
import { DirectCommits } from './direct-commits.ts';
import { Members, type SpoolMember } from './members.ts';
import { Overflow } from './overflow.ts';
import { ownerOf } from './owner.ts';
import { PendingSlabs } from './pending-slabs.ts';
import { Settlements } from './settlements.ts';
import type { Slab } from './slab.ts';
import { hasSpool, SpoolFile } from './spool-file.ts';
import type { SpoolParts, SpoolSettings } from './spool-settings.ts';
import { startWriter as startDefaultWriter } from './start-writer.ts';
import type { Acquired, Committed, Notice, Settlement, Total } from './writer-messages.ts';
import type { Writer } from './writer-thread.ts';

/** Records are gathered for this long; the commit takes the remainder of the 50 ms in which a record is on disk. */
const GATHER_MILLIS = 20;
const DISK_RETRY_MILLIS = 30_000;
/** How long a call that commits on this thread waits for the writing thread and for the lock of the file. */
const COMMIT_MILLIS = 500;

/** The outbox of one directory, for all destinations of this process. */
export class Spool {
  readonly #settings: SpoolSettings;
  readonly #clock: Clock;
  readonly #onLeave: SpoolParts['onLeave'];
  /**
   * Whether `sync` writes each record to the overflow, at a twentieth of the cost of a commit. Not in a worker thread:
   * `terminate()` ends it while its process lives, and the overflow of a live process is not taken over for long.
   */
  readonly #isWritingDown: boolean;
  readonly #members = new Members();
  readonly #writer: Writer;
  /** The connection of this thread: for `sync`, and for the end of the process. */
  readonly #ownFile: SpoolFile;
  readonly #overflow: Overflow;
  readonly #direct: DirectCommits;
  readonly #slabs: PendingSlabs;
  readonly #settlements = new Settlements();
  #lastCommit: Promise<unknown> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #cancelRetry = (): void => {};
  #idle: (() => void)[] = [];
  #isBroken = false;
  #hasLeft = false;
  /** The last destination leaves, or the process ends: what is in memory only is lost. */
  #isEnding = false;
  /** The counters are final, whatever the writing thread still does. */
  #isClosed = false;
  /** The last commit had to drop records. */
  #isFull = false;
  #totals: Readonly<Record<string, Total>> = {};

  constructor(settings: SpoolSettings, { clock = systemClock, startWriter = startDefaultWriter, onLeave }: SpoolParts) {
    this.#onLeave = onLeave;
    this.#settings = settings;
    this.#clock = clock;
    const { dir, maxBytes, durability } = settings;
    this.#isWritingDown = durability === 'sync' && process.getBuiltinModule('node:worker_threads').isMainThread;
    this.#ownFile = new SpoolFile({
      dir,
      maxBytes,
      clock,
      isChecking: false,
      report: (report) => this.#onNotice({ report }),
      onLost: (lost) => this.#onNotice({ lost }),
    });
    this.#overflow = new Overflow(dir, ownerOf(clock));
    this.#direct = new DirectCommits(this.#ownFile, this.#overflow, clock);
    this.#slabs = new PendingSlabs(this.#overflow);
    this.#writer = startWriter({ dir, maxBytes }, (notice) => this.#onNotice(notice));
  }

  /** Whether an earlier process left a file. */
  get exists(): boolean {
    return hasSpool(this.#settings.dir);
  }

  get maxBytes(): number {
    return this.#settings.maxBytes;
  }

  /** Whether the disk accepts no records at present. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  join(member: SpoolMember): void {
    this.#members.add(member);
  }

  /** The last destination to leave closes the file. */
  async leave(destination: string, timeoutMillis: number): Promise<void> {
    const end = this.#clock.monotonic() + timeoutMillis;
    if (this.#members.size > 1) {
      if (this.#slabs.countOf(destination).records > 0) this.commit(timeoutMillis, true);
      this.#members.leave(destination, this.#slabs);
      return;
    }
    this.#onLeave?.();
    this.#hasLeft = true;
    this.#isEnding = true;
    this.#cancelTimer?.();
    this.#cancelRetry();
    // Before it is removed, so that it receives the outcomes of its last records.
    this.finish(timeoutMillis / 2);
    this.#members.leave(destination, this.#slabs);
    await within(
      this.#clock,
      Math.max(0, end - this.#clock.monotonic()),
      this.#writer.end(true).then(
        () => this.#overflow.close(),
        () => {},
      ),
    );
    this.#closeOwnFile();
  }

  total(destination: string): Total {
    const { records = 0, bytes = 0, oldestAgeMillis = 0 } = this.#totals[destination] ?? {};
    const settled = this.#settlements.removedOf(destination);
    const pending = this.#slabs.countOf(destination);
    return {
      records: Math.max(0, records + pending.records - settled.records),
      bytes: Math.max(0, bytes + pending.bytes - settled.bytes),
      oldestAgeMillis,
    };
  }

  /** How many records of a destination are in memory only. */
  uncommitted(destination: string): number {
    return this.#slabs.countOf(destination).inMemory;
  }

  /**
   * Takes a record: on disk when it returns (`sync`), or within 50 ms (`batch`). `isRetained`: its body stays in memory, and
   * `onRetained` is called when it may be sent.
   */
  append(destination: string, record: DeliveryRecord, isRetained: boolean, listener?: RecordListener): void {
    const { key, orderKey, body } = record;
    const whole = { destination, key, orderKey, body, created: this.#clock.wall() };
    this.#slabs.add(whole, isRetained ? record : undefined, listener, () => this.#sendFull());
    const isOnDisk = this.#isWritingDown && this.#slabs.writeDown();
    if (this.#settings.durability === 'sync' && !isOnDisk) this.commit();
    if (!this.#slabs.isEmpty) this.#gather();
  }

  /** Reports what became of leased records. `bytes`: of those that this removes. */
  settle(settlement: Settlement, bytes: number): void {
    this.#settlements.add(settlement, bytes);
    this.#gather();
  }

  take(destination: string, limits: TakeLimits): Promise<Acquired> {
    // In this order, because settling a record may free others.
    if (this.#settlements.isWaiting) void this.#send(undefined);
    return this.#writer.call('take', destination, limits, this.#members.leaseMillis);
  }

  /** Resolves once the outcomes so far are on disk, or refused by it: the writing thread answers in order. */
  async outcomesStored(): Promise<void> {
    if (this.#settlements.isWaiting) void this.#send(undefined);
    await this.#lastCommit.catch(() => undefined);
  }

  retryNow(destination: string): void {
    this.#writer.call('retryNow', destination).catch(() => {});
  }

  /**
   * Brings all pending records onto the disk before it returns: on this thread, unless the writing thread has them. Waits
   * at most this long, for that thread and for the lock of the file. `isLast`: nothing can send them from memory later.
   */
  commit(timeoutMillis: number = COMMIT_MILLIS, isLast: boolean = this.#isEnding): void {
    const end = this.#clock.monotonic() + timeoutMillis;
    for (const slab of this.#slabs) {
      // The next start finds what is in the overflow. The writing thread may have committed others without a report yet.
      if (slab.isOut || slab.isCommitted) continue;
      const isElsewhere = slab.isSent && this.#writer.isAlive;
      if (isElsewhere && slab.waitForCommit(this.#direct.restMillis(end))) continue;
      try {
        const committed = this.#direct.store(slab, end, this.#members.leaseMillis);
        if (!committed) continue;
        // Its memory can be used again, unless the writing thread may still read it.
        if (!slab.isSent) slab.markCommitted();
        this.#committed(slab, committed);
      } catch (error) {
        this.#breakDown(error, slab, isLast);
        return;
      }
    }
  }

  /** The process ends: records that the database does not accept go to the overflow from now on, and not to memory. */
  expectEnd(): void {
    this.#isEnding = true;
  }

  /** Commits all pending records and settlements, before the process ends. */
  finish(timeoutMillis: number): void {
    const end = this.#clock.monotonic() + timeoutMillis;
    this.commit(timeoutMillis);
    this.#slabs.reclaimCommitted();
    this.#overflow.trim();
    this.#direct.settle(this.#settlements.all(), end);
  }

  #closeOwnFile(): void {
    try {
      this.#ownFile.setBusyMillis(0);
      // Both threads have written, and the replies may have come in another order than the commits.
      const count = (): void => {
        this.#slabs.removeCommitted();
        this.#totals = this.#ownFile.run((outbox) => outbox.totals());
      };
      if (this.#ownFile.isOpen || !this.#slabs.isEmpty) this.#writer.between(count);
    } catch {
      // The last known totals are good enough.
    }
    this.#isClosed = true;
    // Records that the disk refused were never committed.
    this.#ownFile.close(true);
  }

  /** Resolves when all pending records are on disk, or were refused. */
  async flush(timeoutMillis: number): Promise<void> {
    this.#sendAll();
    if (this.#isIdle) return;
    await within(this.#clock, timeoutMillis, new Promise<void>((resolve) => void this.#idle.push(resolve)));
  }

  get #isIdle(): boolean {
    return this.#isBroken || (this.#slabs.isEmpty && !this.#settlements.isPending);
  }

  #gather(): void {
    this.#cancelTimer ??= this.#clock.after(GATHER_MILLIS, () => this.#sendAll());
  }

  #sendAll(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sendNext();
    if (this.#settlements.isWaiting) void this.#send(undefined);
  }

  /** A slab is full in the middle of a tick: it is sent at once, with those before it. */
  #sendFull(): void {
    this.#slabs.reclaimCommitted();
    this.#sendNext();
    const dropped = this.#slabs.bound(this.#hasRoom);
    if (dropped) this.#members.dropped(dropped);
  }

  #sendNext(): void {
    if (this.#isBroken || this.#hasLeft) return;
    for (const slab of this.#slabs.sendable()) void this.#send(slab);
  }

  async #send(slab: Slab | undefined): Promise<void> {
    if (slab) slab.isSent = true;
    const settlements = this.#settlements.take();
    try {
      const commit = this.#writer.call('commit', slab?.shared, settlements, this.#members.leaseMillis);
      this.#lastCommit = commit;
      const committed = await commit;
      if (this.#isClosed) return;
      this.#settlements.done(settlements);
      this.#totals = committed.totals;
      if (slab) this.#committed(slab, committed);
    } catch (error) {
      this.#settlements.release(settlements);
      if (slab) {
        // The writing thread has released it.
        slab.isSent = false;
        this.#breakDown(error, slab);
      }
    }
    this.#sendNext();
    this.#wakeIdle();
  }

  /** Each record is reported once, even if both threads committed it because the process seemed to end. */
  #committed(slab: Slab, { ids, dropped, totals }: Committed): void {
    this.#totals = totals;
    this.#isFull = Object.keys(dropped).length > 0;
    if (this.#slabs.remove(slab)) this.#members.committed(slab, ids);
    // A commit may also drop some of its own records.
    this.#members.evicted(dropped);
    this.#wakeIdle();
  }

  /** Whether all pending records fit on disk. If not, each of the newest would evict an older one. */
  get #hasRoom(): boolean {
    const onDisk = Object.values(this.#totals).reduce((sum, { bytes }) => sum + bytes, 0);
    return !this.#isFull && onDisk + this.#slabs.length <= this.#settings.maxBytes;
  }

  #onNotice(notice: Notice): void {
    if ('report' in notice) this.#members.report(notice.report);
    else if ('lost' in notice) this.#members.lost(notice.lost);
    else if (!this.#isClosed) {
      this.#totals = notice.totals;
      this.#members.evicted(notice.dropped ?? {});
      this.#members.found(notice.totals);
    }
  }

  /** The disk is full, read-only or away, and is tried again later. Records go to memory, or at the end to the overflow. */
  #breakDown(error: unknown, failed: Slab, isLast: boolean = this.#isEnding): void {
    if (!this.#isBroken && !this.#hasLeft) {
      const reason = error instanceof Error ? error.message : error;
      const where = isLast ? 'wait in a file next to it' : 'stay in memory';
      this.#onNotice({ report: `the spool accepts no records, they ${where}: ${reason}` });
      this.#retryLater();
    }
    this.#isBroken = true;
    for (const slab of this.#slabs) {
      if (slab.isOut || slab.isCommitted) continue;
      // Also what the writing thread has: its reply would come too late.
      if (isLast && slab.writeTo(this.#overflow)) continue;
      if (slab !== failed && slab.isSent) continue;
      const records = slab.records();
      this.#slabs.remove(slab);
      this.#members.refused(slab, records);
    }
    this.#wakeIdle();
  }

  #retryLater(): void {
    this.#cancelRetry = this.#clock.after(DISK_RETRY_MILLIS, () => {
      this.#writer.call('probe').then(
        () => {
          this.#isBroken = false;
          this.#members.recovered();
          this.#sendAll();
        },
        () => this.#retryLater(),
      );
    });
  }

  #wakeIdle(): void {
    if (!this.#isIdle) return;
    this.#slabs.trim();
    if (!this.#isWritingDown) this.#overflow.trim();
    for (const done of this.#idle.splice(0)) done();
  }
}
