import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './log.ts';
import { replaceFile } from './own-file.ts';

/**
 * The time until which feedback is settled that has no answer here: what was received before it was sent without one, or
 * is not to be sent. A file, so that a restart sends nothing twice and forgets nothing.
 */
export class FeedbackMark {
  readonly #file: string;
  readonly #log: Pick<Log, 'warn'>;

  constructor(folder: string, log: Pick<Log, 'warn'>) {
    this.#file = join(folder, 'feedback-mark');
    this.#log = log;
  }

  /** Unix milliseconds; undefined where no gateway of this folder has written it. */
  read(): number | undefined {
    try {
      const mark = Number(readFileSync(this.#file, 'utf8'));
      return Number.isFinite(mark) ? mark : undefined;
    } catch {
      return undefined;
    }
  }

  write(mark: number): void {
    try {
      replaceFile(this.#file, String(mark));
    } catch (error) {
      this.#log.warn(`what was done with feedback was not stored, and may be done again: ${(error as Error).message}`);
    }
  }
}
