/**
 * Figures of the page, in the system's Chromium, against a gateway of its own. Build first.
 *
 *   node bench/page.mjs                    about two minutes: a store of 20,000 interactions
 *   node bench/page.mjs --data FOLDER      on a copy of a store, such as one of 1,000,000 interactions
 *   node bench/page.mjs --live 3600        watches the memory of the list instead, at 50 interactions a second
 *   node bench/page.mjs … --write          also keeps the result, and puts both results into docs/gateway.md
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { writeDocsBlock } from '../scripts/docs-block.mjs';
import { startGateway } from './gateway/servers.mjs';
import { fill } from './page/data.mjs';
import { watchLive } from './page/live.mjs';
import { measureKeys, measureList, measureScrolling, measureVisible, settled, sizes } from './page/measures.mjs';

const { values } = parseArgs({
  options: {
    interactions: { type: 'string', default: '20000' },
    data: { type: 'string' },
    live: { type: 'string' },
    write: { type: 'boolean' },
  },
});
/** Nothing may be pruned meanwhile. */
const KEEP_ALL = ['--max-age-days', '3650', '--max-size-mb', '100000'];
/** A filled store can be older than the hours that the list shows first. */
const RECENT = 300;
const RESULTS = new URL('results/', import.meta.url);

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
if (!executablePath) throw new Error('There is no Chromium: set CHROMIUM_PATH.');

const scratch = mkdtempSync(join(tmpdir(), 'spanport-page-bench-'));
const ends = [() => rmSync(scratch, { recursive: true, force: true })];
try {
  const figures = await measure();
  const result = { node: process.versions.node, machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`, figures };
  process.stdout.write(`${tableOf([result])}\n`);
  if (values.write) {
    const name = values.live ? 'page-live.json' : 'page.json';
    writeFileSync(new URL(name, RESULTS), `${JSON.stringify(result, null, 2)}\n`);
    writeDocsBlock('gateway.md', 'page figures', tableOf(writtenResults()));
  }
} finally {
  for (const end of ends.reverse()) await end();
}

async function measure() {
  const data = join(scratch, 'data');
  if (values.data) cpSync(values.data, data, { recursive: true });
  const gateway = await startGateway(data, { args: KEEP_ALL });
  ends.push(() => gateway.stop());
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  ends.push(() => browser.close());
  const bench = { browser, gateway, scratch, log: (line) => process.stderr.write(`  ${line}\n`) };
  if (values.live) return watchLive(bench, Number(values.live));
  await fill(gateway.url, values.data ? RECENT : Number(values.interactions));
  await settled(gateway);
  return [
    ...sizes(),
    ...(await measureList(bench)),
    ...(await measureKeys(bench)),
    ...(await measureScrolling(bench)),
    ...(await measureVisible(bench)),
  ];
}

function writtenResults() {
  return ['page.json', 'page-live.json']
    .map((name) => new URL(name, RESULTS))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')));
}

/** A row for each figure. */
function tableOf(results) {
  const rows = results.flatMap(({ figures }) =>
    figures.map(({ name, goal = '', value, unit = '', isMet }) => {
      const shown = value >= 100 ? Math.round(value).toLocaleString('en') : Number(value.toFixed(value < 0.1 ? 4 : 2));
      return `| ${name} | ${goal} | ${shown}${unit && ` ${unit}`}${isMet === false ? ' (**not reached**)' : ''} |`;
    }),
  );
  const machines = results.map(({ machine, node }) => `${machine}, Node ${node}`);
  return [
    `${[...new Set(machines)].join('; ')}:`,
    '',
    '| Figure | Goal | Result |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}
