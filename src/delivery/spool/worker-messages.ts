import type { Appended, Outbox, OutboxRecord, Total } from './outbox.ts';

export interface WorkerSettings {
  readonly dir: string;
  readonly maxBytes: number;
  /** The process's name for itself, which its threads share. */
  readonly processId: string;
  /** Closed by the main thread before the process ends. */
  readonly gate: Int32Array;
}

/** What the worker does for the main thread: methods of the outbox, by name. */
export type Calls = Pick<Outbox, 'take' | 'delivered' | 'rejected' | 'giveBack' | 'hurry'> & {
  append(records: readonly OutboxRecord[]): Appended;
  /** Lets go of the file and ends. `isClean`: nothing is left in memory. */
  close(isClean: boolean): void;
};

export interface Request {
  readonly id: number;
  readonly method: keyof Calls;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly totals: Readonly<Record<string, Total>> }
  | { readonly report: string };
