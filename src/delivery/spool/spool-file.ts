import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { findSqlite, type OpenDatabase } from './driver.ts';
import { forget, leftMarks, Mark } from './marks.ts';
import { type Appended, Outbox, type OutboxRecord } from './outbox.ts';
import { ownerOf } from './owner.ts';
import { isCorrupt, isHealthy, salvage } from './salvage.ts';

const FILE_NAME = 'spool.db';

export interface SpoolFileOptions {
  readonly dir: string;
  readonly maxBytes: number;
  /** Told of damage and of losses, in one sentence. */
  readonly report: (message: string) => void;
}

export function spoolPath(dir: string): string {
  return join(dir, FILE_NAME);
}

/** The outbox of a directory: opened at its first use, checked after a bad end, salvaged when it is damaged. */
export class SpoolFile {
  readonly #options: SpoolFileOptions;
  readonly #owner = ownerOf(systemClock);
  readonly #mark: Mark;
  readonly #path: string;
  #outbox: Outbox | undefined;
  #inode = 0;

  constructor(options: SpoolFileOptions) {
    this.#options = options;
    this.#mark = new Mark(options.dir, this.#owner);
    this.#path = spoolPath(options.dir);
  }

  /** Keeps records; they are on disk when it returns. */
  append(records: readonly OutboxRecord[]): Appended {
    let appended = this.run((outbox) => outbox.append(records));
    // Another process found damage and put a new file in place; ours was renamed under our hands.
    if (this.#isReplaced()) appended = this.run((outbox) => outbox.append(records));
    this.#mark.write(appended.committed);
    return appended;
  }

  /** Runs on the outbox. A damaged file is salvaged and the work done again, once. */
  run<T>(work: (outbox: Outbox) => T): T {
    if (this.#outbox && this.#isReplaced()) this.#letGo();
    try {
      return work(this.#open());
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#salvage(findOrThrow());
      return work(this.#open());
    }
  }

  /** `isClean`: nothing is left in memory, so the next start need not check the file. */
  close(isClean: boolean): void {
    this.#letGo();
    if (isClean) this.#mark.remove();
    else this.#mark.close();
  }

  #open(): Outbox {
    if (this.#outbox) return this.#outbox;
    const { dir, maxBytes, report } = this.#options;
    const open = findOrThrow();
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#create();
    const left = leftMarks(dir, this.#owner);
    if (left.length > 0) this.#check(open);
    const outbox = new Outbox(open(this.#path), { maxBytes });
    this.#inode = statSync(this.#path).ino;
    this.#outbox = outbox;
    outbox.release(false);
    const lost = outbox.takeLosses(new Map(left.map(({ owner, committed }) => [owner, committed])));
    if (lost > 0) report(`${lost} records were lost from a damaged spool in ${dir}`);
    outbox.forgetWriters(left.map(({ owner }) => owner));
    for (const { path } of left) forget(path);
    return outbox;
  }

  /**
   * With an owner's rights from the first moment. A file that is there is never opened here: to close any descriptor of
   * it would drop the locks that SQLite holds on it for this process (sqlite.org/howtocorrupt.html, 2.2).
   */
  #create(): void {
    try {
      closeSync(openSync(this.#path, 'wx', 0o600));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      chmodSync(this.#path, 0o600);
    }
  }

  #check(open: OpenDatabase): void {
    const db = open(this.#path);
    const isSound = isHealthy(db);
    db.close();
    if (!isSound) this.#salvage(open);
  }

  #salvage(open: OpenDatabase): void {
    this.#letGo();
    const kept = salvage(this.#path, open);
    if (kept !== undefined)
      this.#options.report(`the spool was damaged; what could be read goes on, the rest is ${kept}`);
  }

  #isReplaced(): boolean {
    try {
      return statSync(this.#path).ino !== this.#inode;
    } catch {
      return true;
    }
  }

  #letGo(): void {
    try {
      this.#outbox?.close();
    } catch {
      // A damaged file may refuse even that.
    }
    this.#outbox = undefined;
  }
}

function findOrThrow(): OpenDatabase {
  const open = findSqlite();
  if (!open) throw new Error('no SQLite: npm i libsql');
  return open;
}
