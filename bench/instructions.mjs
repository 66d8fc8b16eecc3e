/**
 * Instructions of a call, by `valgrind --tool=callgrind`: the figure that decides where CPU times of two versions differ
 * by less than their spread. Says so where valgrind is not installed.
 *
 *   node bench/instructions.mjs [--subject bare,spanport] [--case small,big,stream] [--dist PATH]
 *
 * `npm run bench -- --suite instructions` does the same for the published tables.
 */
import { parseArgs } from 'node:util';
import { delivering, subjects } from './subjects/index.mjs';
import { suitesFor } from './suites.mjs';
import { buildSpanport, installPeers } from './support/prepare.mjs';
import { runTask, startSink } from './support/process.mjs';
import { hasValgrind } from './support/valgrind.mjs';

const { values } = parseArgs({
  options: { subject: { type: 'string' }, case: { type: 'string' }, dist: { type: 'string' } },
});

async function main() {
  if (!hasValgrind()) return console.log('valgrind is not installed: no instructions were counted.');
  installPeers();
  const { subjects: usual, parts, rounds: _, ...task } = suitesFor(true).find(({ name }) => name === 'instructions');
  const wanted = values.subject?.split(',');
  const chosen = wanted ? [...subjects, ...delivering].filter(({ name }) => wanted.includes(name)) : usual;
  const spanport = await buildSpanport(values.dist);
  const sink = await startSink();
  const setting = { node: process.execPath, dist: spanport.dist, sink: sink.url };
  try {
    for (const part of values.case?.split(',') ?? parts) {
      const counts = {};
      for (const subject of chosen) {
        const delivers = delivering.includes(subject) && { delivers: true };
        counts[subject.name] = (await runTask(setting, { ...task, ...delivers, subject, only: [part] })).figures;
      }
      print(counts);
    }
  } finally {
    sink.stop();
    spanport.remove();
  }
}

/** Thousands of instructions; beside openai alone where that was counted too. */
function print({ bare, ...others }) {
  const figures = Object.keys(Object.values(others)[0] ?? bare);
  const thousands = (value) => Math.round(value / 1e3).toLocaleString('en');
  for (const figure of figures) {
    const cells = Object.entries(others).map(([name, counts]) => {
      const [count] = counts[figure];
      return `${name} ${bare ? '+' : ''}${thousands(bare ? count - bare[figure][0] : count)}`;
    });
    console.log(`${figure}: ${[...(bare ? [`bare ${thousands(bare[figure][0])}`] : []), ...cells].join(', ')}`);
  }
}

await main();
