/**
 * `npm run faults`: every promise of reliability, measured on the build in dist through the public surface. Prints the
 * table; the exit code is 1 where a figure is missed. See README.md.
 *
 *   node test/faults/run.mjs [--short] [--only kills,damage] [--soak MINUTES] [--json FILE] [--write]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeDocsBlock } from '../../scripts/docs-block.mjs';
import { suites } from './suites/index.mjs';
import { table } from './support/figures.mjs';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean' },
    only: { type: 'string' },
    soak: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const log = (line) => process.stderr.write(`  ${line}\n`);
const names = values.only?.split(',') ?? Object.keys(suites);
const minutes = Number(values.soak ?? (values.short ? 0 : 5));
const figures = [];

for (const name of names) {
  const began = Date.now();
  process.stderr.write(`${name} …\n`);
  const found = await suites[name]({ isShort: values.short === true, minutes, log });
  figures.push(...found);
  process.stderr.write(`${name}: ${((Date.now() - began) / 1_000).toFixed(0)} s\n`);
}

const title = `Node ${process.version}, ${values.short ? 'short' : 'long'} form`;
process.stdout.write(`\n${title}\n\n${table(figures)}\n`);

const isMissed = ({ isMet, isTimed }) => isMet === false && !(isTimed && values.short);
const missed = figures.filter(isMissed);
if (values.json) {
  const nameOf = ({ id, name }) => `faults > ${id} ${name}`;
  const skips = figures.filter(({ isMet }) => isMet === undefined);
  const summary = {
    passed: figures.length - missed.length - skips.length,
    failed: missed.length,
    skipped: skips.map((each) => ({ name: nameOf(each), reason: each.note })),
    failures: missed.map((each) => ({ name: nameOf(each), message: `${each.required} asked, ${each.measured} found` })),
    figures,
  };
  writeFileSync(values.json, JSON.stringify(summary, null, 2));
}
if (values.write) writeDocsBlock('delivery.md', 'faults', `${title}:\n\n${table(figures)}`);
process.stdout.write(`\n${figures.length} figures, ${missed.length} missed\n`);
process.exitCode = missed.length > 0 ? 1 : 0;
