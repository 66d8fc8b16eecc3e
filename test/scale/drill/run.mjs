/**
 * The whole chain under faults, counted by id at every hop:
 *
 *   application ─► agent ─► gateway tier ─► spanport.spans ─► workers ─► spanport.interactions ─► workers ─► two vendors
 *
 *   node test/scale/drill/run.mjs                 300 faults over 1,000,000 interactions, about an hour
 *   node test/scale/drill/run.mjs --short         what CI runs
 *   options: --interactions N --faults N --rate N (per second) --workers N --partitions N --seed N --json FILE --logs DIR
 *            --minutes N: sends nothing new after this time, and counts what was sent; SIGTERM and SIGINT do the same
 *
 * Needs `npm run build`, `node collector/otelcol.mjs build` and `node collector/kafka.mjs install`.
 * The exit code is 1 when a figure is missed. FILE has the state of the last minute until the drill is complete.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seeded } from '../../faults/support/random.mjs';
import { FAULTS, schedule } from './faults.mjs';
import { Fleet } from './fleet.mjs';
import { Follower } from './follower.mjs';
import { Hop } from './hop.mjs';
import { asTests, print, reportOf } from './report.mjs';
import { Traffic } from './traffic.mjs';
import { Vendor } from './vendor.mjs';

const TURNS = 5;
const DRAIN_MILLIS = 600_000;
/** One call in this number is refused by the vendors for good. */
const POISON_EVERY = 997;
/** How long an interaction waits for one that comes before it: turns are 10 s apart, and partitions stand still for 10 to 15 s. */
const ORDER_WINDOW_MILLIS = 15_000;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean' },
    interactions: { type: 'string' },
    faults: { type: 'string' },
    rate: { type: 'string', default: '300' },
    workers: { type: 'string', default: '2' },
    partitions: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    json: { type: 'string' },
    logs: { type: 'string' },
  },
});
const interactions = Number(values.interactions ?? (values.short ? 15_000 : 1_000_000));
const faultCount = Number(values.faults ?? (values.short ? 12 : 300));
const ratePerSecond = Number(values.rate);
const random = seeded(Number(values.seed));
const pick = (list) => list[Math.floor(random() * list.length)];
const isPoison = (conversation, turn) => (conversation * TURNS + turn) % POISON_EVERY === 0;

/** No fault happens in the first cohort. Turns of a conversation are 5 s apart in it, 10 s in the others. */
function cohortSizes() {
  const conversations = Math.ceil(interactions / TURNS);
  const calm = Math.min(ratePerSecond * 5, conversations);
  const sizes = [calm];
  for (let left = conversations - calm; left > 0; left -= ratePerSecond * 10)
    sizes.push(Math.min(left, ratePerSecond * 10));
  return sizes;
}

const traffic = new Traffic({ cohorts: cohortSizes(), turns: TURNS, batch: 50, ratePerSecond });
const hops = {
  spans: new Hop('spanport.spans', traffic),
  interactions: new Hop('spanport.interactions', traffic, { places: true }),
  athina: new Hop('athina', traffic, { ordered: true, ids: true }),
  requesty: new Hop('requesty', traffic, { ordered: true, ids: true }),
};
const deadLetters = {
  athina: new Hop('dead letters of athina', traffic),
  requesty: new Hop('dead letters of requesty', traffic),
  undecodable: new Set(),
};
const vendorOf = (hop, idPattern) =>
  new Vendor({ hop, random, isPoison, idOf: (body) => idPattern.exec(body)?.[1] }).start();
const vendors = [
  await vendorOf(hops.athina, /"external_reference_id":"([^"]*)"/),
  await vendorOf(hops.requesty, /"id":"(r-[^"]*)"/),
];
const state = {
  planned: { interactions: traffic.planned, faults: faultCount },
  windowMillis: ORDER_WINDOW_MILLIS,
  traffic,
  hops,
  deadLetters,
  vendors,
  isPoison,
  counters: { poison: 0 },
  faults: {},
  failedFaults: [],
  /** Calls that the vendors refuse, of those that are sent. */
  get poisonCalls() {
    // Of the numbers from 0, in steps; all turns of a conversation are sent.
    return Math.ceil(traffic.total / POISON_EVERY);
  },
};
const fleet = new Fleet({
  partitions: Number(values.partitions),
  logs: values.logs,
  orderWindowMillis: ORDER_WINDOW_MILLIS,
  destinations: ['athina', 'requesty'],
  vendorEnvironment: {
    ATHINA_API_KEY: 'drill',
    ATHINA_BASE_URL: vendors[0].url,
    REQUESTY_API_KEY: 'drill',
    REQUESTY_INGESTION_URL: `${vendors[1].url}/insights`,
  },
});

function followAll() {
  const follow = (topic, onRecord) =>
    new Follower({ bootstrap: fleet.kafka.bootstrap, topic, partitions: fleet.partitions, onRecord });
  return [
    follow('spanport.spans', ({ value }) => hops.spans.addMarked(value.toString('latin1'))),
    follow('spanport.interactions', ({ value, place }) => hops.interactions.addMarked(value.toString('latin1'), place)),
    follow('spanport.dead-letters', ({ value, headers }) => {
      const text = value.toString('latin1');
      const poison = /drill-poison-\d+/.exec(text);
      if (poison) return void deadLetters.undecodable.add(poison[0]);
      const stage = [...headers].find(([name]) => String(name) === 'spanport-stage')?.[1]?.toString() ?? '';
      deadLetters[stage.includes('requesty') ? 'requesty' : 'athina'].addMarked(text);
    }),
  ];
}

/** Faults in steps of time that are equal on average and end with the traffic, where the machine is fast enough. */
async function faultsAsTheyCome(isOver) {
  const names = schedule(faultCount, random);
  const left = traffic.planned - traffic.acknowledged;
  const step = ((left / ratePerSecond) * 1000 * 0.95) / Math.max(names.length, 1);
  const start = performance.now();
  for (const [index, name] of names.entries()) {
    const due = start + (index + random()) * step - performance.now();
    if (due > 0) await Promise.race([sleep(due), isOver]);
    if (traffic.hasEndedEarly) return;
    try {
      await FAULTS[name].run({ fleet, vendors, pick, counters: state.counters });
      state.faults[name] = (state.faults[name] ?? 0) + 1;
    } catch (error) {
      state.failedFaults.push(`${name}: ${error.message}`);
    }
  }
}

function isDrained() {
  const expected = traffic.total - state.poisonCalls;
  return (
    hops.spans.seen === traffic.total &&
    hops.interactions.seen === traffic.total &&
    hops.athina.seen === expected &&
    hops.requesty.seen === expected &&
    deadLetters.athina.seen === state.poisonCalls &&
    deadLetters.requesty.seen === state.poisonCalls &&
    deadLetters.undecodable.size === state.counters.poison
  );
}

/** Whether the first cohort is with the vendors, so that faults may begin. */
function isCalmDelivered() {
  for (const [conversation, turn] of traffic.calls()) {
    if (conversation >= traffic.cohorts[0]) break;
    if (isPoison(conversation, turn)) continue;
    if (!hops.athina.has(conversation, turn) || !hops.requesty.has(conversation, turn)) return false;
  }
  return true;
}

/** Waits as long as something is still on its way, and `DRAIN_MILLIS` longer. */
async function drained() {
  let [seen, until] = [-1, 0];
  while (!isDrained()) {
    const now = Object.values(hops).reduce((sum, hop) => sum + hop.seen, 0);
    if (now !== seen) [seen, until] = [now, Date.now() + DRAIN_MILLIS / (values.short ? 4 : 1)];
    if (Date.now() > until) return;
    await sleep(500);
  }
}

function save(result) {
  if (!values.json) return;
  writeFileSync(`${values.json}.new`, `${JSON.stringify(result, undefined, 2)}\n`);
  renameSync(`${values.json}.new`, values.json);
}

const began = performance.now();
const seconds = () => (performance.now() - began) / 1000;

/** @returns the timer of what is saved meanwhile */
function watch() {
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => traffic.endEarly());
  // An error that a client throws outside of any request must not end an hour of work; the report names it.
  process.on('uncaughtException', (error) => state.failedFaults.push(`uncaught: ${error.stack}`));
  if (values.minutes) setTimeout(() => traffic.endEarly(), Number(values.minutes) * 60_000).unref();
  return setInterval(() => {
    const counts = Object.values(hops).map(({ name, seen }) => `${name} ${seen}`);
    const faults = Object.values(state.faults).reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `${Math.round(seconds())} s: sent ${traffic.acknowledged}, ${counts.join(', ')}, faults ${faults}\n`,
    );
    save({ complete: false, ...reportOf(state, seconds()) });
  }, 60_000).unref();
}

const abort = new AbortController();
let followers = [];
try {
  await fleet.start({ workers: Number(values.workers) });
  followers = followAll();
  await fleet.settled();
  const saving = watch();
  let calmEnded;
  const calm = new Promise((resolve) => (calmEnded = resolve));
  const sending = traffic.send(fleet.agentUrl, abort.signal, async () => calmEnded());
  await Promise.race([calm, sending]);
  while (!isCalmDelivered()) await sleep(500);
  await faultsAsTheyCome(sending);
  await sending;
  await drained();
  const result = { complete: true, ...reportOf(state, seconds()), workers: await fleet.counters() };
  print(result);
  clearInterval(saving);
  save({ ...result, ...asTests(result.rows) });
  process.exitCode = result.rows.every(({ pass }) => pass) ? 0 : 1;
} finally {
  abort.abort();
  await Promise.race([Promise.all(followers.map((follower) => follower.close())), sleep(5000)]);
  await fleet.stop();
  for (const vendor of vendors) vendor.close();
}
process.exit();
