import type { DeliveryState } from './port.ts';
import type { StoreReader } from './reader.ts';

/** Equal parts of a time. */
export interface Buckets {
  readonly startUs: number;
  readonly bucketUs: number;
  readonly buckets: number;
}

/** The records of a destination by the time of their last change, one number per bucket. */
export interface DestinationActivity {
  readonly delivered: readonly number[];
  readonly waiting: readonly number[];
  readonly failed: readonly number[];
}

const kinds = {
  delivered: ['delivered', 'coalesced'],
  waiting: ['waiting', 'retrying'],
  failed: ['dead', 'stopped'],
} as const satisfies Readonly<Record<keyof DestinationActivity, readonly DeliveryState[]>>;

/** Each query reads a range of one index. */
export function activityOf({ db }: StoreReader, destination: string, within: Buckets): DestinationActivity {
  const { startUs, bucketUs, buckets } = within;
  const countsOf = (states: readonly DeliveryState[]): number[] => {
    const counts = new Array<number>(buckets).fill(0);
    for (const state of states) {
      const rows = db.all(
        `SELECT CAST((updated_us - ?) / ? AS INTEGER) AS bucket, count(*) AS records FROM deliveries
         WHERE destination = ? AND state = ? AND updated_us >= ? GROUP BY 1`,
        startUs,
        bucketUs,
        destination,
        state,
        startUs,
      );
      for (const { bucket, records } of rows) {
        const at = Math.min(Number(bucket), buckets - 1);
        counts[at] = (counts[at] ?? 0) + Number(records);
      }
    }
    return counts;
  };
  return { delivered: countsOf(kinds.delivered), waiting: countsOf(kinds.waiting), failed: countsOf(kinds.failed) };
}
