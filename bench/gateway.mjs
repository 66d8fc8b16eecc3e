/**
 * What the gateway costs, beside Jaeger with badger where that is built. Needs Linux and `npm run build`.
 *
 *   node bench/gateway.mjs             about 25 minutes: a store of 1,000,000 spans, ten minutes of load
 *   node bench/gateway.mjs --quick     about three: 50,000 spans, 20 s of load
 *   node bench/gateway.mjs --only ingest,large [--spans 200000]
 *   node bench/gateway.mjs --write     also puts the results of all Node versions into docs/gateway.md
 *
 * The result of a whole run goes to bench/results/gateway-node-<line>.json, that of any other run to
 * quick-gateway-node-<line>.json. The store of 1,000,000 spans is kept in the cache folder, and filled again when its
 * format changes.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const isWhole = !isQuick && values.only === undefined && values.spans === undefined;
if (values.write && !isWhole) {
  process.stderr.write('--write needs a whole run: leave out --quick, --only and --spans.\n');
  process.exit(1);
}

const log = (line) => process.stderr.write(`  ${line}\n`);
const figures = [];
for (const name of values.only?.split(',') ?? Object.keys(suites)) {
  process.stderr.write(`${name} …\n`);
  figures.push(...(await suites[name]({ isQuick, spans: values.spans && Number(values.spans), log })));
}
const { node } = process.versions;
const result = { node, machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`, isQuick, figures };
const file = `${isWhole ? '' : 'quick-'}gateway-node-${node.split('.')[0]}.json`;
writeFileSync(new URL(file, RESULTS), `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${isQuick ? 'Quick run. ' : ''}${tableOf([result])}\n`);
if (values.write) writeDocsBlock('gateway.md', 'figures', tableOf(wholeResults()));

/** The latest Node version first. */
function wholeResults() {
  const names = readdirSync(RESULTS).filter((name) => /^gateway-node-\d+\.json$/.test(name));
  const results = names.map((name) => JSON.parse(readFileSync(new URL(name, RESULTS), 'utf8')));
  return results.sort((a, b) => Number.parseInt(b.node, 10) - Number.parseInt(a.node, 10));
}

/** A row for each figure, a column for each result. */
function tableOf(results) {
  const titles = results.map((each) => `Node ${each.node}`);
  const rows = results[0].figures.map(({ name, goal }) => {
    const cells = results.map((each) => cellOf(each.figures.find((figure) => figure.name === name)));
    return `| ${name} | ${goal} | ${cells.join(' | ')} |`;
  });
  const notes = results.flatMap((each) =>
    each.figures.flatMap(({ name, note }) => (note ? [`- Node ${each.node}, ${name}: ${note}.`] : [])),
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
