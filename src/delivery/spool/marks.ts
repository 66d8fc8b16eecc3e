import { closeSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Entries } from './ledger.ts';
import { isDead } from './owner.ts';

const SUFFIX = '.mark';

/**
 * A file next to the database, one per process: its name, and how many records it has committed and removed. The
 * database alone cannot show that the end of its log is missing. A mark that outlived its process means that the process
 * did not end normally.
 */
export class Mark {
  readonly #path: string;
  readonly #owner: string;
  #descriptor: number | undefined;
  #longest = 0;

  constructor(dir: string, owner: string) {
    this.#owner = owner;
    this.#path = join(dir, `${owner.split(' ').at(-1)}${SUFFIX}`);
  }

  /** In one write that covers all of the previous one, so that a kill leaves no partial mark. */
  write(entries: Entries): void {
    const text = `${this.#owner}\n${JSON.stringify(entries)}`;
    this.#longest = Math.max(this.#longest, text.length);
    this.#descriptor ??= openSync(this.#path, 'w', 0o600);
    writeSync(this.#descriptor, text.padEnd(this.#longest), 0);
  }

  remove(): void {
    if (this.#descriptor === undefined) return;
    this.close();
    forget(this.#path);
  }

  /** Closes the mark without deleting it. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

export interface LeftMark {
  readonly path: string;
  readonly owner: string;
  readonly entries: Entries;
  /** Whether its process is dead. */
  readonly isLeft: boolean;
}

/** The marks of all processes. */
export function readMarks(dir: string, self: string): LeftMark[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(SUFFIX))
    .flatMap((name) => {
      const path = join(dir, name);
      const [owner, entries] = parse(path);
      return owner === '' ? [] : [{ path, owner, entries, isLeft: isDead(owner, self) }];
    });
}

export function forget(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process was faster.
  }
}

function parse(path: string): [string, Entries] {
  let owner = '';
  try {
    const text = readFileSync(path, 'utf8');
    owner = text.slice(0, text.indexOf('\n'));
    return [owner, JSON.parse(text.slice(owner.length + 1)) as Entries];
  } catch {
    // A damaged mark still means that its process did not end normally.
    return [owner, {}];
  }
}
