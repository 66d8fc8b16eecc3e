import type { Clock } from '../clock.ts';
import type { StartWriter } from './writer-thread.ts';

export interface SpoolSettings {
  readonly dir: string;
  readonly maxBytes: number;
  readonly durability: 'batch' | 'sync';
}

export interface SpoolParts {
  readonly clock?: Clock;
  readonly startWriter?: StartWriter;
  /** Called when its last destination leaves: it takes nothing more. */
  readonly onLeave?: (() => void) | undefined;
}
