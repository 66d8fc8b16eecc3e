import type { Entries, Total } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import type { Acquired, Committed, Settlement } from './outbox-results.ts';
import type { Place } from './overflow.ts';

export type { Acquired, Committed, Entries, Settlement, Total };

export interface WriterSettings {
  readonly dir: string;
  readonly maxBytes: number;
}

export interface ThreadSettings extends WriterSettings {
  /** The process's name for itself, which its threads share. */
  readonly processId: string;
  /** Closed by the main thread before the process ends. */
  readonly gate: Int32Array;
}

/** Records that both threads see, in memory or in the overflow: see {@link Slab}. */
export type SharedFrames = {
  readonly status: Int32Array;
  /** Where the frames end. */
  readonly end: number;
} & ({ readonly buffer: SharedArrayBuffer } | { readonly place: Place });

/** What the writing thread does for the main one. */
export type Calls = Pick<Outbox, 'take' | 'retryNow' | 'probe'> & {
  commit(frames: SharedFrames | undefined, settlements: readonly Settlement[], leaseMillis: number): Committed;
  /** Closes the file and ends. `isClean`: nothing is left in memory. */
  close(isClean: boolean): void;
};

export interface Request {
  readonly id: number;
  readonly method: keyof Calls;
  readonly args: readonly unknown[];
}

/** What the writing thread reports on its own. */
export type Notice =
  | {
      readonly totals: Readonly<Record<string, Total>>;
      /** Keys of the oldest records, removed because the file had reached its size. */
      readonly dropped?: Committed['dropped'];
    }
  | { readonly report: string }
  /** Records that were committed and are gone. */
  | { readonly lost: Readonly<Record<string, number>> };

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
  | Notice;
