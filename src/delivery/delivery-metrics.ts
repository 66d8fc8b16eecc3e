import { createNoopMeter, type Meter, metrics, type ObservableResult } from '@opentelemetry/api';
import type { DeliveryStats } from './delivery.ts';

/** The counters of one destination. */
export interface MetricSource {
  readonly destination: string;
  readonly stats: () => DeliveryStats;
  /** How long the oldest waiting record has waited, in ms; 0 when none waits. */
  readonly oldestAgeMillis: () => number;
}

/** The counters of all destinations in this process, as the metrics `spanport.delivery.*`. */
class DeliveryMetrics {
  readonly #sources = new Set<MetricSource>();
  #isBound = false;

  /** @returns a function that removes the source */
  add(source: MetricSource): () => void {
    this.#sources.add(source);
    this.bind();
    return () => {
      this.#sources.delete(source);
    };
  }

  /** Creates the instruments once a MeterProvider is registered. Before that they would not be read. */
  bind(): void {
    if (this.#isBound) return;
    const meter = metrics.getMeter('spanport');
    if (meter === createNoopMeter()) return;
    this.#isBound = true;
    this.#createInstruments(meter);
  }

  #createInstruments(meter: Meter): void {
    const counter = (name: string, description: string, read: (stats: DeliveryStats) => number): void =>
      meter
        .createObservableCounter(`spanport.delivery.${name}`, { description, unit: '{record}' })
        .addCallback((result) => this.#observeEach(result, ({ stats }) => read(stats())));
    counter('enqueued', 'Records taken.', ({ enqueued }) => enqueued);
    counter('delivered', 'Records that the destination has.', ({ delivered, coalesced }) => delivered + coalesced);
    counter('retried', 'Attempts after the first.', ({ retried }) => retried);
    counter('rejected', 'Records that the destination rejected permanently.', ({ rejected }) => rejected);

    meter
      .createObservableCounter('spanport.delivery.dropped', {
        description: 'Dropped records, by reason.',
        unit: '{record}',
      })
      .addCallback((result) => {
        for (const { destination, stats } of this.#sources)
          for (const [reason, count] of Object.entries(stats().dropped)) result.observe(count, { destination, reason });
      });
    meter
      .createObservableGauge('spanport.delivery.spooled', { description: 'Bytes that wait on disk.', unit: 'By' })
      .addCallback((result) => this.#observeEach(result, ({ stats }) => stats().spooledBytes));
    meter
      .createObservableGauge('spanport.delivery.oldest_age', {
        description: 'How long the oldest waiting record has waited.',
        unit: 's',
      })
      .addCallback((result) => this.#observeEach(result, ({ oldestAgeMillis }) => oldestAgeMillis() / 1_000));
  }

  #observeEach(result: ObservableResult, read: (source: MetricSource) => number): void {
    for (const source of this.#sources) result.observe(read(source), { destination: source.destination });
  }
}

export const deliveryMetrics = new DeliveryMetrics();
