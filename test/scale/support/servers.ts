import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { findJaeger } from '../../../collector/jaeger.mjs';
import { createTopics, findKafka, type Kafka, type SecureKafka, startKafka } from '../../../collector/kafka.mjs';
import { findOtelcol, type Otelcol, type OtelcolOptions, startOtelcol } from '../../../collector/otelcol.mjs';

/** Short waits, so that a test doesn't spend its time in the back-off of production. */
const QUICK = { RETRY_INITIAL_INTERVAL: '100ms', RETRY_MAX_INTERVAL: '500ms', SESSION_TIMEOUT: '6s' };

const found: Record<string, () => string | undefined> = {
  'otelcol.mjs build': findOtelcol,
  'kafka.mjs install': findKafka,
  'jaeger.mjs build': findJaeger,
};

/** Servers and folders of one test file: everything that it starts ends with it. */
export class Servers {
  readonly #started: (() => Promise<void>)[] = [];
  readonly directory: string = mkdtempSync(join(tmpdir(), 'spanport-scale-'));

  constructor() {
    afterAll(async () => {
      for (const stop of this.#started.reverse()) await stop().catch(() => {});
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  atEnd(stop: () => Promise<void>): void {
    this.#started.push(stop);
  }

  async kafka(options: { partitions?: number } = {}): Promise<Kafka> {
    const kafka = await this.broker();
    await createTopics({ bootstrap: kafka.bootstrap, partitions: options.partitions ?? 4, replication: 1 });
    return kafka;
  }

  /** Starts the broker of this file, or starts it again after it was killed, with its topics and records. */
  async broker(secure?: SecureKafka): Promise<Kafka> {
    const kafka = await startKafka({ directory: join(this.directory, 'kafka'), logFile: this.log('kafka'), secure });
    this.atEnd(() => kafka.server.kill());
    return kafka;
  }

  async collector(options: OtelcolOptions): Promise<Otelcol> {
    const { config, env } = options;
    const collector = await startOtelcol({
      logFile: this.log(config),
      ...options,
      env: {
        ...QUICK,
        OVERSIZED_METRICS_ADDRESS: '127.0.0.1:0',
        STORAGE_DIRECTORY: join(this.directory, `${config}-storage`),
        ...env,
      },
    });
    this.atEnd(() => collector.server.kill());
    return collector;
  }

  /** Kills the Collector and starts it again on the same ports with what it has on disk. */
  async restart(collector: Otelcol, options: OtelcolOptions): Promise<Otelcol> {
    await collector.server.kill();
    const { otlpPort, healthPort, metricsPort } = collector;
    return this.collector({ ...options, otlpPort, healthPort, metricsPort });
  }

  /** Logs stay next to the data; `SPANPORT_SCALE_LOGS` keeps them somewhere else after the test. */
  log(name: string): string {
    return join(process.env['SPANPORT_SCALE_LOGS'] ?? this.directory, `${name}.log`);
  }
}

/** Skips each test of the file where a server was never built; `REQUIRE_REAL` makes that an error, so CI can't skip. */
export function needsServers(): void {
  beforeEach((context) => {
    const missing = Object.entries(found).flatMap(([script, find]) => (find() ? [] : [`node collector/${script}`]));
    if (missing.length === 0) return;
    const text = `A real server is missing; run: ${missing.join(' && ')}`;
    if (process.env['REQUIRE_REAL']) throw new Error(text);
    context.skip(text);
  });
}
