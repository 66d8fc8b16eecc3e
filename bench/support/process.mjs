/** Runs one task in a process of its own and gives back the figures that it prints. */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH } from './prepare.mjs';

const TIMEOUT_MILLIS = 180_000;

/** @returns the sink's URL, and what ends it */
export async function startSink() {
  const sink = fork(join(BENCH, 'support', 'sink.mjs'), { execArgv: [] });
  const url = await new Promise((resolve, reject) => {
    sink.once('message', resolve);
    sink.once('error', reject);
  });
  let isDone = false;
  sink.once('exit', (code, signal) => {
    if (!isDone)
      throw new Error(`The sink ended by itself (${code ?? signal}): the figures since then are worth nothing.`);
  });
  const stop = () => {
    isDone = true;
    sink.disconnect();
  };
  return { url, stop };
}

/**
 * @param {object} setting
 * @param {string} setting.node path of the binary
 * @param {string} setting.dist the built Spanport
 * @param {string} setting.sink URL
 * @param {string} [setting.openai] file URL of a module beside whose node_modules openai lies
 * @param {object} task what the child is told: subject, case and options
 */
export async function runTask({ node, dist, sink, openai }, { nodeArgs = [], script = 'child.mjs', ...task }) {
  const spool = task.subject.hasSpool && mkdtempSync(join(tmpdir(), 'spanport-bench-'));
  const env = {
    ...cleanEnvironment(),
    BENCH_SPANPORT: dist,
    ...(openai && { BENCH_OPENAI: openai }),
    ...(spool && { SPANPORT_SPOOL_DIR: spool }),
    ...(task.subject.register && { ATHINA_API_KEY: 'bench', ATHINA_BASE_URL: sink, OTEL_EXPORTER_OTLP_ENDPOINT: sink }),
    ...task.subject.environment,
  };
  const options = { transportSink: sink, countAt: sink, ...(task.delivers && { sink }), ...task.options };
  const preload = task.subject.register ? ['--import', join(dist, 'register.js')] : [];
  const args = [...nodeArgs, ...preload, script, JSON.stringify({ ...task, options })];
  try {
    const { code, stdout, stderr } = await collect(spawn(node, args, { cwd: BENCH, env, timeout: TIMEOUT_MILLIS }));
    const line = stdout.split('\n').findLast((each) => each.startsWith('RESULT '));
    if (line) return JSON.parse(line.slice('RESULT '.length));
    throw new Error(`${task.subject.name}, ${task.case ?? script}: ended with ${code}\n${stderr.slice(-2_000)}`);
  } finally {
    if (spool) rmSync(spool, { recursive: true, force: true });
  }
}

function collect(child) {
  return new Promise((resolve, reject) => {
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        texts[name] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? signal, ...texts }));
  });
}

/** The environment without what would configure a subject, openai or Node from outside. */
function cleanEnvironment() {
  const configuring = /^(SPANPORT|OTEL|OPENAI|ATHINA|RECONIFY|INKEEP|REQUESTY|KORE|NODE|LANG|BRAINTRUST|TRACELOOP)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !configuring.test(name)));
}
