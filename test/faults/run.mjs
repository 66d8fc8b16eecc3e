/**
 * `npm run faults`: every promise of reliability, measured on the build in dist through the public surface. Prints the
 * table; the exit code is 1 where a figure is missed. `--short` takes under three minutes, `--only NAME,NAME` runs some
 * suites, `--json FILE` keeps the figures.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { suites } from './suites/index.mjs';
import { DIST } from './support/children.mjs';
import { table } from './support/figures.mjs';

const { values } = parseArgs({
  options: { short: { type: 'boolean' }, only: { type: 'string' }, json: { type: 'string' } },
});
const log = (line) => process.stderr.write(`  ${line}\n`);
const names = values.only?.split(',') ?? Object.keys(suites);
const figures = [];

for (const name of names) {
  const began = Date.now();
  process.stderr.write(`${name} …\n`);
  const found = await suites[name]({ isShort: values.short === true, log });
  figures.push(...found);
  process.stderr.write(`${name}: ${((Date.now() - began) / 1_000).toFixed(0)} s\n`);
}

process.stdout.write(
  `\nnode ${process.version}, ${values.short ? 'short' : 'long'} form, ${DIST}\n\n${table(figures)}\n`,
);
if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
const missed = figures.filter(({ isMet }) => isMet === false);
process.stdout.write(`\n${figures.length} figures, ${missed.length} missed\n`);
process.exitCode = missed.length > 0 ? 1 : 0;
