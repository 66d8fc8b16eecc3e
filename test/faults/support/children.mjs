import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The build under test; `SPANPORT_FAULTS_DIST` names another, so that nobody's dist is disturbed. */
export const DIST = process.env.SPANPORT_FAULTS_DIST ?? fileURLToPath(new URL('../../../dist', import.meta.url));

const program = (name) => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));

/** What configures Spanport on this machine must not decide a figure. */
export function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SPANPORT|OTEL|OPENAI|ATHINA|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept);
}

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What Spanport reports to the operator. */
const REPORT = /^spanport: .*\n?/gm;

/** Starts a program. `ended` resolves to `{ code, signal, stdout, stderr, reports, endedAt }`: `stderr` without reports. */
export function launch(name, settings, { env = {}, nodeOptions = [] } = {}) {
  const given = JSON.stringify({ index: pathToFileURL(join(DIST, 'index.js')).href, ...settings });
  const child = spawn(process.execPath, [...nodeOptions, program(name), given], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  // A child that is killed leaves its stdin broken; that is what we are here for.
  child.stdin.on('error', () => {});
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  let endedAt = 0;
  child.on('exit', () => {
    endedAt = Date.now();
  });
  const ended = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      const reports = (stderr.match(REPORT) ?? []).join('');
      resolve({ code, signal, stdout, stderr: stderr.replace(REPORT, ''), reports, endedAt });
    });
  });
  return { child, ended };
}

/** Runs a program to its end; its last line on stdout, as JSON, is `result`. */
export async function run(name, settings, options) {
  const outcome = await launch(name, settings, options).ended;
  return { ...outcome, result: lastJson(outcome.stdout) };
}

function lastJson(stdout) {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch {
    return undefined;
  }
}

/**
 * A process that only takes up what lies in the directory, until `isDone` or the time is over, and then shuts down.
 * Returns its `stats()` of athina at the end.
 */
export async function drain(settings, isDone, timeoutMillis = 20_000) {
  const { child, ended } = launch('drainer', settings);
  await until(isDone, timeoutMillis);
  child.stdin.end();
  const outcome = await ended;
  return { ...outcome, stats: lastJson(outcome.stdout) };
}

/** A busy machine gets this many times as long. Only what fails takes longer for it. */
const PATIENCE = 4;

/** Whether it came true within the time. */
export async function until(isDone, timeoutMillis) {
  const end = Date.now() + timeoutMillis * PATIENCE;
  while (!isDone()) {
    if (Date.now() > end) return false;
    await sleep(20);
  }
  return true;
}

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** An empty directory for `use`, gone afterwards. */
export async function withDirectory(use) {
  const dir = mkdtempSync(join(tmpdir(), 'spanport-faults-'));
  try {
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs `job` over the items, so many at once; waiting children leave the cores to each other. */
export async function inParallel(items, width, job) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await job(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
