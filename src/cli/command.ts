import type { CommandDef } from 'citty';

/** A command, and what its help prints below the options. */
export interface Command extends CommandDef {
  /** Whole command lines. */
  readonly examples?: readonly string[];
}
