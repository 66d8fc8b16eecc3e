/**
 * Runs every call pattern beside other tools that instrument openai, loaded before and after Spanport, and compares what
 * the application sees with what it sees beside that tool alone. See README.md.
 *
 *   node test/neighbours/run.mjs [--neighbour sentry11,dd-trace] [--openai 4,6] [--kind cjs] [--json FILE]
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const REPOSITORY = join(HERE, '..', '..');
const SUPPORT = join(HERE, '..', 'matrix', 'support');
const TIMEOUT_MILLIS = 240_000;
const SPANPORT = ['--import', 'spanport/register'];

/** Which openai each tool is tried with, and as what the application loads it. */
const NEIGHBOURS = {
  sentry10: [
    ['4', 'cjs'],
    ['6', 'cjs'],
  ],
  sentry11: [
    ['4', 'cjs'],
    ['6', 'cjs'],
    ['6', 'esm'],
    ['7', 'cjs'],
  ],
  'dd-trace': [
    ['4', 'cjs'],
    ['6', 'cjs'],
  ],
  langfuse: [
    ['6', 'cjs'],
    ['6', 'esm'],
  ],
  traceloop: [
    ['4', 'cjs'],
    ['6', 'cjs'],
  ],
  openinference: [
    ['4', 'cjs'],
    ['6', 'cjs'],
  ],
  opentelemetry: [
    ['4', 'cjs'],
    ['6', 'cjs'],
  ],
};

async function main() {
  const { values } = parseArgs({
    options: {
      neighbour: { type: 'string' },
      openai: { type: 'string' },
      kind: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const isChosen = (list, value) => list === undefined || list.split(',').includes(value);
  const cells = Object.entries(NEIGHBOURS)
    .flatMap(([neighbour, combinations]) => combinations.map(([openai, kind]) => ({ neighbour, openai, kind })))
    .filter(
      ({ neighbour, openai, kind }) =>
        isChosen(values.neighbour, neighbour) && isChosen(values.openai, openai) && isChosen(values.kind, kind),
    );
  if (cells.length === 0) throw new Error('No cell has these values.');
  prepare(new Set(cells.map(({ openai }) => openai)));

  const failures = [];
  let passed = 0;
  await inParallel(cells, availableParallelism(), async (cell) => {
    for (const { name, ok, message } of await checksOf(cell)) {
      if (ok) passed += 1;
      else
        failures.push({
          name: `neighbours > ${cell.neighbour}, openai ${cell.openai}, ${cell.kind} > ${name}`,
          message,
        });
    }
  });
  for (const { name, message } of failures) console.log(`FAILED ${name}\n${message}\n`);
  if (values.json)
    writeFileSync(values.json, JSON.stringify({ passed, failed: failures.length, skipped: [], failures }));
  console.log(`neighbours: ${cells.length} cells, ${passed} checks passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

/** Which patterns a tool leaves as they are is found first: what it breaks alone is no news about us. */
async function checksOf(cell) {
  const neighbour = ['--import', `./preload/${cell.neighbour}.mjs`];
  const bare = await run(cell, []);
  const alone = await run(cell, neighbour);
  if (!bare.seen || !alone.seen) return [{ name: 'alone', ok: false, message: bare.stderr + alone.stderr }];
  const patterns = Object.keys(bare.seen).filter((name) => isDeepStrictEqual(alone.seen[name], bare.seen[name]));
  console.log(
    `${cell.neighbour}, openai ${cell.openai}, ${cell.kind}: ${patterns.length} of ${Object.keys(bare.seen).length} patterns work beside it alone`,
  );
  const checks = [{ name: 'most patterns work beside it alone', ok: patterns.length > 40, message: alone.stderr }];
  for (const [order, nodeArgs] of [
    ['loaded before Spanport', [...neighbour, ...SPANPORT]],
    ['loaded after Spanport', [...SPANPORT, ...neighbour]],
  ]) {
    const both = await run(cell, nodeArgs, patterns);
    if (!both.seen) {
      checks.push({ name: order, ok: false, message: both.stderr });
      continue;
    }
    for (const pattern of patterns)
      checks.push({ name: `${order} > ${pattern}`, ...comparison(both.seen[pattern], bare.seen[pattern]) });
    const requests = both.operations.filter((operation) => operation !== 'execute_tool');
    const recorded = comparison([...both.recorded].sort(), requests.sort());
    checks.push({ name: `${order} > each request is recorded once`, ...recorded });
  }
  return checks;
}

function comparison(actual, expected) {
  const ok = isDeepStrictEqual(actual, expected);
  return { ok, message: ok ? '' : difference(actual, expected) };
}

function difference(actual, expected) {
  return `  actual   ${JSON.stringify(actual).slice(0, 2_000)}\n  expected ${JSON.stringify(expected).slice(0, 2_000)}`;
}

async function run({ openai, kind }, nodeArgs, patterns = null) {
  const scratch = mkdtempSync(join(tmpdir(), 'spanport-neighbours-'));
  const result = join(scratch, 'result.json');
  const spans = join(scratch, 'spans.jsonl');
  try {
    const stderr = await spawnNode(
      [...nodeArgs, '--expose-gc', kind === 'esm' ? 'cell.mjs' : 'cell.cjs'],
      cellFolder(openai),
      {
        ...cleanEnvironment(),
        NEIGHBOURS_OPENAI: openai,
        NEIGHBOURS_PATTERNS: JSON.stringify(patterns),
        NEIGHBOURS_RESULT: result,
        SPANPORT_DESTINATIONS: `file:${spans}`,
      },
    );
    if (!existsSync(result)) return { stderr };
    const { seen, operations } = JSON.parse(withoutPorts(readFileSync(result, 'utf8')));
    return { stderr, seen: withoutTraceHeaders(seen), operations, recorded: operationsIn(spans) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The fake server has another port in each process. */
const withoutPorts = (text) => text.replaceAll(/(127\.0\.0\.1|localhost|\[::1\]):\d+/g, '$1');

/** What tracing adds to a request has other ids each time. */
function withoutTraceHeaders(seen) {
  for (const { wire } of Object.values(seen)) {
    for (const { headers } of wire) {
      for (const name of Object.keys(headers))
        if (/^(traceparent|tracestate|baggage|sentry-trace|x-datadog-.*)$/.test(name)) delete headers[name];
    }
  }
  return seen;
}

/** The operations of the spans that Spanport made, without those of tools. */
function operationsIn(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return lines
    .flatMap((line) => JSON.parse(line).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .filter(({ scope }) => scope.name === 'spanport')
    .flatMap(({ spans }) => spans)
    .map(({ attributes }) => attributes.find(({ key }) => key === 'gen_ai.operation.name').value.stringValue)
    .filter((operation) => operation !== 'execute_tool');
}

function spawnNode(args, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MILLIS,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(`code ${code ?? signal}\n${stderr.slice(0, 4_000)}`));
  });
}

const cellFolder = (openai) => join(HERE, '.cache', `openai${openai}`);

/** Installs the tools, and gives each openai a folder in which it has its real name, as test/matrix does. */
function prepare(majors) {
  const installed = join(HERE, 'node_modules', '.package-lock.json');
  const lock = join(HERE, 'package-lock.json');
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs)
    npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], HERE);
  const packed = mkdtempSync(join(tmpdir(), 'spanport-neighbours-'));
  try {
    npm(['pack', '--pack-destination', packed], REPOSITORY);
    const [tarball] = readdirSync(packed);
    npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', join(packed, tarball)], HERE);
  } finally {
    rmSync(packed, { recursive: true });
  }
  for (const major of majors) {
    const cell = cellFolder(major);
    rmSync(cell, { recursive: true, force: true });
    cpSync(join(HERE, 'node_modules', `openai${major}`), join(cell, 'node_modules', 'openai'), { recursive: true });
    for (const part of ['cell.mjs', 'cell.cjs', 'observe-patterns.mjs', 'preload'])
      cpSync(join(HERE, part), join(cell, part), { recursive: true });
    cpSync(SUPPORT, join(cell, 'support'), { recursive: true });
  }
}

async function inParallel(items, width, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function npm(args, cwd) {
  const { status, stderr, stdout } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with code ${status}:\n${stdout}${stderr}`);
}

await main();
