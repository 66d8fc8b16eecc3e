import { spawn } from 'node:child_process';
import { createWriteStream, fstatSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const LOG_LINES = 60;
/** A server that fails ends by itself; one that is slow, because the machine is busy, may take minutes. */
const START_MILLIS = 300_000;

/**
 * Runs the command and stops it when the parent's end of stdin closes, so that a parent that is killed leaves no server
 * behind. Exits with the command's own code.
 */
const LEASH = `
exec 3<&0
"$@" </dev/null 3<&- & child=$!
echo $child
{ cat <&3; kill $child; } >/dev/null 2>&1 & reader=$!
wait $child; code=$?
kill $reader
exit $code
`;

/**
 * Starts a server as a child that cannot outlive this process. Resolves when `ready` resolves; rejects with the last
 * lines of its log when it ends before that.
 *
 * @param {{ name: string, command: string, args: string[], env?: Record<string, string | undefined>, cwd?: string,
 *   ready: () => Promise<unknown>, logFile?: string }} options
 */
export async function startServer({ name, command, args, env, cwd, ready, logFile }) {
  const leash = spawn('/bin/sh', ['-c', LEASH, 'sh', command, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  leash.stdin.on('error', () => {});
  const log = [];
  const file = logFile && createWriteStream(logFile, { flags: 'a' });
  const record = (line) => {
    log.push(line);
    if (log.length > LOG_LINES) log.shift();
    file?.write(`${line}\n`);
  };
  const output = createInterface({ input: leash.stdout });
  const pid = new Promise((resolve) => output.once('line', (line) => resolve(Number(line))));
  output.on('line', record);
  createInterface({ input: leash.stderr }).on('line', record);
  const ended = new Promise((resolve, reject) => {
    leash.once('error', reject);
    leash.once('exit', (code) => resolve(code));
  }).finally(() => file?.end());

  const server = {
    name,
    pid: await Promise.race([pid, ended]),
    ended,
    log: () => log.join('\n'),
    /** Asks the server to end and waits for it. */
    stop: () => server.kill('SIGTERM'),
    /** Sends a signal and waits for the end. */
    async kill(signal = 'SIGKILL') {
      signalProcess(server.pid, signal);
      await ended;
      leash.stdin.end();
    },
  };
  const early = ended.then((code) => {
    throw new Error(`${name} ended with code ${code} before it was ready.\n${server.log()}`);
  });
  await Promise.race([ready(), early]).catch(async (error) => {
    await server.kill().catch(() => {});
    throw error;
  });
  early.catch(() => {});
  return server;
}

function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * For a script that starts a server: prints the description as one line of JSON, then runs until SIGTERM, SIGINT, or
 * the end of a piped stdin. Rejects when the server ends by itself.
 */
export async function serveUntilStopped(server, description) {
  process.stdout.write(`${JSON.stringify(description)}\n`);
  const stopping = new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    // Only a pipe has a meaningful end: /dev/null ends at once, and a terminal has Ctrl-C.
    const stdin = fstatSync(0);
    if (stdin.isFIFO() || stdin.isSocket()) process.stdin.resume().once('end', resolve).once('error', resolve);
  });
  const endedAlone = server.ended.then((code) => {
    throw new Error(`${server.name} ended with code ${code}.\n${server.log()}`);
  });
  await Promise.race([stopping, endedAlone]);
  endedAlone.catch(() => {});
  await server.stop();
}

/** Waits until the URL answers with any status, or with a 2xx status when `ok` is set. */
export async function answers(url, { timeoutMillis = START_MILLIS, ok = false } = {}) {
  for (const until = Date.now() + timeoutMillis; Date.now() < until; await sleep(50)) {
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer().catch(() => {});
    if (response && (response.ok || !ok)) return;
  }
  throw new Error(`Nothing answered at ${url} within ${timeoutMillis / 1000} s.`);
}

/** Waits until the port on 127.0.0.1 accepts a connection. */
export async function accepts(port, { timeoutMillis = START_MILLIS } = {}) {
  for (const until = Date.now() + timeoutMillis; Date.now() < until; await sleep(100)) {
    const connected = await new Promise((resolve) => {
      const socket = createConnection(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (connected) return;
  }
  throw new Error(`Nothing accepted a connection on port ${port} within ${timeoutMillis / 1000} s.`);
}

/** Below those that the system gives to connections, and to servers that ask for any port. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** Ports that were free a moment ago, all different. No connection takes one of them before its server has started. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
