/** Runs one task in a process of its own and returns the figures that it prints. */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH } from './prepare.mjs';
import { countsIn, underValgrind } from './valgrind.mjs';

const TIMEOUT_MILLIS = 180_000;
/** Valgrind runs a process some fifty times slower. */
const COUNTING_TIMEOUT_MILLIS = 900_000;

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
  const temporary = mkdtempSync(join(tmpdir(), 'spanport-bench-'));
  const env = {
    ...cleanEnvironment(),
    BENCH_SPANPORT: dist,
    ...(openai && { BENCH_OPENAI: openai }),
    ...(task.subject.hasSpool && { SPANPORT_SPOOL_DIR: temporary }),
    ...(task.subject.register && { ATHINA_API_KEY: 'bench', ATHINA_BASE_URL: sink, OTEL_EXPORTER_OTLP_ENDPOINT: sink }),
    ...task.subject.environment,
    ...(task.subject.hangs && { ATHINA_BASE_URL: `${sink}/hang` }),
  };
  const options = { transportSink: sink, countAt: sink, ...(task.delivers && { sink }), ...task.options };
  const preload = task.subject.register ? ['--import', join(dist, 'node/register.js')] : [];
  const nodeCommand = [...nodeArgs, ...preload, script, JSON.stringify({ ...task, options })];
  const run = task.counts ? underValgrind(node, nodeCommand, temporary) : { command: node, args: nodeCommand };
  const timeout = task.counts ? COUNTING_TIMEOUT_MILLIS : TIMEOUT_MILLIS;
  try {
    const { code, stdout, stderr } = await collect(spawn(run.command, run.args, { cwd: BENCH, env, timeout }));
    const line = stdout.split('\n').findLast((each) => each.startsWith('RESULT '));
    if (!line) {
      const name = `${task.subject.name}, ${task.case ?? script}`;
      throw new Error(`${name}: ended with ${code}\n${stderr.slice(-2_000)}`);
    }
    const result = JSON.parse(line.slice('RESULT '.length));
    return task.counts
      ? { ...result, figures: instructionsOf(countsIn(temporary), result.marks, task.only[0]) }
      : result;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Instructions of a call, by the calls of the process that they were counted in; and of the process up to a call. */
function instructionsOf([load, ...counts], marks, name) {
  const figures = { [`${name}, load`]: [load] };
  let process = load;
  for (const [index, count] of counts.entries()) {
    const first = (marks[index - 1] ?? 0) + 1;
    const calls = first === marks[index] ? `${first}` : `${first}–${marks[index]}`;
    figures[`${name}, ${calls}`] = [count / (marks[index] - first + 1)];
    process += count;
    figures[`${name}, process to ${marks[index]}`] = [process];
  }
  return figures;
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
