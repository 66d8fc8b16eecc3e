/**
 * The benchmark: `npm run bench`, see README.md.
 *
 *   node bench/run.mjs [--quick] [--node 20,22,24] [--suite calls,allocations] [--out NAME] [--dist PATH]
 *
 * With `--suite` the other suites of that result stay as they were. A full run on Node 20 also fills the READMEs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { markdownFrom } from './report/markdown.mjs';
import { suitesFor } from './suites.mjs';
import { nodeBinary } from './support/nodes.mjs';
import { BENCH, buildSpanport, CACHE, installPeers } from './support/prepare.mjs';
import { runTask, startSink } from './support/process.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    node: { type: 'string', default: process.versions.node.split('.', 1)[0] },
    suite: { type: 'string' },
    out: { type: 'string' },
    dist: { type: 'string' },
  },
});

async function main() {
  installPeers();
  const spanport = await buildSpanport(values.dist);
  try {
    for (const major of values.node.split(',')) {
      const node = nodeBinary(major, CACHE);
      const suites = suitesFor(values.quick).filter(
        ({ name }) => !values.suite || values.suite.split(',').includes(name),
      );
      const results = {};
      for (const suite of suites) {
        const began = performance.now();
        const sink = await startSink();
        results[suite.name] = await runSuite(suite, { node, dist: spanport.dist, sink: sink.url });
        sink.stop();
        console.error(`${suite.name}: ${Math.round((performance.now() - began) / 1e3)} s`);
      }
      publish(major, results);
    }
  } finally {
    spanport.remove();
  }
}

/** @returns by subject, by figure: what each round gave */
async function runSuite({ name, subjects, rounds, parts = [undefined], ...task }, setting) {
  const results = {};
  for (let round = 0; round < rounds; round++) {
    const turned = round % subjects.length;
    for (const subject of [...subjects.slice(turned), ...subjects.slice(0, turned)]) {
      say(`${name}, round ${round + 1} of ${rounds}: ${subject.name}`);
      results[subject.name] ??= { title: subject.title, kind: subject.kind, rounds: [] };
      const kept = results[subject.name];
      try {
        const found = [];
        for (const part of parts)
          found.push(await runTask(setting, { ...task, subject, ...(part && { only: [part] }) }));
        if (found.every(({ seen }) => seen === 0) && !subject.isSilent) kept.note = 'records nothing here';
        kept.rounds.push(Object.assign({}, ...found.map(({ figures }) => figures)));
      } catch (error) {
        kept.note = 'fails';
        say('');
        console.error(error.message);
        kept.rounds.push(undefined);
      }
    }
  }
  say('');
  return results;
}

/** What is under way, on one line, for whoever watches. */
function say(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function publish(major, results) {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown CPU', node: major, quick: values.quick };
  const folder = join(BENCH, 'results');
  mkdirSync(folder, { recursive: true });
  const name = values.out ?? (values.quick ? `quick-node-${major}` : `node-${major}`);
  const file = join(folder, `${name}.jsonl`);
  const all = { ...(values.suite && existsSync(file) && suitesIn(file)), ...results };
  const markdown = markdownFrom(all, machine);
  writeFileSync(join(folder, `${name}.md`), markdown);
  const lines = Object.entries(all).map(([suite, subjects]) =>
    JSON.stringify({ suite, ...machine, subjects }, rounded),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  console.log(markdown);
  const isPublished = major === '20' && !values.quick && !values.out;
  if (isPublished) spawnSync(process.execPath, [join(BENCH, 'readme.mjs'), name], { stdio: 'inherit' });
}

/** A tenth of a microsecond is noise. */
function rounded(_, value) {
  return typeof value === 'number' ? Math.round(value * 10) / 10 : value;
}

/** What a former run wrote: a suite a line. */
function suitesIn(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ suite, subjects }) => [suite, subjects]));
}

await main();
