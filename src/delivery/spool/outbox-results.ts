import type { Batch } from '../queue.ts';
import type { Books } from './ledger.ts';

/** What became of leased records. */
export type Settlement =
  | {
      readonly outcome: 'delivered';
      readonly destination: string;
      readonly ids: readonly number[];
      readonly orderKey?: string;
      /** What the destination has under the order key; the next records are coalesced with it. */
      readonly state?: Uint8Array;
    }
  | {
      readonly outcome: 'rejected';
      readonly destination: string;
      readonly ids: readonly number[];
      readonly reason: string;
    }
  /** The lease ends, and the next one begins after the delay. `isAttempt`: this one counts as an attempt. */
  | {
      readonly outcome: 'waiting';
      readonly destination: string;
      readonly ids: readonly number[];
      readonly delayMillis: number;
      readonly isAttempt: boolean;
    };

export interface Committed extends Books {
  /** For each record in turn: its id when it is leased to the writer, 0 when it is not leased, -1 for a known key. */
  readonly ids: readonly number[];
  /** Keys of the oldest records, removed because the file had reached its size, by destination. */
  readonly dropped: Readonly<Record<string, readonly string[]>>;
}

/**
 * What could be leased. Without batches, `waitMillis` is the time until the next attempt; undefined if there are no
 * records.
 */
export interface Acquired {
  readonly batches: readonly Batch[];
  /** Keys of records that could not be read back, and are dead letters now. */
  readonly damaged: readonly string[];
  readonly waitMillis: number | undefined;
}
