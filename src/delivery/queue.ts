/** Maximum content of one request. */
export interface TakeLimits {
  /** Records without an order key. */
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** Records under one order key, which outcome one body. Without it, records with an order key go one by one. */
  readonly maxCoalesced?: number;
}

/** The records chosen for a batch so far, or one more that is considered for it. */
export interface Group {
  readonly orderKey?: string | undefined;
  readonly records: number;
  readonly bytes: number;
}

/**
 * Whether records may be sent in the same request: they have the same order key or none, are within the limits, and
 * those with an order key are coalesced.
 */
export function mayJoin(group: Group, next: Group, limits: TakeLimits): boolean {
  const isFull = group.records + next.records > maxRecordsOf(group, limits);
  return group.orderKey === next.orderKey && !isFull && group.bytes + next.bytes <= limits.maxBytes;
}

export function maxRecordsOf({ orderKey }: Group, { maxRecords, maxCoalesced = 1 }: TakeLimits): number {
  return orderKey === undefined ? maxRecords : maxCoalesced;
}

/** Records under way. Nobody else is handed them until they are settled. */
export interface Batch {
  readonly ids: readonly number[];
  readonly keys: readonly string[];
  readonly bodies: readonly Uint8Array[];
  /** How often the oldest of them was tried before. */
  readonly attempts: number;
  readonly orderKey?: string;
  /** What was last delivered under this order key, for destinations that fold. */
  readonly state?: Uint8Array;
}

/**
 * - `batch`: send this.
 * - `damaged`: these records could not be read back and are dead letters now; ask again.
 * - `wait`: records are there, but none is ready before so many ms.
 * - `empty`: none is there.
 */
export type Taken =
  | { readonly status: 'batch'; readonly batch: Batch }
  | { readonly status: 'damaged'; readonly keys: readonly string[] }
  | { readonly status: 'wait'; readonly millis: number }
  | { readonly status: 'empty' };

/** The records of one destination, oldest first: in memory, or on disk. */
export interface Queue {
  take(limits: TakeLimits): Promise<Taken>;
  /** The destination has them. `state` is kept for the next fold under the batch's order key. */
  delivered(batch: Batch, state?: Uint8Array): Promise<void>;
  /** The destination will never take them. */
  rejected(batch: Batch, reason: string): Promise<void>;
  /** They keep their place and are not handed out again for `delayMillis`. `isAttempt`: it counts as one. */
  release(batch: Batch, delayMillis: number, isAttempt: boolean): Promise<void>;
  /** Makes whatever waits for its next attempt ready at once. */
  retryNow(): void;
}
