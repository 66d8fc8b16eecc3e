/**
 * What the gateway costs, beside Jaeger with badger where that is built. Needs Linux and `npm run build`.
 *
 *   node bench/gateway.mjs             about 25 minutes: a store of 1,000,000 spans, ten minutes of load
 *   node bench/gateway.mjs --quick     about three: 50,000 spans, 20 s of load
 *   node bench/gateway.mjs --only ingest,large [--spans 200000]
 *   node bench/gateway.mjs --write     also puts the table into docs/gateway.md
 *
 * Results go to bench/results/gateway-node-<line>.json, of a quick run to quick-gateway-node-<line>.json. The store of
 * 1,000,000 spans is kept in the cache folder, and filled again when its format changes.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { writeDocsBlock } from '../scripts/docs-block.mjs';
import { ingest, large, sustained } from './gateway/measure.mjs';

const suites = { ingest, large, sustained };
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    spans: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const isQuick = values.quick === true;
const log = (line) => process.stderr.write(`  ${line}\n`);
const figures = [];
for (const name of values.only?.split(',') ?? Object.keys(suites)) {
  process.stderr.write(`${name} …\n`);
  figures.push(...(await suites[name]({ isQuick, spans: values.spans && Number(values.spans), log })));
}

const shown = (value) =>
  value === undefined ? 'not measured' : value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
const reached = ({ isMet }) => (isMet === undefined ? '' : isMet ? 'yes' : '**no**');
const rows = figures.map(
  (each) =>
    `| ${each.name} | ${each.goal} | ${shown(each.value)}${each.value === undefined ? '' : ` ${each.unit}`} | ${reached(each)} |`,
);
const notes = figures.filter(({ note }) => note).map(({ name, note }) => `- ${name}: ${note}.`);
const line = process.versions.node.split('.')[0];
const title = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}${isQuick ? ', quick run' : ''}`;
const table = [
  `${title}:`,
  '',
  '| Figure | Goal | Now | Reached |',
  '| --- | --- | --- | --- |',
  ...rows,
  '',
  ...notes,
];
process.stdout.write(`${table.join('\n')}\n`);
const file = new URL(`results/${isQuick ? 'quick-' : ''}gateway-node-${line}.json`, import.meta.url);
writeFileSync(file, `${JSON.stringify({ node: process.version, isQuick, figures }, null, 2)}\n`);
if (values.write) writeDocsBlock('gateway.md', 'figures', table.join('\n'));
