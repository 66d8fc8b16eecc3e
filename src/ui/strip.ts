import type { DeliveryState, Destination } from '../gateway/api/routes.ts';

/** A strip of marks has at most this many columns. */
const MAX_COLUMNS = 8;

export interface Strip {
  /** The destinations with a column of their own, in their order. */
  readonly shown: readonly Destination[];
  /** Those that share the last column: the quiet ones. */
  readonly folded: readonly Destination[];
}

export function stripOf(all: readonly Destination[]): Strip {
  if (all.length <= MAX_COLUMNS) return { shown: all, folded: [] };
  const loud = all.filter(({ isStopped, counts }) => isStopped || counts.dead || counts.retrying);
  const chosen = new Set([...new Set([...loud, ...all])].slice(0, MAX_COLUMNS - 1));
  return { shown: all.filter((each) => chosen.has(each)), folded: all.filter((each) => !chosen.has(each)) };
}

export const WORST_FIRST: readonly DeliveryState[] = [
  'dead',
  'stopped',
  'retrying',
  'waiting',
  'skipped',
  'coalesced',
  'delivered',
];

/** Whether the destination has the record. */
export function hasArrived(state: string | undefined): boolean {
  return state === 'delivered' || state === 'coalesced';
}

/** The state that most needs a person. */
export function worstOf(states: readonly DeliveryState[]): DeliveryState | undefined {
  return WORST_FIRST.find((state) => states.includes(state));
}
