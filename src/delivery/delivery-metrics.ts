import { createNoopMeter, type Meter, metrics, type ObservableResult } from '@opentelemetry/api';
import type { DeliveryStats } from './delivery.ts';

/** The figures of one destination. */
export interface MetricSource {
  readonly destination: string;
  readonly stats: () => DeliveryStats;
  /** How long the oldest waiting record has waited, in ms; 0 when none waits. */
  readonly oldestAgeMillis: () => number;
}

const sources = new Set<MetricSource>();
let bound: Meter | undefined;

/** Shows a destination's figures as `spanport.delivery.*`, until the returned function is called. */
export function joinMetrics(source: MetricSource): () => void {
  sources.add(source);
  bindMetrics();
  return () => {
    sources.delete(source);
  };
}

/** Creates the instruments once a MeterProvider is registered. Without one they would not be read. */
export function bindMetrics(): void {
  if (bound) return;
  const meter = metrics.getMeter('spanport');
  if (meter === createNoopMeter()) return;
  bound = meter;

  const counter = (name: string, description: string, read: (stats: DeliveryStats) => number): void =>
    meter
      .createObservableCounter(`spanport.delivery.${name}`, { description, unit: '{record}' })
      .addCallback((result) => observeEach(result, ({ stats }) => read(stats())));
  counter('enqueued', 'Records taken.', ({ enqueued }) => enqueued);
  counter('delivered', 'Records that the destination has.', ({ delivered, coalesced }) => delivered + coalesced);
  counter('retried', 'Attempts after the first.', ({ retried }) => retried);
  counter('rejected', 'Records that the destination refused for good.', ({ rejected }) => rejected);

  meter
    .createObservableCounter('spanport.delivery.dropped', {
      description: 'Records given up, by reason.',
      unit: '{record}',
    })
    .addCallback((result) => {
      for (const { destination, stats } of sources)
        for (const [reason, count] of Object.entries(stats().dropped)) result.observe(count, { destination, reason });
    });
  meter
    .createObservableGauge('spanport.delivery.spooled', { description: 'Bytes that wait on disk.', unit: 'By' })
    .addCallback((result) => observeEach(result, ({ stats }) => stats().spooledBytes));
  meter
    .createObservableGauge('spanport.delivery.oldest_age', {
      description: 'How long the oldest waiting record has waited.',
      unit: 's',
    })
    .addCallback((result) => observeEach(result, ({ oldestAgeMillis }) => oldestAgeMillis() / 1_000));
}

function observeEach(result: ObservableResult, read: (source: MetricSource) => number): void {
  for (const source of sources) result.observe(read(source), { destination: source.destination });
}
