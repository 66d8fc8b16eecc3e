/**
 * The whole chain under faults, counted by id at every hop:
 *
 *   application ─► agent ─► gateway tier ─► spanport.spans ─► workers ─► spanport.interactions ─► workers ─► two vendors
 *
 *   node test/scale/drill/run.mjs                 300 faults over 1,000,000 interactions
 *   node test/scale/drill/run.mjs --short         what CI runs
 *   options: --interactions N --faults N --rate N (per second) --workers N --partitions N --seed N --json FILE --logs DIR
 *
 * Needs `npm run build`, `node collector/otelcol.mjs build` and `node collector/kafka.mjs install`.
 * The exit code is 1 when a figure is missed.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Consumer } from '@platformatic/kafka';
import { seeded } from '../../faults/support/random.mjs';
import { FAULTS, schedule } from './faults.mjs';
import { Fleet } from './fleet.mjs';
import { Hop } from './hop.mjs';
import { Traffic } from './traffic.mjs';
import { Vendor } from './vendor.mjs';

const TURNS = 5;
const DRAIN_MILLIS = 180_000;
/** One call in this number is refused by the vendors for good. */
const POISON_EVERY = 997;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean' },
    interactions: { type: 'string' },
    faults: { type: 'string' },
    rate: { type: 'string' },
    workers: { type: 'string', default: '2' },
    partitions: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    logs: { type: 'string' },
  },
});
const interactions = Number(values.interactions ?? (values.short ? 15_000 : 1_000_000));
const faultCount = Number(values.faults ?? (values.short ? 12 : 300));
const random = seeded(Number(values.seed));
const pick = (list) => list[Math.floor(random() * list.length)];
const isPoison = (conversation, turn) => (conversation * TURNS + turn) % POISON_EVERY === 0;

const ratePerSecond = Number(values.rate ?? 300);

/** No fault happens in the first cohort. Turns of a conversation are 5 s apart in it, 10 s in the others. */
function cohortSizes() {
  const conversations = Math.ceil(interactions / TURNS);
  const calm = Math.min(ratePerSecond * 5, conversations);
  const sizes = [calm];
  for (let left = conversations - calm; left > 0; left -= ratePerSecond * 10)
    sizes.push(Math.min(left, ratePerSecond * 10));
  return sizes;
}

const isCalm = (conversation) => conversation < traffic.cohorts[0];
const traffic = new Traffic({ cohorts: cohortSizes(), turns: TURNS, batch: 50, ratePerSecond });
const hops = {
  spans: new Hop('spanport.spans', traffic),
  interactions: new Hop('spanport.interactions', traffic),
  athina: new Hop('athina', traffic, { ordered: true, ids: true }),
  requesty: new Hop('requesty', traffic, { ordered: true, ids: true }),
};
const deadLetters = {
  athina: new Hop('dead letters of athina', traffic),
  requesty: new Hop('dead letters of requesty', traffic),
  undecodable: new Set(),
};
const counters = { poison: 0 };

const athina = await new Vendor({
  hop: hops.athina,
  random,
  isPoison,
  idOf: (body) => /"external_reference_id":"([^"]*)"/.exec(body)?.[1],
}).start();
const requesty = await new Vendor({
  hop: hops.requesty,
  random,
  isPoison,
  idOf: (body) => /"id":"(r-[^"]*)"/.exec(body)?.[1],
}).start();
const vendors = [athina, requesty];
const fleet = new Fleet({
  partitions: Number(values.partitions),
  logs: values.logs,
  // Longer than the partitions of a killed worker stand still.
  orderWindowMillis: 20_000,
  destinations: ['athina', 'requesty'],
  vendorEnvironment: {
    ATHINA_API_KEY: 'drill',
    ATHINA_BASE_URL: athina.url,
    REQUESTY_API_KEY: 'drill',
    REQUESTY_INGESTION_URL: `${requesty.url}/insights`,
  },
});

/** Reads every record of a topic once, from its beginning, for as long as the drill runs. */
async function follow(topic, onRecord) {
  const consumer = new Consumer({
    groupId: `drill-${topic}-${randomUUID()}`,
    clientId: 'drill',
    bootstrapBrokers: [fleet.kafka.bootstrap],
    retries: 1000,
    retryDelay: 200,
    sessionTimeout: 30_000,
  });
  // Its own positions: those that the client commits by itself are ahead of what it has passed on.
  const positions = Array.from({ length: fleet.partitions }, () => 0n);
  let closed = false;
  const open = async () => {
    try {
      const offsets = positions.map((offset, partition) => ({ topic, partition, offset }));
      const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets, autocommit: false });
      stream.on('data', (record) => {
        if (record.offset < positions[record.partition]) return;
        positions[record.partition] = record.offset + 1n;
        onRecord(record);
      });
      stream.once('error', again);
    } catch {
      again();
    }
  };
  // While the broker is away, the group can't be joined.
  const again = () => void (closed || setTimeout(() => void open(), 1000));
  await open();
  return async () => {
    closed = true;
    await consumer.close(true).catch(() => {});
  };
}

async function followAll() {
  return Promise.all([
    follow('spanport.spans', ({ value }) => hops.spans.addMarked(value.toString('latin1'))),
    follow('spanport.interactions', ({ value }) => hops.interactions.addMarked(value.toString('latin1'))),
    follow('spanport.dead-letters', ({ value, headers }) => {
      const text = value.toString('latin1');
      const poison = /drill-poison-\d+/.exec(text);
      if (poison) return void deadLetters.undecodable.add(poison[0]);
      const stage = [...headers].find(([name]) => String(name) === 'spanport-stage')?.[1]?.toString() ?? '';
      const hop = deadLetters[stage.includes('requesty') ? 'requesty' : 'athina'];
      hop.addMarked(text);
    }),
  ]);
}

async function faultsAsTheyCome(signal) {
  const done = {};
  const names = schedule(faultCount, random);
  const faulty = traffic.total - traffic.cohorts[0] * TURNS;
  const between = ((faulty / traffic.ratePerSecond) * 1000 * 0.9) / Math.max(names.length, 1);
  for (const name of names) {
    const began = performance.now();
    await FAULTS[name].run({ fleet, vendors, pick, counters });
    done[name] = (done[name] ?? 0) + 1;
    const rest = between - (performance.now() - began);
    if (rest > 0) await sleep(rest * (0.5 + random()));
    if (signal.aborted) break;
  }
  return done;
}

const poisonCalls = () => {
  let count = 0;
  for (let conversation = 0; conversation < traffic.conversations; conversation++)
    for (let turn = 0; turn < TURNS; turn++) if (isPoison(conversation, turn)) count += 1;
  return count;
};

function isDrained() {
  const expected = traffic.total - poisonCalls();
  return (
    hops.spans.seen === traffic.total &&
    hops.interactions.seen === traffic.total &&
    hops.athina.seen === expected &&
    hops.requesty.seen === expected &&
    deadLetters.athina.seen === poisonCalls() &&
    deadLetters.requesty.seen === poisonCalls() &&
    deadLetters.undecodable.size === counters.poison
  );
}

/** Turns that reached a vendor for the first time after a later turn, of the conversations that are counted. */
function disorderedOf(isCounted) {
  const turns = [...hops.athina.disordered, ...hops.requesty.disordered];
  return turns.filter((turn) => isCounted(Number(turn.split('/')[0])));
}

function report(faults, seconds) {
  const poison = poisonCalls();
  const expected = traffic.total - poison;
  const rows = [
    ['accepted by the agent', traffic.acknowledged, traffic.total],
    ['in spanport.spans', hops.spans.seen, traffic.total],
    ['in spanport.interactions', hops.interactions.seen, traffic.total],
    ['delivered to athina', hops.athina.seen, expected],
    ['delivered to requesty', hops.requesty.seen, expected],
    ['refused by athina, in the dead letters', deadLetters.athina.seen, poison],
    ['refused by requesty, in the dead letters', deadLetters.requesty.seen, poison],
    ['not OTLP, in the dead letters', deadLetters.undecodable.size, counters.poison],
    ['duplicates under a second id', hops.athina.secondIds + hops.requesty.secondIds, 0],
    ['turns out of order while nothing fails', disorderedOf(isCalm).length, 0],
  ].map(([name, measured, required]) => ({ name, measured, required, pass: measured === required }));
  return {
    interactions: traffic.total,
    faults,
    seconds: Math.round(seconds),
    rows,
    copies: { athina: hops.athina.copies, requesty: hops.requesty.copies },
    missing: Object.fromEntries(
      Object.values(hops)
        .filter((hop) => hop.seen < expected)
        .map((hop) => [hop.name, hop.missing()]),
    ),
    disorderedByFaults: disorderedOf((conversation) => !isCalm(conversation)),
    latencyMillis: percentiles(athina.latencies),
  };
}

/** The rows as the CI summary counts tests. */
function asTests(rows) {
  const failures = rows
    .filter(({ pass }) => !pass)
    .map(({ name, measured, required }) => ({ name: `drill > ${name}`, message: `${measured}, required ${required}` }));
  return { passed: rows.length - failures.length, failed: failures.length, skipped: [], failures };
}

function percentiles(latencies) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}

function print({ interactions: count, faults, seconds, rows, copies, missing, disorderedByFaults, latencyMillis }) {
  process.stdout.write(`${count} interactions in ${seconds} s, faults: ${JSON.stringify(faults)}\n`);
  for (const { name, measured, required, pass } of rows)
    process.stdout.write(`${pass ? 'pass' : 'MISS'}  ${name}: ${measured} (required ${required})\n`);
  process.stdout.write(`further copies: ${JSON.stringify(copies)}\n`);
  process.stdout.write(`application to athina, ms: ${JSON.stringify(latencyMillis)}\n`);
  process.stdout.write(`turns out of order around faults, both vendors: ${disorderedByFaults.length}\n`);
  if (Object.keys(missing).length > 0) process.stdout.write(`missing: ${JSON.stringify(missing)}\n`);
}

/** Reads all topics once more, so that a reader of the drill that got stuck is not taken for a loss. */
async function recount() {
  await fleet.settled();
  stopFollowing.push(...(await followAll()));
  for (const until = Date.now() + 60_000; Date.now() < until && !isDrained(); ) await sleep(500);
}

const abort = new AbortController();
const began = performance.now();
let stopFollowing = [];
try {
  await fleet.start({ workers: Number(values.workers) });
  stopFollowing = await followAll();
  await fleet.settled();
  let calmEnded;
  const calm = new Promise((resolve) => (calmEnded = resolve));
  const sending = traffic.send(fleet.agentUrl, abort.signal, async () => calmEnded());
  await Promise.race([calm, sending]);
  // The calm cohort is delivered before the first fault.
  await sleep(5000);
  const faults = await faultsAsTheyCome(abort.signal);
  await sending;
  for (const until = Date.now() + DRAIN_MILLIS; Date.now() < until && !isDrained(); ) await sleep(500);
  if (!isDrained()) await recount();
  const result = { ...report(faults, (performance.now() - began) / 1000), workers: await fleet.counters() };
  print(result);
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify({ ...result, ...asTests(result.rows) }, undefined, 2)}\n`);
  process.exitCode = result.rows.every(({ pass }) => pass) ? 0 : 1;
} finally {
  abort.abort();
  await Promise.race([Promise.all(stopFollowing.map((stop) => stop())), sleep(5000)]);
  await fleet.stop();
  for (const vendor of vendors) vendor.close();
}
process.exit();
