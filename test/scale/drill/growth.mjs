/**
 * How throughput grows with partitions and workers, and how long an interaction takes at half load.
 *
 *   node test/scale/drill/growth.mjs [--interactions N] [--json FILE] [--svg FILE]
 *
 * For each combination the interactions are in Kafka before the workers start, so that only the workers are measured,
 * with both stages. Every process shares the cores of this machine: with a vendor that answers at once the processors are
 * the limit, and two workers have no more of them than one. A vendor that takes its time, as real ones do, is the limit
 * itself: then each worker adds what it may have under way.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
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
const DELAY_MILLIS = 100;
/** The default of the worker. */
const CONCURRENCY = 64;
const TIMEOUT_MILLIS = 600_000;
const PLOT = fileURLToPath(new URL('../../../docs/growth/workers.svg', import.meta.url));

const { values } = parseArgs({
  options: {
    interactions: { type: 'string', default: '50000' },
    json: { type: 'string' },
    svg: { type: 'string', default: PLOT },
  },
});

/** @param delayMillis how long the vendor takes. @param ratePerSecond without it, everything is in Kafka at the start */
async function measure({ partitions, workers, delayMillis = 0, interactions, ratePerSecond }) {
  const traffic = new Traffic({
    cohorts: [Math.ceil(interactions / 5)],
    turns: 5,
    batch: 50,
    ratePerSecond: ratePerSecond ?? 1e9,
  });
  const hop = new Hop('athina', traffic);
  const vendor = await new Vendor({ hop, random: () => 1, isPoison: () => false, idOf: () => '', delayMillis }).start();
  const fleet = new Fleet({
    partitions,
    destinations: ['athina'],
    vendorEnvironment: { ATHINA_API_KEY: 'drill', ATHINA_BASE_URL: vendor.url },
  });
  try {
    await fleet.start({ workers: ratePerSecond ? workers : 0 });
    if (ratePerSecond) await fleet.settled();
    await traffic.send(fleet.agentUrl, new AbortController().signal);
    if (!ratePerSecond) {
      // The Collectors' queues are empty a moment after the last acknowledgement.
      await sleep(5000);
      await Promise.all(Array.from({ length: workers }, () => fleet.addWorker()));
    }
    return { partitions, workers, ...(await delivered({ fleet, hop, vendor, total: traffic.planned })), vendor };
  } finally {
    await fleet.stop();
    vendor.close();
  }
}

/** From the first delivery on, so that the start of the processes is not counted. */
async function delivered({ fleet, hop, vendor, total }) {
  const until = Date.now() + TIMEOUT_MILLIS;
  while (hop.seen === 0 && Date.now() < until) await sleep(20);
  const [firstSeen, cpuBefore] = [hop.seen, cpuMillis(fleet)];
  while (hop.seen < total && Date.now() < until) await sleep(20);
  if (hop.seen < total) throw new Error(`${hop.seen} of ${total} were delivered in time.`);
  const cpu = cpuMillis(fleet) - cpuBefore;
  return {
    deliveredPerSecond: Math.round((total / (performance.now() - vendor.firstAt)) * 1000),
    cpuMillisPerThousand: Math.round((cpu / (total - firstSeen)) * 1000),
  };
}

/** CPU time of all workers. Linux counts in hundredths of a second. */
function cpuMillis(fleet) {
  const each = [...fleet.workers.values()].map(({ server }) => {
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  });
  return each.reduce((sum, millis) => sum + millis, 0);
}

async function group(delayMillis, interactions) {
  const rows = [];
  for (const combination of COMBINATIONS) {
    const { vendor: _, ...row } = await measure({ ...combination, delayMillis, interactions });
    rows.push(row);
    process.stdout.write(`${JSON.stringify({ delayMillis, ...row })}\n`);
  }
  return rows;
}

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const interactions = Number(values.interactions);
// With a slow vendor fewer are enough for about as many seconds.
const groups = [await group(0, interactions), await group(DELAY_MILLIS, Math.ceil(interactions / 4))];
const full = groups[0].at(-1);
const ratePerSecond = Math.round(full.deliveredPerSecond / 2);
const half = await measure({ ...full, interactions, ratePerSecond });
const sorted = half.vendor.latencies.toSorted((a, b) => a - b);
const result = {
  cores: availableParallelism(),
  interactions,
  delayMillis: DELAY_MILLIS,
  concurrency: CONCURRENCY,
  groups,
  latencyMillisAtHalfLoad: { ratePerSecond, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) },
};
process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
mkdirSync(dirname(values.svg), { recursive: true });
writeFileSync(values.svg, plotOf(result));
process.exit();
