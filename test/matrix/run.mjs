/**
 * Runs every scenario in every cell: Node × openai major × module kind × OpenTelemetry SDK line. See README.md.
 *
 *   node test/matrix/run.mjs [--node 20,24] [--openai 4,7] [--kind esm] [--otel 3] [--scenario chat] [--json FILE]
 *   node test/matrix/run.mjs --write   also puts the table into docs/compatibility.md
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { arch, availableParallelism, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../../scripts/cache-directory.mjs';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { writeDocsBlock } from '../../scripts/docs-block.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const REPOSITORY = join(HERE, '..', '..');
const CELL_TIMEOUT_MILLIS = 240_000;

/** Pinned, so that a red cell is news about us and not about a new release. */
const NODES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };
const AXES = {
  node: Object.keys(NODES),
  openai: ['4', '5', '6', '7'],
  kind: ['esm', 'cjs'],
  otel: ['2', '3'],
};

async function main() {
  const { values } = parseArgs({
    options: {
      node: { type: 'string' },
      openai: { type: 'string' },
      kind: { type: 'string' },
      otel: { type: 'string' },
      scenario: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'boolean' },
    },
  });
  const chosen = Object.fromEntries(
    Object.entries({ ...AXES, scenario: scenarioNames() }).map(([axis, all]) => [
      axis,
      choose(axis, all, values[axis]),
    ]),
  );
  const nodes = new Map(chosen.node.map((major) => [major, nodeBinary(major)]));
  prepare(chosen);
  const modules = new Map(await Promise.all(chosen.scenario.map(async (name) => [name, await scenarioModule(name)])));
  const runs = cellsOf(chosen).flatMap((cell) =>
    chosen.scenario
      .filter((name) => modules.get(name).runsIn?.(cell) ?? true)
      .map((scenario) => ({ ...cell, scenario })),
  );
  const results = await inParallel(runs, availableParallelism(), async (run) => ({
    ...run,
    checks: await runCell(nodes.get(run.node), run),
  }));

  const summary = summarise(results);
  console.log(`${table(chosen, results)}\n`);
  for (const { name, message } of summary.failures) console.log(`FAILED ${name}\n${indent(message)}\n`);
  if (values.json) writeFileSync(values.json, JSON.stringify(summary));
  if (values.write) writeDocsBlock('compatibility.md', 'matrix', table(chosen, results));
  console.log(`matrix: ${results.length} cells, ${summary.passed} checks passed, ${summary.failed} failed`);
  process.exitCode = summary.failed === 0 ? 0 : 1;
}

function scenarioModule(name) {
  return import(pathToFileURL(join(HERE, 'scenarios', `${name}.mjs`)).href);
}

function scenarioNames() {
  return readdirSync(join(HERE, 'scenarios'))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.replace(/\.mjs$/, ''));
}

function choose(axis, all, list) {
  const wanted = list?.split(',') ?? all;
  const unknown = wanted.filter((value) => !all.includes(value));
  if (unknown.length > 0) throw new Error(`--${axis} ${unknown.join()}: there is only ${all.join(', ')}.`);
  return wanted;
}

function cellsOf({ node, openai, kind, otel }) {
  return node.flatMap((n) =>
    openai.flatMap((o) => kind.flatMap((k) => otel.map((t) => ({ node: n, openai: o, kind: k, otel: t })))),
  );
}

/** The running Node where its version is the pinned one, else the npm package that carries the binary, in the cache. */
function nodeBinary(major) {
  const version = NODES[major];
  if (process.version === `v${version}`) return process.execPath;
  const name = `node-${platform()}-${arch()}`;
  const directory = join(cacheDirectory(), `${name}-${version}`);
  const binary = join('node_modules', name, 'bin', 'node');
  if (!existsSync(join(directory, binary))) {
    mkdirSync(cacheDirectory(), { recursive: true });
    const unfinished = mkdtempSync(join(cacheDirectory(), 'node-'));
    writeFileSync(join(unfinished, 'package.json'), '{ "private": true }');
    npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`], unfinished);
    try {
      renameSync(unfinished, directory);
    } catch (error) {
      // Somebody else was faster; theirs is as good.
      rmSync(unfinished, { recursive: true });
      if (!existsSync(join(directory, binary))) throw error;
    }
  }
  return join(directory, binary);
}

/** Installs what the cells share and builds their folders: otel<line>/.cache/openai<major>. */
function prepare({ openai, otel }) {
  installLocked(HERE);
  const packed = mkdtempSync(join(tmpdir(), 'spanport-matrix-'));
  try {
    npm(['pack', '--pack-destination', packed], REPOSITORY);
    const [tarball] = readdirSync(packed);
    for (const line of otel) {
      const application = join(HERE, `otel${line}`);
      installLocked(application);
      npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', join(packed, tarball)], application);
      for (const major of openai) buildCell(application, major);
    }
  } finally {
    rmSync(packed, { recursive: true });
  }
}

function installLocked(directory) {
  const installed = join(directory, 'node_modules', '.package-lock.json');
  const lock = join(directory, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], directory);
}

/**
 * A copy, under its real name: the hooks of an instrumentation recognise a package by the folder it lies in, and follow
 * links to where they lead. What openai itself depends on is found further up, in this folder's node_modules.
 */
function buildCell(application, major) {
  const source = join(HERE, 'node_modules', `openai${major}`);
  const cell = join(application, '.cache', `openai${major}`);
  const copy = join(cell, 'node_modules', 'openai');
  const manifest = (directory) => readFileSync(join(directory, 'package.json'), 'utf8');
  if (!existsSync(join(copy, 'package.json')) || manifest(copy) !== manifest(source)) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(source, copy, { recursive: true });
  }
  for (const part of ['cell.mjs', 'cell.cjs', 'run-scenario.mjs', 'support', 'scenarios']) {
    rmSync(join(cell, part), { recursive: true, force: true });
    cpSync(join(HERE, part), join(cell, part), { recursive: true });
  }
}

async function runCell(binary, { openai, kind, otel, scenario }) {
  const { nodeArgs = [], env = {} } = await scenarioModule(scenario);
  const scratch = mkdtempSync(join(tmpdir(), 'spanport-cell-'));
  try {
    const resultFile = join(scratch, 'result.json');
    const { code, stderr } = await spawnNode(
      binary,
      [...nodeArgs, kind === 'esm' ? 'cell.mjs' : 'cell.cjs', scenario],
      join(HERE, `otel${otel}`, '.cache', `openai${openai}`),
      {
        ...cleanEnvironment(),
        ...env,
        MATRIX_OPENAI: openai,
        MATRIX_OTEL: otel,
        MATRIX_SCRATCH: scratch,
        MATRIX_RESULT: resultFile,
      },
    );
    const checks = existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, 'utf8')) : [];
    return [
      ...checks,
      {
        name: 'ends with code 0',
        ok: code === 0 && checks.length > 0,
        message: `code ${code}, ${checks.length} checks\n${stderr}`,
      },
      { name: 'leaves stderr empty', ok: stderr === '', message: stderr },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function spawnNode(binary, args, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], timeout: CELL_TIMEOUT_MILLIS });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? signal, stderr }));
  });
}

async function inParallel(items, width, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

function summarise(results) {
  const checks = results.flatMap(({ node, openai, kind, otel, scenario, checks }) =>
    checks.map((check) => ({
      ...check,
      name: `matrix > node ${node}, openai ${openai}, ${kind}, otel ${otel} > ${scenario} > ${check.name}`,
    })),
  );
  const failures = checks.filter(({ ok }) => !ok).map(({ name, message }) => ({ name, message }));
  return { passed: checks.length - failures.length, failed: failures.length, skipped: [], failures };
}

/** Rows: openai and module kind. Columns: Node and SDK line. Passed checks, or passed of all. */
function table({ node, openai, kind, otel }, results) {
  const columns = node.flatMap((n) => otel.map((t) => ({ node: n, otel: t })));
  const rows = openai.flatMap((o) => kind.map((k) => ({ openai: o, kind: k })));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const entry = (cell) => {
    const checks = results
      .filter((result) => Object.entries(cell).every(([axis, value]) => result[axis] === value))
      .flatMap((result) => result.checks);
    const passed = checks.filter(({ ok }) => ok).length;
    return passed === checks.length ? `${passed}` : `**${passed}/${checks.length}**`;
  };
  return [
    line(['', ...columns.map((column) => `Node ${column.node}, OTel ${column.otel}`)]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map((row) =>
      line([`openai ${row.openai}, ${row.kind}`, ...columns.map((column) => entry({ ...row, ...column }))]),
    ),
  ].join('\n');
}

function indent(text) {
  return String(text ?? '')
    .trimEnd()
    .replaceAll(/^/gm, '    ');
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
