/**
 * What the gateway costs, beside Jaeger with badger where that is built. Needs Linux and `npm run build`.
 *
 *   node bench/gateway.mjs             about 25 minutes: a store of 1,000,000 spans, ten minutes of load
 *   node bench/gateway.mjs --quick     about three: 50,000 spans, 20 s of load
 *   node bench/gateway.mjs --only ingest,large [--spans 200000]
 *   node bench/gateway.mjs --write     also puts the results of all Node versions into docs/gateway.md
 *
 * The result goes to bench/results/gateway-node-<line>.json, where suites that were not run keep what they had; that of a
 * quick or smaller run to quick-gateway-node-<line>.json. The store of 1,000,000 spans is kept in the cache folder, and
 * filled again when its format changes.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { writeDocsBlock } from '../scripts/docs-block.mjs';
import { ingest, large, sustained } from './gateway/measure.mjs';

const suites = { ingest, large, sustained };
const RESULTS = new URL('results/', import.meta.url);
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    spans: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const isQuick = values.quick === true;
const isFull = !isQuick && values.spans === undefined;
if (values.write && !isFull) {
  process.stderr.write('--write needs full sizes: leave out --quick and --spans.\n');
  process.exit(1);
}

const log = (line) => process.stderr.write(`  ${line}\n`);
const { node } = process.versions;
const line = node.split('.')[0];
const measured = {};
for (const name of values.only?.split(',') ?? Object.keys(suites)) {
  process.stderr.write(`${name} …\n`);
  measured[name] = await suites[name]({ isQuick, spans: values.spans && Number(values.spans), log });
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
const file = new URL(`${isFull ? '' : 'quick-'}gateway-node-${line}.json`, RESULTS);
const before = isFull && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).suites : {};
writeFileSync(file, `${JSON.stringify({ node, machine, suites: { ...before, ...measured } }, null, 2)}\n`);
process.stdout.write(`${isQuick ? 'Quick run. ' : ''}${tableOf([{ node, machine, suites: measured }])}\n`);
if (values.write) writeDocsBlock('gateway.md', 'figures', tableOf(storedResults()));

/** The latest Node version first. */
function storedResults() {
  const names = readdirSync(RESULTS).filter((name) => /^gateway-node-\d+\.json$/.test(name));
  const results = names.map((name) => JSON.parse(readFileSync(new URL(name, RESULTS), 'utf8')));
  return results.sort((a, b) => Number.parseInt(b.node, 10) - Number.parseInt(a.node, 10));
}

/** A row for each figure, a column for each result. */
function tableOf(results) {
  const titles = results.map((each) => `Node ${each.node}`);
  const figures = results.map((each) => Object.keys(suites).flatMap((name) => each.suites[name] ?? []));
  const goals = new Map(figures.flat().map(({ name, goal }) => [name, goal]));
  const rows = [...goals].map(([name, goal]) => {
    const cells = figures.map((each) => cellOf(each.find((figure) => figure.name === name)));
    return `| ${name} | ${goal} | ${cells.join(' | ')} |`;
  });
  const notes = results.flatMap(({ node }, index) =>
    (figures[index] ?? []).flatMap(({ name, note }) => (note ? [`- Node ${node}, ${name}: ${note}.`] : [])),
  );
  return [
    `${[...new Set(results.map(({ machine }) => machine))].join('; ')}:`,
    '',
    `| Figure | Goal | ${titles.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(results.length)}`,
    ...rows,
    '',
    ...notes,
  ].join('\n');
}

function cellOf({ value, unit, isMet } = {}) {
  if (value === undefined) return 'not measured';
  const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
  return `${shown} ${unit}${isMet === false ? ' (**not reached**)' : ''}`;
}
