/**
 * Fails when a call allocates more than `allocations.json` allows: `node bench/gate.mjs`. Of all that the benchmark
 * measures only bytes repeat well enough to fail a build by. Needs what the repository itself installs, no peers.
 *
 *   --write       measures and writes new limits for this Node line, to be looked at before they are committed
 *   --dist PATH   measures what was built there, in place of building
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { subjects } from './subjects/index.mjs';
import { ALLOCATED_BYTES, HELD_BYTES } from './suites.mjs';
import { buildSpanport, REPOSITORY } from './support/prepare.mjs';
import { runTask } from './support/process.mjs';
import { median } from './support/statistics.mjs';

const LIMITS = fileURLToPath(new URL('allocations.json', import.meta.url));
/** What the same code may differ by from run to run, in bytes of a call, of a chunk and of an open stream. */
const SLACK = { young: 4_000, call: 1_500, inTurn: 2_000, chunk: 150, held: 2_000 };

const [major] = process.versions.node.split('.');
const { values } = parseArgs({ options: { write: { type: 'boolean' }, dist: { type: 'string' } } });
const spanport = await buildSpanport(values.dist);
const setting = {
  node: process.execPath,
  dist: spanport.dist,
  sink: 'http://127.0.0.1:9',
  openai: pathToFileURL(join(REPOSITORY, 'package.json')).href,
};

async function main() {
  const measured = await measure();
  const known = JSON.parse(readFileSync(LIMITS, 'utf8'));
  if (values.write) {
    known[major] = Object.fromEntries(
      Object.entries(measured).map(([name, bytes]) => [name, roundUp(Math.max(bytes, 0) + slackOf(name))]),
    );
    writeFileSync(LIMITS, `${JSON.stringify(known, null, 2)}\n`);
  }
  const limits = known[major];
  if (!limits)
    return console.log(`allocations: no limits for Node ${major}; there are some for ${Object.keys(known).join(', ')}`);
  let exceeded = 0;
  for (const [name, limit] of Object.entries(limits)) {
    const isMore = !(measured[name] <= limit);
    if (isMore) exceeded += 1;
    console.log(`${isMore ? 'EXCEEDED' : 'ok'}  ${name}: ${Math.round(measured[name])} of ${limit} bytes`);
  }
  const passed = Object.keys(limits).length - exceeded;
  console.log(`allocations: ${passed} passed, ${exceeded} failed`);
  process.exitCode = exceeded === 0 ? 0 : 1;
}

/** Bytes over the bare client's. */
async function measure() {
  const bare = await figuresOf('bare', 'allocations');
  const bareHeld = await figuresOf('bare', 'open-streams');
  const own = await figuresOf('spanport', 'allocations');
  const ownHeld = await figuresOf('spanport', 'open-streams');
  const disabled = await figuresOf('spanport-disabled', 'allocations');
  const off = await figuresOf('spanport-off', 'allocations');
  const over = (figures, name) => median(figures[name]) - median(bare[name]);
  return {
    'call, small, of the first 50': over(own, 'young'),
    'call, small': over(own, 'small'),
    'call, 20 messages and 5 tools': over(own, 'big'),
    'call, small, in its own turn': over(own, 'smallInTurn'),
    'call, 20 messages and 5 tools, in its own turn': over(own, 'bigInTurn'),
    'chunk of a stream': over(own, 'stream') / 500,
    'held by an open stream': median(ownHeld.held) - median(bareHeld.held),
    'call, disabled': over(disabled, 'smallInTurn'),
    'call, sampled out': over(off, 'smallInTurn'),
  };
}

async function figuresOf(name, wanted) {
  const subject = subjects.find((each) => each.name === name);
  const nodeArgs = wanted === 'allocations' ? ALLOCATED_BYTES : HELD_BYTES;
  const { figures } = await runTask(setting, { subject, case: wanted, nodeArgs, scale: 0.5, batches: 7, streams: 200 });
  return figures;
}

function slackOf(name) {
  if (name.endsWith('first 50')) return SLACK.young;
  if (name.startsWith('chunk')) return SLACK.chunk;
  if (name.startsWith('held')) return SLACK.held;
  return /own turn|disabled|sampled/.test(name) ? SLACK.inTurn : SLACK.call;
}

function roundUp(bytes) {
  const step = bytes > 2_000 ? 500 : 50;
  return Math.ceil(bytes / step) * step;
}

try {
  await main();
} finally {
  spanport.remove();
}
