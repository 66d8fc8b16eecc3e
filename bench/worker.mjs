/**
 * Figures of the worker with a real Kafka: `node bench/worker.mjs [--quick] [--part growth,latency,memory] [--json FILE]
 * [--write] [--profile DIRECTORY]`. Needs `npm run build` and `node collector/kafka.mjs install`. A profile slows the worker down.
 *
 *   assemble   spans decoded, assembled and published: per second, and per second of one core
 *   deliver    interactions mapped and sent to a vendor's server on this machine, the same
 *   growth     both, with 1 and 4 partitions and 1 and 2 workers
 *   latency    from the write of a span to the vendor's request, at half of the measured load
 *   memory     resident memory with a vendor that hangs and many records behind it
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Producer } from '@platformatic/kafka';
import { createTopics, startKafka } from '../collector/kafka.mjs';
import { cleanEnvironment } from '../scripts/clean-environment.mjs';
import { requestOf, traceOf } from './support/otlp-record.mjs';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const SINK = fileURLToPath(new URL('./support/worker-sink.mjs', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    part: { type: 'string' },
    profile: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
/** Spans of a measurement of throughput, seconds of the latency, and records behind the vendor that hangs. */
const SIZES = values.quick
  ? { backlog: 40_000, latencySeconds: 10, behind: 50_000 }
  : { backlog: 400_000, latencySeconds: 60, behind: 1_000_000 };

const say = (text) => process.stderr.write(`${text}\n`);
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
let runs = 0;

const LAYOUTS = [
  [1, 1],
  [4, 1],
  [4, 2],
];
/** Records per second for the latency, where the throughput was not measured in this run. */
const DEFAULT_LOAD = 500;

const isWanted = (part) => values.part === undefined || values.part.split(',').includes(part);

/** Half of what one core does of both stages, which share the worker here. */
function halfLoad(growth) {
  const measured = growth?.find(({ partitions, workers }) => partitions === 4 && workers === 1);
  if (!measured) return DEFAULT_LOAD;
  return Math.round(0.5 / (1 / measured.assemble.perCoreSecond + 1 / measured.deliver.perCoreSecond));
}

async function main() {
  const directory = mkdtempSync(join(tmpdir(), 'spanport-bench-worker-'));
  const kafka = await startKafka({ directory });
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [kafka.bootstrap] });
  const bench = { kafka, producer };
  try {
    const result = { machine: { cpus: availableParallelism(), model: cpus()[0]?.model ?? '', node: process.version } };
    if (isWanted('growth')) {
      result.growth = [];
      for (const [partitions, workers] of LAYOUTS) result.growth.push(await throughput(bench, partitions, workers));
    }
    if (isWanted('latency')) result.latency = await latency(bench, halfLoad(result.growth));
    if (isWanted('memory')) result.memory = [await memory(bench, 1), await memory(bench, 4)];
    const text = `${JSON.stringify(result, null, 2)}\n`;
    if (values.json) writeFileSync(values.json, text);
    if (values.write) writeReport(result);
    process.stdout.write(text);
  } finally {
    await producer.close();
    await kafka.server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The result, and its table in bench/README.md. */
function writeReport(result) {
  const file = (name) => fileURLToPath(new URL(name, import.meta.url));
  writeFileSync(file('results/worker.json'), `${JSON.stringify(result, null, 2)}\n`);
  const readme = readFileSync(file('README.md'), 'utf8');
  const table = `<!-- worker -->\n${tableOf(result)}\n<!-- /worker -->`;
  writeFileSync(
    file('README.md'),
    readme.replace(/<!-- worker -->[\s\S]*?<!-- \/worker -->/, () => table),
  );
}

function tableOf({ machine, growth = [], latency, memory = [] }) {
  const format = (number) => number.toLocaleString('en');
  const rows = growth.flatMap(({ partitions, workers, assemble, deliver }) =>
    [assemble, deliver].map(
      ({ stage, perSecond, perCoreSecond, peakMegabytes }) =>
        `| ${stage}, partitions: ${partitions}, workers: ${workers} | ${format(perSecond)}/s | ${format(perCoreSecond)}/s | ${peakMegabytes} MB |`,
    ),
  );
  const lines = [
    `Node ${machine.node.slice(1)}, ${machine.cpus} cores for the workers, Kafka and the vendor together:`,
    '',
    '| Stage | Together | Per core of the workers | Peak of memory |',
    '| --- | --- | --- | --- |',
    ...rows,
  ];
  if (latency)
    lines.push(
      '',
      `At ${format(latency.perSecond)} spans per second, from Kafka to the vendor with the order window of ${format(latency.orderWindowMillis)} ms: p50 ${format(latency.p50Millis)} ms, p99 ${format(latency.p99Millis)} ms.`,
    );
  for (const { partitions, behind, peakMegabytes } of memory)
    lines.push(
      '',
      `With a vendor that hangs, ${format(behind)} records behind it and partitions: ${partitions}: peak of ${peakMegabytes} MB.`,
    );
  return lines.join('\n');
}

/** A backlog is written first, then each stage works it off alone. */
async function throughput({ kafka, producer }, partitions, workers) {
  const topics = await topicsFor(kafka, partitions);
  await write(producer, topics.spans, SIZES.backlog);
  const sink = await startSink();
  try {
    const assemble = await workOff(kafka, topics, ['--stage', 'assemble'], workers, {});
    const deliver = await workOff(kafka, topics, ['--stage', 'deliver', '--to', 'athina'], workers, athina(sink.url));
    const { distinct } = await sink.counts();
    if (distinct !== SIZES.backlog) throw new Error(`The vendor has ${distinct} of ${SIZES.backlog} interactions.`);
    const measured = { partitions, workers, records: SIZES.backlog, assemble, deliver };
    say(JSON.stringify(measured));
    return measured;
  } finally {
    sink.stop();
  }
}

/** @returns how fast workers settle everything that waits */
async function workOff(kafka, topics, args, workers, env) {
  const all = [];
  for (let index = 0; index < workers; index += 1) all.push(await startWorker(kafka, topics, args, env));
  const [stage] = (await all[0].status()).stages;
  const began = performance.now();
  const before = await total(all, 'settled');
  const cpuBefore = sum(all.map((worker) => worker.cpuSeconds()));
  while ((await total(all, 'settled')) < SIZES.backlog) await sleep(50);
  const seconds = (performance.now() - began) / 1e3;
  const cpuSeconds = sum(all.map((worker) => worker.cpuSeconds())) - cpuBefore;
  const count = SIZES.backlog - before;
  const peakMegabytes = Math.max(...all.map((worker) => worker.peakMegabytes()));
  for (const worker of all) await worker.stop();
  return {
    stage: stage.name,
    perSecond: Math.round(count / seconds),
    perCoreSecond: Math.round(count / cpuSeconds),
    seconds: round(seconds),
    peakMegabytes,
  };
}

/** Both stages in one worker, at a steady rate. Each answer carries the time at which its span was written. */
async function latency({ kafka, producer }, perSecond) {
  const topics = await topicsFor(kafka, 4);
  const sink = await startSink();
  const worker = await startWorker(kafka, topics, ['--to', 'athina'], athina(sink.url));
  const rate = values.quick ? Math.min(perSecond, 500) : perSecond;
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < SIZES.latencySeconds * 1e3) {
    const due = Math.floor(((performance.now() - began) / 1e3) * rate);
    if (due > sent) await write(producer, topics.spans, due - sent, sent);
    sent = Math.max(sent, due);
    await sleep(10);
  }
  while ((await sink.counts()).distinct < sent) await sleep(100);
  const { latencies } = await sink.counts();
  await worker.stop();
  sink.stop();
  return { perSecond: rate, records: sent, orderWindowMillis: 1_000, ...latencies };
}

/** The vendor accepts connections and never answers. */
async function memory({ kafka, producer }, partitions) {
  const topics = await topicsFor(kafka, partitions);
  const sink = await startSink('hang');
  await write(producer, topics.spans, SIZES.behind);
  const worker = await startWorker(kafka, topics, ['--to', 'athina'], athina(sink.url));
  while (((await worker.status()).stages[0]?.counts.settled ?? 0) < SIZES.behind) await sleep(500);
  await sleep(10_000);
  const { stages } = await worker.status();
  const peakMegabytes = worker.peakMegabytes();
  await worker.kill();
  sink.stop();
  const measured = {
    partitions,
    behind: stages.find(({ name }) => name === 'athina')?.lag,
    peakMegabytes,
    limitMegabytes: 256,
  };
  say(JSON.stringify(measured));
  return measured;
}

async function topicsFor({ bootstrap }, partitions) {
  runs += 1;
  const topics = { spans: `b${runs}.spans`, interactions: `b${runs}.interactions`, dead: `b${runs}.dead` };
  await createTopics({
    bootstrap,
    replication: 1,
    topics: Object.values(topics).map((name) => ({ name, partitions, configs: { 'min.insync.replicas': '1' } })),
  });
  return topics;
}

/** As the Collector does: one record per trace and batch, in protobuf. */
async function write(producer, topic, count, from = 0) {
  for (let at = 0; at < count; at += 400) {
    const messages = [];
    for (let index = at; index < Math.min(at + 400, count); index += 1) {
      const number = from + index;
      messages.push({ topic, key: Buffer.from(traceOf(number)), value: requestOf(number, Date.now()) });
    }
    await producer.send({ messages });
  }
}

const profiling = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : [];

async function startWorker(kafka, topics, args, env) {
  const names = ['--spans-topic', topics.spans, '--interactions-topic', topics.interactions];
  const child = spawn(
    process.execPath,
    [
      ...profiling,
      CLI,
      'worker',
      '--brokers',
      kafka.bootstrap,
      '--json',
      '--port',
      '0',
      '--group',
      topics.spans,
      ...names,
    ].concat(['--dead-letters-topic', topics.dead], args),
    { env: { ...cleanEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [first] = await once(child.stdout.setEncoding('utf8'), 'data');
  const { url } = JSON.parse(first.split('\n')[0]);
  child.stdout.resume();
  const ended = once(child, 'exit');
  const end = async (signal) => {
    child.kill(signal);
    await ended;
  };
  return {
    status: async () => (await fetch(`${url}/healthz`)).json(),
    cpuSeconds: () => cpuSecondsOf(child.pid),
    peakMegabytes: () =>
      Math.round(Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

async function startSink(mode = 'take') {
  const child = spawn(process.execPath, [SINK, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = await once(child.stdout.setEncoding('utf8'), 'data');
  return {
    url: url.trim(),
    counts: async () => (await fetch(`${url.trim()}/counts`)).json(),
    stop: () => child.kill('SIGKILL'),
  };
}

const athina = (url) => ({ ATHINA_API_KEY: 'key', ATHINA_BASE_URL: url });

async function total(workers, kind) {
  const all = await Promise.all(workers.map((worker) => worker.status()));
  return sum(all.flatMap(({ stages }) => stages.map(({ counts }) => counts[kind] ?? 0)));
}

/** User and system time of a process and its threads. Linux counts in hundredths of a second. */
function cpuSecondsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);
const round = (number) => Math.round(number * 10) / 10;

await main();
