import type { CommandDef } from 'citty';

/** A command, and what its help says beyond its options. */
export interface Command extends CommandDef {
  /** Words that it takes in any number, such as `[FILTER]`. */
  readonly words?: string;
  /** Whole command lines. */
  readonly examples?: readonly string[];
  /** What else a reader has to know: one paragraph each. */
  readonly notes?: readonly string[];
}
