import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTopics, startKafka } from '../../../collector/kafka.mjs';
import { startOtelcol } from '../../../collector/otelcol.mjs';
import { answers, freePorts, startServer } from '../../../collector/server.mjs';
import { cleanEnvironment } from '../../../scripts/clean-environment.mjs';

const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const QUICK = { RETRY_INITIAL_INTERVAL: '100ms', RETRY_MAX_INTERVAL: '1s' };

/** An agent, a gateway tier, a broker and workers, each of which can be killed and started again with its data. */
export class Fleet {
  workers = new Map();
  #nextWorker = 1;
  #ports = {};

  constructor({ partitions, vendorEnvironment, destinations, orderWindowMillis = 1000, logs }) {
    Object.assign(this, { partitions, vendorEnvironment, destinations, orderWindowMillis });
    this.directory = mkdtempSync(join(tmpdir(), 'spanport-drill-'));
    this.logs = logs ?? join(this.directory, 'logs');
    mkdirSync(this.logs, { recursive: true });
  }

  async start({ workers }) {
    await this.startBroker();
    await createTopics({ bootstrap: this.kafka.bootstrap, partitions: this.partitions, replication: 1 });
    const [agent, agentHealth, tier, tierHealth] = await freePorts(4);
    this.#ports = { agent, agentHealth, tier, tierHealth };
    await this.startTier();
    await this.startAgent();
    for (let count = 0; count < workers; count++) await this.addWorker();
  }

  async startBroker() {
    this.kafka = await persistently(() =>
      startKafka({ directory: join(this.directory, 'kafka'), logFile: join(this.logs, 'kafka.log') }),
    );
  }

  async startTier() {
    this.tier = await persistently(() =>
      startOtelcol({
        config: 'gateway-kafka',
        otlpPort: this.#ports.tier,
        healthPort: this.#ports.tierHealth,
        env: {
          ...QUICK,
          KAFKA_BROKERS: this.kafka.bootstrap,
          STORAGE_DIRECTORY: join(this.directory, 'tier'),
          OVERSIZED_METRICS_ADDRESS: '127.0.0.1:0',
        },
        logFile: join(this.logs, 'tier.log'),
      }),
    );
  }

  async startAgent() {
    this.agent = await persistently(() =>
      startOtelcol({
        config: 'agent',
        otlpPort: this.#ports.agent,
        healthPort: this.#ports.agentHealth,
        env: { ...QUICK, GATEWAY_ENDPOINT: this.tier.otlpUrl, STORAGE_DIRECTORY: join(this.directory, 'agent') },
        logFile: join(this.logs, 'agent.log'),
      }),
    );
  }

  get agentUrl() {
    return `http://127.0.0.1:${this.#ports.agent}`;
  }

  async addWorker() {
    const name = `worker-${this.#nextWorker++}`;
    this.workers.set(name, await persistently(() => this.#startWorker(name)));
    return name;
  }

  async #startWorker(name) {
    const [port] = await freePorts(1);
    const server = await startServer({
      name,
      command: process.execPath,
      args: [
        CLI,
        'worker',
        '--brokers',
        this.kafka.bootstrap,
        '--to',
        this.destinations.join(','),
        '--port',
        String(port),
        '--order-window',
        String(this.orderWindowMillis),
      ],
      env: { ...cleanEnvironment(), ...this.vendorEnvironment },
      logFile: join(this.logs, `${name}.log`),
      // /metrics answers as soon as the worker runs, whether or not the broker does.
      ready: () => answers(`http://127.0.0.1:${port}/metrics`),
    });
    return { server, port, name };
  }

  async killWorker(name, signal = 'SIGKILL') {
    const worker = this.workers.get(name);
    this.workers.delete(name);
    await worker.server.kill(signal);
  }

  /** Waits until every worker has its share of the partitions, so that the start is not measured. */
  async settled() {
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(500)) {
      const shares = await Promise.all([...this.workers.values()].map(({ port }) => partitionsOf(port)));
      if (shares.every((count) => count > 0)) return sleep(3000);
    }
  }

  /** Sums of the workers' counters: `{ "athina delivered": 12, … }`. */
  async counters() {
    const sums = {};
    for (const { port } of this.workers.values()) {
      const text = await fetch(`http://127.0.0.1:${port}/metrics`)
        .then((response) => response.text())
        .catch(() => '');
      for (const [, labels, value] of text.matchAll(/^spanport_worker_(?:events|dropped)_total\{([^}]*)\} (\d+)/gm)) {
        const key = [...labels.matchAll(/="([^"]*)"/g)].map(([, label]) => label).join(' ');
        sums[key] = (sums[key] ?? 0) + Number(value);
      }
    }
    return sums;
  }

  async stop() {
    const servers = [...[...this.workers.values()].map(({ server }) => server), this.agent?.server, this.tier?.server];
    await Promise.all(servers.map((server) => server?.kill().catch(() => {})));
    await this.kafka?.server.kill().catch(() => {});
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Another process may have taken the port of a server that was killed; it frees it again. */
async function persistently(start) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(2000);
    }
  }
}

/** How many partitions a worker owns in the stage that has the fewest. */
async function partitionsOf(port) {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
  const counts = [...text.matchAll(/^spanport_worker_partitions\{[^}]*\} (\d+)/gm)].map(([, count]) => Number(count));
  return Math.min(...counts, Number.POSITIVE_INFINITY);
}
