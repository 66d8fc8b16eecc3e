import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findSqlite, type OpenDatabase } from '../../sqlite/driver.ts';
import { type Clock, systemClock } from '../clock.ts';
import { readFrames, type SoundFrames } from './frame.ts';
import { forget, Mark, readMarks } from './marks.ts';
import { Outbox } from './outbox.ts';
import type { Committed, Settlement } from './outbox-results.ts';
import { hasOverflow, leftBehind } from './overflow.ts';
import { ownerOf } from './owner.ts';
import { isLogDamaged } from './raw-pages.ts';
import { isCorrupt, isHealthy, isReadOnly, isVersionDamaged, salvage } from './salvage.ts';
import { BUSY_MILLIS } from './schema.ts';

const FILE_NAME = 'spool.db';

export interface SpoolFileOptions {
  readonly dir: string;
  readonly maxBytes: number;
  /** Whether to read the whole file when it is opened and count what is missing. One thread per process does that. */
  readonly isChecking: boolean;
  readonly clock?: Clock;
  /** How long a call waits while another process holds the lock of the file. Default: 5 s. */
  readonly busyMillis?: number;
  /** Called with one sentence about damage. */
  readonly report: (message: string) => void;
  /** Called with the number of records that were committed and are gone, by destination. */
  readonly onLost: (lost: Readonly<Record<string, number>>) => void;
}

export function spoolPath(dir: string): string {
  return join(dir, FILE_NAME);
}

/** Whether a directory holds records of any process: in the database, or in an overflow before there was one. */
export function hasSpool(dir: string): boolean {
  return existsSync(spoolPath(dir)) || hasOverflow(dir);
}

/**
 * With an owner's rights from the first moment. A file that is there is never opened here: to close any descriptor of it
 * would drop the locks that SQLite holds on it for this process (sqlite.org/howtocorrupt.html, 2.2).
 */
export function createSpoolFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    chmodSync(path, 0o600);
  }
}

/** The outbox of a directory: opened at its first use, checked, salvaged when it is damaged. */
export class SpoolFile {
  readonly #options: SpoolFileOptions;
  readonly #owner: string;
  readonly #mark: Mark;
  readonly #path: string;
  #busyMillis: number;
  #outbox: Outbox | undefined;
  #left: Generator<SoundFrames> | undefined;
  #inode = 0;
  #isRebuilt = false;

  constructor(options: SpoolFileOptions) {
    this.#options = options;
    this.#owner = ownerOf(options.clock ?? systemClock);
    this.#mark = new Mark(options.dir, this.#owner);
    this.#path = spoolPath(options.dir);
    this.#busyMillis = options.busyMillis ?? BUSY_MILLIS;
  }

  get isOpen(): boolean {
    return this.#outbox !== undefined;
  }

  /** How long a call waits from now on while another process holds the lock of the file. */
  setBusyMillis(millis: number): void {
    if (millis === this.#busyMillis) return;
    this.#busyMillis = millis;
    this.#outbox?.setBusyMillis(millis);
  }

  /** See {@link Outbox.commit}. */
  commit(frames: Buffer, settlements: readonly Settlement[], leaseMillis?: number): Committed {
    return this.#write((outbox) => outbox.commit(frames, settlements, leaseMillis));
  }

  /**
   * Takes over what a process that is gone has left in its overflow, a part at a time. Returns nothing when that was
   * all.
   */
  adopt(): Committed | undefined {
    this.#left ??= leftBehind(this.#options.dir, this.#owner);
    try {
      const { value: left } = this.#left.next();
      if (left) return this.#adoptFrames(left);
    } catch (error) {
      // Continuing would mark this one as adopted.
      this.#left.return(undefined);
      this.#left = undefined;
      throw error;
    }
    this.#left = undefined;
    return undefined;
  }

  #adoptFrames({ frames, damaged }: SoundFrames): Committed {
    const adopted = this.#write((outbox) => outbox.adopt(frames));
    const [first] = readFrames(frames);
    // A damaged frame does not show its destination. Most processes have one, which its neighbors show.
    if (first && damaged > 0) this.#options.onLost({ [first.destination]: damaged });
    else if (damaged > 0) this.#options.report(`records of a process that was killed were damaged on disk: ${damaged}`);
    return adopted;
  }

  /** Runs on the outbox. A damaged file is salvaged and the work done again, once. */
  run<T>(work: (outbox: Outbox) => T): T {
    if (this.#outbox && this.#isReplaced()) this.#close();
    try {
      return work(this.#open());
    } catch (error) {
      if (!isCorrupt(error) && !this.#isVersionDamaged(error)) throw error;
      this.#salvage();
      return work(this.#open());
    }
  }

  /** @param isClean nothing is left in memory, so the next start does not have to look for missing records */
  close(isClean: boolean): void {
    this.#close();
    if (isClean) this.#mark.remove();
    else this.#mark.close();
  }

  #write(work: (outbox: Outbox) => Committed): Committed {
    let committed = this.run(work);
    // Another process found damage and replaced the file; the one that is open here was renamed.
    if (this.#isReplaced()) committed = this.run(work);
    this.#mark.write(committed.own);
    return committed;
  }

  #open(): Outbox {
    if (this.#outbox) return this.#outbox;
    const { dir, isChecking } = this.#options;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    createSpoolFile(this.#path);
    const marks = readMarks(dir, this.#owner);
    const isAlone = marks.every(({ isLeft }) => isLeft);
    // Where a live process has the file open, SQLite does not read the log again.
    if (isAlone && isLogDamaged(`${this.#path}-wal`)) this.#salvage();
    const outbox = this.#connect();
    try {
      if (isChecking) outbox.releaseAbandoned(false);
      // What was wrong may be corrected by now. A process that lives has its own reasons for the delays that it set.
      if (isChecking && isAlone) outbox.retryNow();
      if (isChecking || this.#isRebuilt) this.#countLosses(outbox);
    } catch (error) {
      // It is opened again, so that none of this is left out because the file was busy.
      close(outbox);
      throw error;
    }
    this.#outbox = outbox;
    return outbox;
  }

  #connect(): Outbox {
    const { maxBytes, isChecking, clock } = this.#options;
    const db = findOrThrow()(this.#path);
    try {
      const outbox = new Outbox(db, {
        maxBytes,
        owner: this.#owner,
        busyMillis: this.#busyMillis,
        ...(clock && { clock }),
      });
      this.#inode = statSync(this.#path).ino;
      if (!isChecking || this.#isRebuilt || isHealthy(db)) return outbox;
    } catch (error) {
      close(db);
      throw error;
    }
    close(db);
    this.#salvage();
    return this.#connect();
  }

  #countLosses(outbox: Outbox): void {
    const { dir, onLost } = this.#options;
    const isRebuilt = this.#isRebuilt;
    const lost = outbox.reconcile(() => {
      const marks = readMarks(dir, this.#owner);
      for (const { path } of marks.filter(({ isLeft }) => isLeft)) forget(path);
      // Live processes write their marks shortly after the commit, so those only count where the file was lost.
      return marks.filter(({ isLeft }) => isLeft || isRebuilt);
    });
    this.#isRebuilt = false;
    if (Object.keys(lost).length > 0) onLost(lost);
  }

  #salvage(): void {
    this.#close();
    const aside = salvage(this.#path, findOrThrow());
    if (aside === undefined) throw new Error('another process is salvaging the spool');
    this.#isRebuilt = true;
    this.#options.report(
      `the spool was damaged: what could be read was copied to a new file, and the old one is ${aside}`,
    );
  }

  #isVersionDamaged(error: unknown): boolean {
    if (!isReadOnly(error)) return false;
    this.#close();
    return isVersionDamaged(this.#path);
  }

  #isReplaced(): boolean {
    try {
      return statSync(this.#path).ino !== this.#inode;
    } catch {
      return true;
    }
  }

  #close(): void {
    if (this.#outbox) close(this.#outbox);
    this.#outbox = undefined;
  }
}

function close(open: { close(): void }): void {
  try {
    open.close();
  } catch {
    // A damaged file may refuse even that.
  }
}

function findOrThrow(): OpenDatabase {
  const open = findSqlite();
  if (!open) throw new Error('no SQLite: npm i libsql');
  return open;
}
