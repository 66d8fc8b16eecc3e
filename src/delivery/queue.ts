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

/** Leased records. They are not leased again until they are settled. */
export interface Batch {
  readonly ids: readonly number[];
  readonly keys: readonly string[];
  readonly bodies: readonly Uint8Array[];
  /** How many attempts the oldest of them has had. */
  readonly attempts: number;
  readonly orderKey?: string;
  /** What was last delivered under this order key, for destinations that coalesce. */
  readonly state?: Uint8Array;
}

/**
 * - `batch`: send this.
 * - `damaged`: these records could not be read back and are dead letters now; take again.
 * - `wait`: there are records, but none is ready before this many ms.
 * - `empty`: there are no records.
 */
export type Taken =
  | { readonly status: 'batch'; readonly batch: Batch }
  | { readonly status: 'damaged'; readonly keys: readonly string[] }
  | { readonly status: 'wait'; readonly millis: number }
  | { readonly status: 'empty' };

/** The records of one destination, oldest first: in memory, or on disk. */
export interface Queue {
  take(limits: TakeLimits): Promise<Taken>;
  /** The destination has them. `state`: what it has now under the batch's order key. */
  delivered(batch: Batch, state?: Uint8Array): Promise<void>;
  /** The destination will never take them. */
  rejected(batch: Batch, reason: string): Promise<void>;
  /** Ends the lease. They keep their place and wait for `delayMillis`. `isAttempt`: the lease counts as an attempt. */
  release(batch: Batch, delayMillis: number, isAttempt: boolean): Promise<void>;
  /** Ends the delays of all waiting records. */
  retryNow(): void;
}
