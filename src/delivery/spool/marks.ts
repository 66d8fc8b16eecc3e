import { closeSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Entries } from './ledger.ts';
import { isDead } from './owner.ts';

const SUFFIX = '.mark';

/**
 * A note beside the file, one per process: who it is, and how many records it has committed and taken out again. The
 * file alone cannot tell that the end of its log is missing. A note that outlived its process says that the process did
 * not end well.
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

  /** In one write that covers all of the last, so that no kill leaves half a note. */
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

  /** Lets go of the note without taking it away. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

export interface LeftMark {
  readonly path: string;
  readonly owner: string;
  readonly entries: Entries;
  /** Whether its process is gone. */
  readonly isLeft: boolean;
}

/** The notes of all processes. */
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
    // A damaged one still says that its process did not end well.
    return [owner, {}];
  }
}
