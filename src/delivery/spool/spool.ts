import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, systemClock, within } from '../clock.ts';
import type { DeliveryRecord, RecordListener, RecordOutcome } from '../delivery.ts';
import type { TakeLimits } from '../queue.ts';
import { frameBytes } from './frame.ts';
import { Overflow, PLACE_BYTES } from './overflow.ts';
import { ownerOf } from './owner.ts';
import { Settlements } from './settlements.ts';
import { type Followed, Slab } from './slab.ts';
import { SpoolFile, spoolPath } from './spool-file.ts';
import { startWriter as startDefaultWriter } from './start-writer.ts';
import type { Acquired, Committed, Notice, Settlement, Total } from './writer-messages.ts';
import type { StartWriter, Writer } from './writer-thread.ts';

/** A record is on disk within 50 ms: so long it is gathered, and the rest is for the commit. */
const GATHER_MILLIS = 20;
/** Commits that the writing thread has at once. */
const MAX_SENT = 4;
/** Memory that a burst has used and the next commit may use again. */
const MAX_SPARE = 16;
const IDLE_SPARE = 2;
/** What waits in memory for its commit; beyond it, it waits in the overflow. */
const MAX_WAITING_BYTES = 8 << 20;
/** Where the overflow cannot be written, more waits in memory, and the oldest go beyond this. */
const MAX_PENDING_BYTES = 32 << 20;
const DISK_RETRY_MILLIS = 30_000;
/** How long the end of the process waits for a commit that the writing thread is at. */
const SETTLE_MILLIS = 500;
const NO_FRAMES = Buffer.alloc(0);

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
  /** Records on disk were removed because the file had reached its size. */
  readonly onEvicted: (keys: readonly string[]) => void;
  /** A record with a listener is on disk. */
  readonly onStored: (key: string, listener: RecordListener) => void;
  /** A record with a listener did not get onto the disk, or the delivery ends. */
  readonly onSettled: (listener: RecordListener, outcome: RecordOutcome) => void;
  /** A record whose body was kept is on disk: lent to us under this id, or not (0). */
  readonly onRetained: (record: DeliveryRecord, id: number) => void;
  /** Records are on disk that nobody holds: they have to be taken from there. */
  readonly onLeft: () => void;
  /** The disk does not take them. `followed`: those that have a listener. */
  readonly onRefused: (records: readonly DeliveryRecord[], followed: readonly Followed[]) => void;
  /** The disk takes records again. */
  readonly onRecovered: () => void;
}

export interface SpoolParts {
  readonly clock?: Clock;
  readonly startWriter?: StartWriter;
}

const spools = new Map<string, Spool>();

/** The spool of a directory, shared by all who name it. The first one's settings are in force. */
export function openSpool(settings: SpoolSettings, parts: SpoolParts = {}): Spool {
  const dir = resolve(settings.dir);
  const open = spools.get(dir) ?? new Spool({ ...settings, dir }, parts);
  spools.set(dir, open);
  return open;
}

/** The outbox of one directory, for all destinations of this process. */
export class Spool {
  readonly #settings: SpoolSettings;
  readonly #clock: Clock;
  readonly #members = new Map<string, SpoolMember>();
  readonly #writer: Writer;
  /** The connection of this thread: for `sync`, and for the end of the process. */
  readonly #ownFile: SpoolFile;
  /** Not on disk yet as far as we know, oldest first. */
  readonly #slabs: Slab[] = [];
  readonly #spare: SharedArrayBuffer[] = [];
  readonly #overflow: Overflow;
  readonly #settlements = new Settlements();
  #cancelTimer: (() => void) | undefined;
  #cancelRetry = (): void => {};
  #idle: (() => void)[] = [];
  #isBroken = false;
  #hasLeft = false;
  /** The books are closed, whatever the writing thread may still do. */
  #isClosed = false;
  /** The last commit had to drop records. */
  #isFull = false;
  #totals: Readonly<Record<string, Total>> = {};

  constructor(settings: SpoolSettings, { clock = systemClock, startWriter = startDefaultWriter }: SpoolParts) {
    this.#settings = settings;
    this.#clock = clock;
    const { dir, maxBytes } = settings;
    this.#ownFile = new SpoolFile({
      dir,
      maxBytes,
      clock,
      isChecking: false,
      report: (report) => this.#hear({ report }),
      onLost: (lost) => this.#hear({ lost }),
    });
    this.#overflow = new Overflow(dir, ownerOf(clock));
    this.#writer = startWriter({ dir, maxBytes }, (notice) => this.#hear(notice));
  }

  /** Whether an earlier process left a file. */
  get exists(): boolean {
    return existsSync(spoolPath(this.#settings.dir));
  }

  /** Bytes on disk at the most. */
  get maxBytes(): number {
    return this.#settings.maxBytes;
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
    if (this.#members.size > 1) {
      if (this.#slabs.some((slab) => slab.countOf(destination).records > 0)) this.commit();
      this.#unfollow(destination);
      this.#members.delete(destination);
      return;
    }
    spools.delete(this.#settings.dir);
    this.#hasLeft = true;
    this.#cancelTimer?.();
    this.#cancelRetry();
    // Before it leaves, so that it hears what became of its last records.
    this.finish();
    this.#unfollow(destination);
    this.#members.delete(destination);
    await within(
      this.#clock,
      timeoutMillis,
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
    const counts = this.#slabs.map((slab) => slab.countOf(destination));
    return {
      records: Math.max(0, counts.reduce((sum, each) => sum + each.records, records) - settled.records),
      bytes: Math.max(0, counts.reduce((sum, each) => sum + each.bytes, bytes) - settled.bytes),
      oldestAgeMillis,
    };
  }

  /** How many records of a destination are in memory only. */
  uncommitted(destination: string): number {
    return this.#slabs.reduce((sum, slab) => sum + (slab.isOut ? 0 : slab.countOf(destination).records), 0);
  }

  /**
   * Takes a record: on disk when it returns (`sync`), or within 50 ms (`batch`). `isRetained`: its body stays in memory, and
   * `onRetained` tells when it may be sent.
   */
  append(destination: string, record: DeliveryRecord, isRetained: boolean, listener?: RecordListener): void {
    const { key, orderKey, body } = record;
    const whole = { destination, key, orderKey, body, created: this.#clock.wall() };
    let slab = this.#slabs.at(-1);
    if (!slab || slab.isSent || !slab.fits(whole)) {
      this.#sendFull();
      slab = new Slab(this.#memory(frameBytes(whole)));
      this.#slabs.push(slab);
    }
    slab.add(whole, isRetained ? record : undefined, listener);
    if (this.#settings.durability === 'sync') this.commit();
    else this.#gather();
  }

  /** Says what became of records that were lent. `bytes`: of those that are gone with it. */
  settle(settlement: Settlement, bytes: number): void {
    this.#settlements.add(settlement, bytes);
    this.#gather();
  }

  take(destination: string, limits: TakeLimits): Promise<Acquired> {
    // In this order: what is settled may make others free.
    if (this.#settlements.isWaiting) void this.#send(undefined);
    return this.#writer.call('take', destination, limits);
  }

  retryNow(destination: string): void {
    this.#writer.call('retryNow', destination).catch(() => {});
  }

  /** Commits all that is pending before it returns: on this thread, unless the other one is at it. */
  commit(): void {
    const end = this.#clock.monotonic() + SETTLE_MILLIS;
    // What lies in the overflow is safe: the next start finds it there.
    for (const slab of this.#slabs.filter(({ isOut }) => !isOut)) {
      const isElsewhere = slab.isSent && this.#writer.isAlive;
      if (isElsewhere && slab.waitForCommit(end - this.#clock.monotonic())) continue;
      try {
        const committed = this.#ownFile.commit(slab.frames, []);
        // Its memory is free, unless the other thread may still come to read it.
        if (!slab.isSent) slab.markCommitted();
        this.#committed(slab, committed);
      } catch (error) {
        this.#breakDown(error, slab);
      }
    }
  }

  /** The last word before the process ends: all that is pending, and what destinations said. */
  finish(): void {
    this.commit();
    for (const settlement of this.#settlements.all()) {
      try {
        this.#ownFile.commit(NO_FRAMES, [settlement]);
      } catch {
        // It is sent again at the next start, under the same key.
        return;
      }
    }
  }

  #closeOwnFile(): void {
    try {
      if (this.#ownFile.isOpen || this.#slabs.length > 0) {
        // Both threads have written, and the last to answer need not have been the last to write.
        for (const slab of this.#slabs.filter(({ isCommitted }) => isCommitted)) this.#remove(slab);
        this.#totals = this.#ownFile.run((outbox) => outbox.totals());
      }
    } catch {
      // What was known last is good enough.
    }
    this.#isClosed = true;
    // What the disk did not take was never committed.
    this.#ownFile.close(true);
  }

  /** Resolves when all that is pending is on disk, or was refused. */
  async flush(timeoutMillis: number): Promise<void> {
    this.#sendAll();
    if (this.#isIdle) return;
    await within(this.#clock, timeoutMillis, new Promise<void>((resolve) => void this.#idle.push(resolve)));
  }

  get #isIdle(): boolean {
    return this.#isBroken || (this.#slabs.length === 0 && !this.#settlements.isPending);
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

  /** A slab is full in the middle of a turn: it goes at once, and so do those that can follow. */
  #sendFull(): void {
    for (const slab of this.#slabs) if (slab.isCommitted) this.#reclaim(slab);
    this.#sendNext();
    this.#bound();
  }

  #sendNext(): void {
    if (this.#isBroken || this.#hasLeft) return;
    let atWork = this.#slabs.filter((slab) => slab.isSent && !slab.isCommitted).length;
    for (const slab of this.#slabs) {
      if (slab.isSent) continue;
      if (atWork >= MAX_SENT) return;
      atWork += 1;
      void this.#send(slab);
    }
  }

  async #send(slab: Slab | undefined): Promise<void> {
    if (slab) slab.isSent = true;
    const settlements = this.#settlements.take();
    try {
      const committed = await this.#writer.call('commit', slab?.shared, settlements);
      if (this.#isClosed) return;
      this.#settlements.done(settlements);
      this.#totals = committed.totals;
      if (slab) this.#committed(slab, committed);
    } catch (error) {
      this.#settlements.release(settlements);
      if (slab) {
        // The writing thread has let go of it.
        slab.isSent = false;
        this.#breakDown(error, slab);
      }
    }
    this.#sendNext();
    this.#wakeIdle();
  }

  /** Each record ends here once, even if two threads committed it because the process seemed to end. */
  #committed(slab: Slab, { ids, dropped, totals }: Committed): void {
    this.#totals = totals;
    this.#isFull = Object.keys(dropped).length > 0;
    if (this.#remove(slab)) this.#reportCommitted(slab, ids);
    // A commit may also drop some of its own records.
    this.#evict(dropped);
    this.#wakeIdle();
  }

  #reportCommitted(slab: Slab, ids: readonly number[]): void {
    for (const { index, key, destination, listener } of slab.takeFollowed()) {
      const member = this.#members.get(destination);
      const id = ids[index];
      if (id !== undefined && id >= 0) member?.onStored(key, listener);
      else member?.onSettled(listener, { status: 'dropped', reason: id === undefined ? 'damaged' : 'duplicate' });
    }
    const left = new Set(slab.destinations.filter((_, index) => ids[index] === 0));
    slab.destinations.forEach((destination, index) => {
      if (ids[index] === -1) this.#members.get(destination)?.onDrop('duplicate', 1);
      // It could not be read back from the overflow.
      if (ids[index] === undefined) this.#members.get(destination)?.onDrop('damaged', 1);
    });
    for (const { index, record, destination } of slab.kept)
      this.#members.get(destination)?.onRetained(record, ids[index] ?? 0);
    for (const destination of left) this.#members.get(destination)?.onLeft();
  }

  #evict(dropped: Committed['dropped']): void {
    for (const [destination, keys] of Object.entries(dropped)) {
      const member = this.#members.get(destination);
      member?.onDrop('spool_full', keys.length);
      member?.onEvicted(keys);
    }
  }

  /** What is still in a slab when its destination leaves is in the overflow, where the next start finds it. */
  #unfollow(destination: string): void {
    const member = this.#members.get(destination);
    for (const slab of this.#slabs)
      for (const { listener } of slab.takeFollowed(destination)) member?.onSettled(listener, { status: 'on_disk' });
  }

  /** Whether it was still there. */
  #remove(slab: Slab): boolean {
    const index = this.#slabs.indexOf(slab);
    if (index >= 0) this.#slabs.splice(index, 1);
    this.#reclaim(slab);
    return index >= 0;
  }

  #memory(bytes: number): SharedArrayBuffer {
    const spare = bytes <= PLACE_BYTES ? this.#spare.pop() : undefined;
    return spare ?? new SharedArrayBuffer(Math.max(PLACE_BYTES, bytes));
  }

  #reclaim(slab: Slab): void {
    const { buffer, place } = slab.reclaim();
    if (buffer) this.#keepSpare(buffer);
    if (place) this.#overflow.free(place);
  }

  #keepSpare(buffer: SharedArrayBuffer): void {
    if (buffer.byteLength === PLACE_BYTES && this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }

  /** Too much waits for its commit: the newest slab goes to the overflow, or the oldest goes for good. */
  #bound(): void {
    const inMemory = this.#slabs.reduce((sum, { size }) => sum + size, 0);
    if (inMemory <= MAX_WAITING_BYTES) return;
    if (this.#hasRoom) {
      const newest = this.#slabs.at(-1);
      const buffer = newest && !newest.isSent ? newest.moveTo(this.#overflow) : undefined;
      if (buffer) this.#keepSpare(buffer);
      if (buffer || inMemory <= MAX_PENDING_BYTES) return;
    }
    const oldest = this.#slabs.find(({ isSent, size }) => !isSent && size > 0);
    if (!oldest) return;
    this.#remove(oldest);
    for (const [destination, { records }] of oldest.counts)
      this.#members.get(destination)?.onDrop('queue_full', records);
    for (const { listener, destination } of oldest.takeFollowed())
      this.#members.get(destination)?.onSettled(listener, { status: 'dropped', reason: 'queue_full' });
    for (const { record, destination } of oldest.kept) this.#members.get(destination)?.onRetained(record, 0);
  }

  /** Whether all that waits may stay on disk. Where not, to keep the newest would cost as many older ones. */
  get #hasRoom(): boolean {
    const onDisk = Object.values(this.#totals).reduce((sum, { bytes }) => sum + bytes, 0);
    const waiting = this.#slabs.reduce((sum, { length }) => sum + length, 0);
    return !this.#isFull && onDisk + waiting <= this.#settings.maxBytes;
  }

  #hear(notice: Notice): void {
    if ('report' in notice) {
      const [member] = this.#members.values();
      member?.report(notice.report);
    } else if ('lost' in notice) {
      for (const [destination, count] of Object.entries(notice.lost))
        this.#members.get(destination)?.onDrop('damaged', count);
    } else if (!this.#isClosed) {
      this.#totals = notice.totals;
      this.#evict(notice.dropped ?? {});
      for (const [destination, { records }] of Object.entries(notice.totals))
        if (records > 0) this.#members.get(destination)?.onLeft();
    }
  }

  /** The disk is full, read-only or away: records are delivered out of memory, and the disk is asked again in a while. */
  #breakDown(error: unknown, failed: Slab): void {
    if (!this.#isBroken && !this.#hasLeft) {
      const reason = error instanceof Error ? error.message : error;
      this.#hear({ report: `the spool takes no records, they are kept in memory: ${reason}` });
      this.#retryLater();
    }
    this.#isBroken = true;
    // What the writing thread is still at ends by itself, and what lies in the overflow waits there.
    for (const slab of this.#slabs.filter((each) => !each.isOut && (each === failed || !each.isSent)))
      this.#refuse(slab);
    this.#wakeIdle();
  }

  #refuse(slab: Slab): void {
    const records = slab.records();
    const followed = slab.takeFollowed();
    this.#remove(slab);
    for (const { record, destination } of slab.kept) this.#members.get(destination)?.onRetained(record, 0);
    for (const [destination, member] of this.#members)
      member.onRefused(
        records
          .filter((record) => record.destination === destination)
          .map(({ key, orderKey, body }) => ({ key, ...(orderKey !== undefined && { orderKey }), body })),
        followed.filter((each) => each.destination === destination),
      );
  }

  #retryLater(): void {
    this.#cancelRetry = this.#clock.after(DISK_RETRY_MILLIS, () => {
      this.#writer.call('probe').then(
        () => {
          this.#isBroken = false;
          for (const member of this.#members.values()) member.onRecovered();
          this.#sendAll();
        },
        () => this.#retryLater(),
      );
    });
  }

  #wakeIdle(): void {
    if (!this.#isIdle) return;
    this.#spare.length = Math.min(this.#spare.length, IDLE_SPARE);
    for (const done of this.#idle.splice(0)) done();
  }
}
