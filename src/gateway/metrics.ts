import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { StoreProgress } from '../store/calls.ts';

/** What `/metrics` shows. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #spans = new Counter({
    name: 'spanport_received_spans_total',
    help: 'Spans that were received and stored',
    labelNames: ['protocol'],
    registers: [this.#registry],
  });
  readonly #rejected = new Counter({
    name: 'spanport_rejected_spans_total',
    help: 'Spans that were received and not stored',
    labelNames: ['protocol'],
    registers: [this.#registry],
  });
  readonly #requests = new Histogram({
    name: 'spanport_http_request_duration_seconds',
    help: 'Time until the answer to a request was sent',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.#registry],
  });

  constructor(progress: () => StoreProgress) {
    new Gauge({
      name: 'spanport_index_backlog_spans',
      help: 'Spans that are stored and not in the index yet',
      registers: [this.#registry],
      collect() {
        this.set(progress().backlog);
      },
    });
    new Gauge({
      name: 'spanport_resident_memory_bytes',
      help: 'Resident memory of the gateway',
      registers: [this.#registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  countSpans(protocol: string, stored: number, rejected: number): void {
    this.#spans.inc({ protocol }, stored);
    if (rejected > 0) this.#rejected.inc({ protocol }, rejected);
  }

  /** @param route the pattern of the path, never the path: that has no bound */
  countRequest(route: string, status: number, seconds: number): void {
    this.#requests.observe({ route, status: String(status) }, seconds);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
