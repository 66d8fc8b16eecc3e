/**
 * How throughput grows with partitions and workers, and how long an interaction takes at half load.
 *
 *   node test/scale/drill/growth.mjs [--interactions N] [--json FILE]
 *
 * For each combination the interactions are in Kafka before the workers start, so that only the workers are measured.
 * Every process shares the cores of this machine: with fewer cores than workers the figures can't grow.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plotOf } from './bars.mjs';
import { Fleet } from './fleet.mjs';
import { Hop } from './hop.mjs';
import { Traffic } from './traffic.mjs';
import { Vendor } from './vendor.mjs';

const COMBINATIONS = [
  { partitions: 1, workers: 1 },
  { partitions: 2, workers: 1 },
  { partitions: 4, workers: 1 },
  { partitions: 2, workers: 2 },
  { partitions: 4, workers: 2 },
];
const TIMEOUT_MILLIS = 300_000;

const { values } = parseArgs({
  options: { interactions: { type: 'string', default: '30000' }, json: { type: 'string' } },
});
const interactions = Number(values.interactions);

async function measure({ partitions, workers, ratePerSecond }) {
  const traffic = new Traffic({
    cohorts: [interactions / 5],
    turns: 5,
    batch: 50,
    ratePerSecond: ratePerSecond ?? 1e9,
  });
  const hop = new Hop('athina', traffic);
  const vendor = await new Vendor({ hop, random: () => 1, isPoison: () => false, idOf: () => '' }).start();
  const fleet = new Fleet({
    partitions,
    destinations: ['athina'],
    vendorEnvironment: { ATHINA_API_KEY: 'drill', ATHINA_BASE_URL: vendor.url },
  });
  try {
    await fleet.start({ workers: ratePerSecond ? workers : 0 });
    if (ratePerSecond) await fleet.settled();
    const sendingBegan = performance.now();
    await traffic.send(fleet.agentUrl, new AbortController().signal);
    const sentPerSecond = perSecond(interactions, sendingBegan);
    if (!ratePerSecond) {
      // The Collectors' queues are empty a moment after the last acknowledgement.
      await sleep(5000);
      await Promise.all(Array.from({ length: workers }, () => fleet.addWorker()));
    }
    const until = Date.now() + TIMEOUT_MILLIS;
    while (hop.seen < interactions && Date.now() < until) await sleep(50);
    if (hop.seen < interactions) throw new Error(`${hop.seen} of ${interactions} were delivered in time.`);
    // From the first delivery, so that the start of the processes is not counted.
    const deliveredPerSecond = perSecond(interactions, vendor.firstAt);
    return {
      partitions,
      workers,
      sentPerSecond,
      deliveredPerSecond,
      latencies: vendor.latencies.toSorted((a, b) => a - b),
    };
  } finally {
    await fleet.stop();
    vendor.close();
  }
}

const perSecond = (count, began) => Math.round((count / (performance.now() - began)) * 1000);
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const rows = [];
for (const combination of COMBINATIONS) {
  const { latencies: _, ...row } = await measure(combination);
  rows.push(row);
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
const full = rows.at(-1);
const half = await measure({ ...full, ratePerSecond: full.deliveredPerSecond / 2 });
const latency = {
  ratePerSecond: Math.round(full.deliveredPerSecond / 2),
  p50: percentile(half.latencies, 0.5),
  p99: percentile(half.latencies, 0.99),
};
const result = { cores: availableParallelism(), interactions, rows, latencyMillisAtHalfLoad: latency };
process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
const folder = fileURLToPath(new URL('../../../docs/growth', import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/workers.svg`, plotOf(result));
process.exit();
