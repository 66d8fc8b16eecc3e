import type { Connection } from '../sqlite/connection.ts';
import type { Marks } from './marks.ts';
import type { Settle } from './settle.ts';
import { OPEN } from './tables.ts';

/** A run or a background response of which nothing came for this long has no observed end. */
const MAX_SILENCE_US = 24 * 3_600e6;
const STEP = 500;

/**
 * Ends what is shown as live although nothing is heard of it any more. Where its end comes after all, the interaction is
 * computed anew and has the status that it then ends with.
 */
export class Unheard {
  readonly #db: Connection;
  readonly #marks: Marks;
  readonly #settle: Settle;

  constructor(db: Connection, marks: Marks, settle: Settle) {
    this.#db = db;
    this.#marks = marks;
    this.#settle = settle;
  }

  /** Within the caller's transaction, which ends with {@link Settle.finish}. */
  step(nowUs: number): void {
    const limit = nowUs - MAX_SILENCE_US;
    for (const { id = null, conversation } of this.#db.all(SILENT, limit, limit)) {
      this.#db.run(STOP, this.#marks.nextSequence(), id);
      this.#settle.touchConversation(Number(conversation));
    }
  }
}

// The end is the time of the latest answer, unless the sender's clock is ahead.
const SILENT = `SELECT id, conversation FROM interactions
  WHERE ${OPEN} AND received_us < ? AND (end_us < ? OR is_future = 1) LIMIT ${STEP}`;
const STOP = `UPDATE interactions SET status = 'stopped', sequence = ? WHERE id = ?`;
