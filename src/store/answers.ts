import { nearestRank } from './nearest-rank.ts';
import type { StoreReader } from './reader.ts';
import { listIn } from './rows.ts';

/** Records of each state that are read: the ones that changed last. */
const RECORDS = 200;

/** One request to a destination, as it is stored with each record in the request. */
export interface StoredAttempt {
  readonly at: number;
  readonly durationMillis?: number;
  readonly status?: number;
  readonly outcome: string;
  readonly reason?: string;
  readonly answer?: string;
  readonly waitMillis?: number;
}

export interface DestinationAnswers {
  /** Seconds from a request to its answer; absent until there was an answer. */
  readonly p50?: number;
  readonly p99?: number;
  readonly last?: StoredAttempt;
}

/** How long a destination takes to answer, and its latest answer. A request that carried several records counts once. */
export function answersOf({ db }: StoreReader, destination: string): DestinationAnswers {
  const attempts = new Map<string, StoredAttempt>();
  for (const state of ['delivered', 'dead', 'retrying', 'stopped']) {
    const rows = db.all(
      'SELECT attempts FROM deliveries WHERE destination = ? AND state = ? ORDER BY updated_us DESC LIMIT ?',
      destination,
      state,
      RECORDS,
    );
    for (const row of rows) {
      for (const attempt of listIn<StoredAttempt>(row['attempts'])) {
        attempts.set(`${attempt.at} ${attempt.durationMillis} ${attempt.status}`, attempt);
      }
    }
  }
  const all = [...attempts.values()];
  const millis = all
    .flatMap(({ status, durationMillis }) =>
      status === undefined || durationMillis === undefined ? [] : durationMillis,
    )
    .sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => nearestRank(millis, share));
  const last = all.reduce<StoredAttempt | undefined>(
    (latest, each) => (latest === undefined || each.at >= latest.at ? each : latest),
    undefined,
  );
  return {
    ...(p50 !== undefined && { p50: p50 / 1e3 }),
    ...(p99 !== undefined && { p99: p99 / 1e3 }),
    ...(last && { last }),
  };
}
