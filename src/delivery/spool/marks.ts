import { closeSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDead } from './owner.ts';

const SUFFIX = '.mark';
const WIDTH = 16;

/**
 * A note beside the file, one per process: who it is, and how many records it has committed. The file alone cannot
 * tell that the end of its log is missing. A note that outlived its process says that the process did not end well.
 */
export class Mark {
  readonly #path: string;
  readonly #owner: string;
  #descriptor: number | undefined;

  constructor(dir: string, owner: string) {
    this.#owner = owner;
    this.#path = join(dir, `${owner.split(' ').at(-1)}${SUFFIX}`);
  }

  /** Notes the number. Fixed width and one write, so that no kill leaves half a number. */
  write(committed: number): void {
    this.#descriptor ??= openSync(this.#path, 'w', 0o600);
    writeSync(this.#descriptor, `${String(committed).padStart(WIDTH)} ${this.#owner}`, 0);
  }

  remove(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
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
  readonly committed: number;
}

/** The notes of processes that are gone. */
export function leftMarks(dir: string, self: string): LeftMark[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(SUFFIX))
    .flatMap((name) => {
      const path = join(dir, name);
      const [committed, owner] = parse(path);
      return owner !== '' && isDead(owner, self) ? [{ path, owner, committed }] : [];
    });
}

export function forget(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process was faster.
  }
}

function parse(path: string): [number, string] {
  try {
    const text = readFileSync(path, 'utf8');
    return [Number(text.slice(0, WIDTH)), text.slice(WIDTH + 1)];
  } catch {
    return [0, ''];
  }
}
