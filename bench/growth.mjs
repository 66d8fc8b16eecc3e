/**
 * How each figure grows with its size: one, ten and a hundred times as much. `node bench/growth.mjs` draws
 * `docs/growth/*.svg` and writes the orders beside them, and fails where something grows faster than linearly.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plotOf } from './report/plot.mjs';
import { subjects } from './subjects/index.mjs';
import { buildSpanport, installPeers, REPOSITORY } from './support/prepare.mjs';
import { runTask, startSink } from './support/process.mjs';
import { median, orderOfGrowth } from './support/statistics.mjs';

/** A fifth more than measured the time before moves the last slope by this much. */
const LINEAR = 1.1;

const kinds = [
  { kind: 'messages', first: 4, title: 'CPU of a call, by messages in the request', x: 'messages', y: 'µs' },
  { kind: 'chunks', first: 50, title: 'CPU of a stream, by chunks', x: 'chunks', y: 'µs' },
  { kind: 'openStreams', first: 20, title: 'Memory, by streams open at once', x: 'open streams', y: 'bytes' },
  { kind: 'openRuns', first: 50, title: 'Memory, by assistant runs that have not ended', x: 'open runs', y: 'bytes' },
  { kind: 'destinations', first: 1, title: 'CPU of a call, by destinations', x: 'destinations', y: 'µs' },
  { kind: 'spooled', first: 30, title: 'CPU until on disk, by records that wait there', x: 'records', y: 'µs' },
];

const spanport = subjects.find(({ name }) => name === 'spanport');
const bare = subjects.find(({ name }) => name === 'bare');
const files = { name: 'files', module: 'spanport', register: true };

function subjectFor(kind, size) {
  if (kind === 'destinations') {
    const names = Array.from({ length: size }, (_, index) => `file:/dev/${'./'.repeat(index)}null`);
    return { ...files, environment: { SPANPORT_DESTINATIONS: names.join(',') } };
  }
  if (kind !== 'spooled') return spanport;
  return {
    ...files,
    environment: { SPANPORT_DESTINATIONS: 'athina', ATHINA_BASE_URL: 'http://127.0.0.1:9' },
    hasSpool: true,
  };
}

async function main() {
  installPeers();
  const { values } = parseArgs({ options: { dist: { type: 'string' } } });
  const built = await buildSpanport(values.dist);
  const sink = await startSink();
  const setting = { node: process.execPath, dist: built.dist, sink: sink.url };
  const folder = join(REPOSITORY, 'docs', 'growth');
  mkdirSync(folder, { recursive: true });
  const rows = [];
  try {
    for (const each of kinds) {
      const own = await points(setting, each, (size) => subjectFor(each.kind, size));
      const hasBare = each.kind !== 'destinations' && each.kind !== 'spooled';
      const alone = hasBare ? await points(setting, each, () => bare) : undefined;
      // What a figure costs at size nothing hides a curve in the first step, not in the last.
      const order = Math.max(orderOfGrowth(own), orderOfGrowth(own.slice(1)));
      writeFileSync(join(folder, `${each.kind}.svg`), plotOf({ ...each, own, alone, order }));
      rows.push({ ...each, own, order });
      console.log(
        `${each.kind}: ${own.map(([x, y]) => `${x}: ${Math.round(y)} ${each.y}`).join(', ')}; order ${order.toFixed(2)}`,
      );
    }
  } finally {
    sink.stop();
    built.remove();
  }
  writeFileSync(join(folder, 'README.md'), pageOf(rows));
  const steep = rows.filter(({ order }) => order > LINEAR);
  for (const { kind, order } of steep) console.error(`${kind} grows with order ${order.toFixed(2)}`);
  process.exitCode = steep.length === 0 ? 0 : 1;
}

/** The median of three processes at each size. */
async function points(setting, { kind, first }, subjectOf) {
  const found = [];
  for (const size of [first, first * 10, first * 100]) {
    const values = [];
    for (let round = 0; round < 3; round++) {
      const task = { subject: subjectOf(size), case: 'growth', kind, size, nodeArgs: ['--expose-gc'] };
      values.push(median((await runTask(setting, task)).figures.value));
    }
    found.push([size, median(values)]);
  }
  return found;
}

function pageOf(rows) {
  const format = (value) => Math.round(value).toLocaleString('en');
  return `# How it grows

Each figure is measured at one, ten and a hundred times its size, each size in processes of its own, and drawn on
logarithmic axes, where a slope of 1 is linear growth. The order is the slope of the line through all three points, or
of the step from 10× to 100× if that is steeper, because fixed costs flatten the first step. Limits, such as that on
open runs, flatten the last one. \`node bench/growth.mjs\` measures and draws this, and fails if an order is above ${LINEAR}.

| Figure | 1× | 10× | 100× | Order |
| --- | --- | --- | --- | --- |
${rows
  .map(
    ({ title, own, y, x, order }) =>
      `| ${title} (${x}: ${y}) | ${own.map(([at, value]) => `${format(at)}: ${format(value)}`).join(' | ')} | ${order.toFixed(2)} |`,
  )
  .join('\n')}

${rows.map(({ kind, title }) => `![${title}](${kind}.svg)`).join('\n')}

## Workers

\`node test/scale/drill/growth.mjs\` measures [workers](../worker.md) by partitions and number, with a real Kafka, and
draws this:

![Interactions per second, by partitions and workers](workers.svg)
`;
}

await main();
