import type { PartitionStatus } from './topic-reader.ts';

/** The status of one stage. */
export interface StageStatus {
  /** `assemble`, or the name of a destination. */
  readonly name: string;
  readonly group: string;
  readonly topic: string;
  /** Whether group and brokers answer. */
  readonly isHealthy: boolean;
  readonly partitions: readonly PartitionStatus[];
  readonly lag: number;
  readonly oldestAgeMillis: number;
  /** The age of the oldest record as a part of the topic's retention; undefined when that has no limit. */
  readonly retentionUsed?: number;
  /** Counts since the start, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** What made no record, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** The status of a worker. */
export interface WorkerStatus {
  /** `warning`: records may be removed by retention before they are processed. `failing`: Kafka doesn't answer. */
  readonly state: 'ok' | 'warning' | 'failing' | 'stopping';
  /** Sentences for `warning` and `failing`. */
  readonly problems: readonly string[];
  readonly stages: readonly StageStatus[];
  readonly publishFailures: number;
  readonly residentBytes: number;
}

/** The worker warns when the oldest record has used this part of the retention, which leaves time to act. */
const ALERT_RATIO = 0.5;

/** The state that follows from the stages, with its reasons. */
export function stateOf(stages: readonly StageStatus[]): Pick<WorkerStatus, 'state' | 'problems'> {
  const silent = stages.filter(({ isHealthy }) => !isHealthy);
  const late = stages.filter(({ retentionUsed = 0 }) => retentionUsed >= ALERT_RATIO);
  const problems = [
    ...silent.map(({ name, group }) => `${name}: Kafka doesn't answer group ${group}.`),
    ...late.map(
      ({ name, topic, retentionUsed = 0, oldestAgeMillis }) =>
        `${name}: the oldest record of ${topic} waits for ${inWords(oldestAgeMillis)}, ${Math.round(retentionUsed * 100)} % of its retention. Add workers, repair the destination, or keep the topic longer.`,
    ),
  ];
  return { state: silent.length > 0 ? 'failing' : late.length > 0 ? 'warning' : 'ok', problems };
}

function inWords(millis: number): string {
  const minutes = millis / 60_000;
  return minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;
}
