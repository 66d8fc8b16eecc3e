import { Counter, Gauge, Registry } from 'prom-client';
import type { WorkerStatus } from './status.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [value: number, labels?: Labels];

/** Reads the values of one metric from a status. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (status: WorkerStatus) => readonly Sample[];
}

const perStage = (value: (stage: WorkerStatus['stages'][number]) => number) => (status: WorkerStatus) =>
  status.stages.map((stage): Sample => [value(stage), { stage: stage.name }]);

const metrics: readonly Metric[] = [
  {
    name: 'spanport_worker_lag_records',
    help: 'Records that are not settled, by partition',
    labels: ['stage', 'partition'],
    samples: ({ stages }) =>
      stages.flatMap(({ name, partitions }) =>
        partitions.map(({ partition, lag }): Sample => [lag, { stage: name, partition: String(partition) }]),
      ),
  },
  {
    name: 'spanport_worker_oldest_record_age_seconds',
    help: 'Age of the oldest record that is not settled',
    labels: ['stage'],
    samples: perStage(({ oldestAgeMillis }) => oldestAgeMillis / 1e3),
  },
  {
    name: 'spanport_worker_retention_used_ratio',
    help: 'Age of the oldest record that is not settled, as a part of the time for which the topic is kept',
    labels: ['stage'],
    samples: ({ stages }) =>
      stages.flatMap(({ name, retentionUsed }): readonly Sample[] =>
        retentionUsed === undefined ? [] : [[retentionUsed, { stage: name }]],
      ),
  },
  {
    name: 'spanport_worker_open_bytes',
    help: 'Bytes of records that were read and are not settled',
    labels: ['stage'],
    samples: perStage(({ partitions }) => partitions.reduce((sum, { openBytes }) => sum + openBytes, 0)),
  },
  {
    name: 'spanport_worker_paused_partitions',
    help: 'Partitions that are not read because they have no room',
    labels: ['stage'],
    samples: perStage(({ partitions }) => partitions.filter(({ isPaused }) => isPaused).length),
  },
  {
    name: 'spanport_worker_partitions',
    help: 'Partitions that this worker owns',
    labels: ['stage'],
    samples: perStage(({ partitions }) => partitions.length),
  },
  {
    name: 'spanport_worker_events_total',
    help: 'What happened since the worker started, by kind: records, spans, interactions, delivered, retried, refused, …',
    labels: ['stage', 'kind'],
    samples: ({ stages }) =>
      stages.flatMap(({ name, counts }) =>
        Object.entries(counts).map(([kind, count]): Sample => [count, { stage: name, kind }]),
      ),
  },
  {
    name: 'spanport_worker_dropped_total',
    help: 'Spans and interactions that made no record, by reason',
    labels: ['stage', 'reason'],
    samples: ({ stages }) =>
      stages.flatMap(({ name, dropped }) =>
        Object.entries(dropped).map(([reason, count]): Sample => [count, { stage: name, reason }]),
      ),
  },
  {
    name: 'spanport_worker_publish_failures_total',
    help: 'Requests to brokers that failed and were sent again',
    labels: [],
    samples: ({ publishFailures }) => [[publishFailures]],
  },
  {
    name: 'spanport_worker_resident_memory_bytes',
    help: 'Resident memory of the worker',
    labels: [],
    samples: ({ residentBytes }) => [[residentBytes]],
  },
];

/** What `/metrics` shows, read from the status at each request. */
export function metricsText(status: WorkerStatus): Promise<string> {
  const registry = new Registry();
  for (const { name, help, labels, samples } of metrics) {
    const Kind = name.endsWith('_total') ? Counter : Gauge;
    const metric = new Kind({ name, help, labelNames: [...labels], registers: [registry] });
    // A new registry for each scrape: the stages hold the counts, and each value is added once.
    for (const [value, own = {}] of samples(status)) metric.inc(own, value);
  }
  return registry.metrics();
}

export const METRICS_CONTENT_TYPE: string = new Registry().contentType;
