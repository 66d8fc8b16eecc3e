/**
 * Puts the published result into the READMEs, between their markers: `node bench/readme.mjs [NAME]`, where NAME is a
 * result in `results/`, node-20 unless said.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { besideBare } from './report/figures.mjs';
import { number, signed } from './report/format.mjs';
import { goalsOf } from './report/goals.mjs';
import { BENCH, REPOSITORY } from './support/prepare.mjs';
import { median } from './support/statistics.mjs';

const name = process.argv[2] ?? 'node-20';
const suites = readFileSync(join(BENCH, 'results', `${name}.jsonl`), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const results = Object.fromEntries(suites.map(({ suite, subjects }) => [suite, subjects]));
const [{ cpu, node }] = suites;
/** What stands for a subject where something is at the other end. */
const DELIVERED = { spanport: 'spanport-otlp' };
const SHOWN = ['bare', 'floor', 'spanport', 'spanport-disabled', 'spanport-off'];

function table() {
  const { young, firstCall, calls, delivering, allocations, startup } = results;
  const names = Object.keys(calls).filter((each) => SHOWN.includes(each) || calls[each].kind === 'peer');
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const head = [
    '',
    'calls 1–50, µs each',
    'first call until its record left, ms',
    'small call',
    '20 messages, 5 tools',
    'stream of 500 chunks',
    'small call, delivered',
    'KB, small call',
    'start, ms',
  ];
  const cells = (each) => [
    calls[each].title,
    over(young, each, '1–50', 1),
    over(firstCall, each, 'cpu, handed over', 1e3),
    ...['small', 'big', 'stream'].map((figure) => ratio(besideBare(calls, each, figure), each)),
    ratio(delivering && besideBare(delivering, DELIVERED[each] ?? each, 'small'), each),
    kilobytes(allocations && besideBare(allocations, each, 'small', median), each),
    started(startup && besideBare(startup, each, 'cpu', median), each),
  ];
  return [line(head), line(head.map(() => '---')), ...names.map((each) => line(cells(each)))].join('\n');
}

function over(suite, each, figure, unit, digits = 0) {
  const found = suite?.[each] && besideBare(suite, each, figure, median);
  if (!found) return '';
  return each === 'bare' ? number(found.own / unit, digits) : signed(found.extra / unit, digits);
}

function ratio(figure, each) {
  if (!figure) return '';
  return each === 'bare' ? `${number(figure.own, 0)} µs` : `${figure.ratio.toFixed(2)}×`;
}

function kilobytes(figure, each) {
  if (!figure) return '';
  return each === 'bare' ? number(figure.own / 1e3, 0) : signed(figure.extra / 1e3, 1);
}

function started(figure, each) {
  if (!figure) return '';
  return each === 'bare' ? number(figure.own / 1e3, 0) : signed(figure.extra / 1e3, 0);
}

function summary() {
  const missed = goalsOf(results).filter(({ isReached }) => !isReached);
  const list = (wanted) =>
    missed
      .filter(wanted)
      .map(({ title, goal, now }) => `${title} ${now} (${goal})`)
      .join('; ');
  const [clear, open] = [list(({ isOpen }) => !isOpen), list(({ isOpen }) => isOpen)];
  return `${table()}

CPU of a call that is answered inside the process, compared with openai alone, Node ${node}, ${cpu}; medians of
${results.calls.bare.rounds.length} rounds. Calls 1–50 and the first call are those of a process that has just started, over openai alone: what a
script, a test run or a serverless function pays. Delivered: to an OTLP server in another process, Spanport's with
content; langsmith and braintrust to their own. Bytes and start are over openai alone. Over a network the client costs
ten times as much, and the ratios shrink.

Goals that are not reached, with the goal in brackets: ${clear || 'none'}.

Not reached by the median, though by some rounds: ${open || 'none'}. [Where it goes](../bench/README.md#where-the-rest-goes).

[All tables](../bench/results/${name}.md), [how to read them](../bench/README.md), [how figures grow with their size](growth/README.md).`;
}

function goalTable() {
  const rows = goalsOf(results).map(
    ({ title, goal, now, spread, isReached, isOpen }) =>
      `| ${title} | ${goal} | ${now} | ${spread} | ${isReached ? 'yes' : '**no**'}${isOpen ? ', open' : ''} |`,
  );
  return ['| Case | Goal | Now | Lowest to highest round | Reached |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function fill(file, marker, text) {
  const before = readFileSync(file, 'utf8');
  const block = new RegExp(`(<!-- ${marker} -->\n)[\\s\\S]*?(<!-- /${marker} -->)`);
  if (!block.test(before)) throw new Error(`${file} has no markers <!-- ${marker} --> and <!-- /${marker} -->.`);
  writeFileSync(
    file,
    before.replace(block, (_, open, close) => `${open}\n${text}\n\n${close}`),
  );
}

/** The measured columns of README's comparison. The others say what each can do. */
function fillComparison() {
  const file = join(REPOSITORY, 'README.md');
  const { young, firstCall, calls } = results;
  const rows = /^\| (.+?) \| [+−].+? ms \| [+−].+? µs \| [\d.]+×(.*?) \| [\d.]+×(.*?) \|/gm;
  const filled = readFileSync(file, 'utf8').replace(rows, (_, title, afterSmall, afterBig) => {
    const each = Object.keys(calls).find((key) => calls[key].title.startsWith(title));
    if (!each) throw new Error(`README compares ${title}, which was not measured.`);
    const [small, big] = ['small', 'big'].map((figure) => ratio(besideBare(calls, each, figure), each));
    const first = over(firstCall, each, 'cpu, handed over', 1e3, 1);
    return `| ${title} | ${first} ms | ${over(young, each, '1–50', 1)} µs | ${small}${afterSmall} | ${big}${afterBig} |`;
  });
  writeFileSync(file, filled);
}

fillComparison();
fill(join(REPOSITORY, 'docs/cost.md'), 'bench', summary());
fill(join(BENCH, 'README.md'), 'goals', goalTable());
