#!/usr/bin/env node
/**
 * A real Jaeger for tests and for looking at traces: built from its Go module once, kept outside the checkout.
 *
 *   node collector/jaeger.mjs build                          prints the path of the binary
 *   node collector/jaeger.mjs start [--otlp-port N] [--query-port N]
 *
 * `start` prints one line of JSON, `{"otlpUrl":…,"queryUrl":…}`, once both ports answer. It ends on SIGTERM, on SIGINT,
 * and when a piped stdin ends, so that a parent that dies leaves no Jaeger behind.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, fstatSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../scripts/cache-directory.mjs';

const SELF = fileURLToPath(import.meta.url);
const MODULE = fileURLToPath(new URL('./jaeger', import.meta.url));
const START_TIMEOUT_MILLIS = 30_000;

/** The binary's place: one per content of go.mod and go.sum, so that a changed version never meets an old binary. */
function binaryPath() {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(MODULE, file)));
  return join(cacheDirectory(), `jaeger-${platform()}-${arch()}-${hash.digest('hex').slice(0, 16)}`, 'jaeger');
}

/** The binary if it was built before, else undefined. */
export function findJaeger() {
  const path = binaryPath();
  return existsSync(path) ? path : undefined;
}

/** Builds the binary unless it is there. Minutes when cold, nothing when warm. Resolves to its path. */
export async function buildJaeger() {
  const path = binaryPath();
  if (existsSync(path)) return path;
  const directory = join(path, '..');
  mkdirSync(directory, { recursive: true });
  // Built aside and renamed: whoever sees the final name sees a whole binary, also while two builds run.
  const unfinished = `${path}.${process.pid}`;
  process.stderr.write('Building Jaeger from its Go module; the first time takes several minutes.\n');
  const go = spawn(
    'go',
    ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', unfinished, jaegerPackage()],
    { cwd: MODULE, env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' }, stdio: ['ignore', 2, 2] },
  );
  try {
    await new Promise((resolve, reject) => {
      go.once('error', (error) =>
        reject(error.code === 'ENOENT' ? new Error('Jaeger is built with Go, and no `go` is on the PATH.') : error),
      );
      go.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`go build ended with code ${code}.`))));
    });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return path;
}

/** The package that go.mod names as a tool, so that its name and version stand in one place. */
function jaegerPackage() {
  const line = /^tool (\S+)$/m.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'));
  if (!line) throw new Error('collector/jaeger/go.mod has no `tool` line.');
  return line[1];
}

/**
 * Starts a built Jaeger on free loopback ports, as a child that cannot outlive this process.
 * Rejects when it was never built: a test decides for itself whether that is a skip or a failure.
 */
export async function startJaeger() {
  if (!findJaeger()) throw new Error('Jaeger is not built yet. Run: node collector/jaeger.mjs build');
  const child = spawn(process.execPath, [SELF, 'start'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    new Promise((resolve) => lines.once('line', resolve)),
    ended.then((code) => Promise.reject(new Error(`Jaeger did not start (code ${code}).`))),
  ]);
  const close = async () => {
    child.stdin.end();
    await ended;
  };
  return { ...JSON.parse(line), close };
}

async function run({ otlpPort, queryPort }) {
  const binary = await buildJaeger();
  const otlp = `127.0.0.1:${otlpPort ?? (await freePort())}`;
  const query = `127.0.0.1:${queryPort ?? (await freePort())}`;
  const jaeger = spawn(binary, ['--config', join(MODULE, 'config.yaml')], {
    env: {
      ...process.env,
      JAEGER_OTLP_ADDRESS: otlp,
      JAEGER_QUERY_ADDRESS: query,
      // Jaeger traces itself, towards port 4317, unless it is told not to.
      OTEL_TRACES_SAMPLER: 'always_off',
    },
    stdio: ['ignore', 2, 'pipe'],
  });
  const log = lastLines(jaeger.stderr, 40);
  let stopping = false;
  const stop = () => {
    stopping = true;
    jaeger.kill('SIGTERM');
  };
  const ended = new Promise((resolve, reject) => {
    jaeger.once('error', reject);
    jaeger.once('exit', (code) =>
      stopping ? resolve() : reject(new Error(`Jaeger ended with code ${code}.\n${log.join('\n')}`)),
    );
  });
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Only a pipe has an end that means something: /dev/null ends at once, a terminal has Ctrl-C.
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.resume().once('end', stop).once('error', stop);

  const ready = answers(`http://${query}/api/services`).then(() => answers(`http://${otlp}/`));
  await Promise.race([ready, ended]);
  if (!stopping)
    process.stdout.write(`${JSON.stringify({ otlpUrl: `http://${otlp}`, queryUrl: `http://${query}` })}\n`);
  await ended;
}

/** Any status is an answer: what counts is that somebody listens. */
async function answers(url) {
  for (const until = Date.now() + START_TIMEOUT_MILLIS; Date.now() < until; await sleep(50)) {
    const response = await fetch(url).catch(() => undefined);
    if (response) return void (await response.arrayBuffer());
  }
  throw new Error(`Nothing answered at ${url} within ${START_TIMEOUT_MILLIS / 1000} s.`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function lastLines(stream, count) {
  const lines = [];
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > count) lines.shift();
  });
  return lines;
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'otlp-port': { type: 'string' }, 'query-port': { type: 'string' } },
  });
  if (positionals[0] === 'build') process.stdout.write(`${await buildJaeger()}\n`);
  else if (positionals[0] === 'start') await run({ otlpPort: values['otlp-port'], queryPort: values['query-port'] });
  else throw new Error('Usage: node collector/jaeger.mjs build | start [--otlp-port N] [--query-port N]');
}

if (process.argv[1] && realpathSync(process.argv[1]) === SELF) {
  main().then(
    // The race of readiness and end can leave timers and sockets behind; the work is done either way.
    () => process.exit(0),
    (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  );
}
