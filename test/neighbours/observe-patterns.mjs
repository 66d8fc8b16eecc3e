import { writeFileSync } from 'node:fs';
import { startPatterns } from './support/patterns.mjs';

const LIMIT_MILLIS = 30_000;

/**
 * Runs patterns and writes what the application saw of each and what went over the wire. The tools that are tried were
 * loaded before, by the command line. `NEIGHBOURS_PATTERNS`: a JSON list of names; all patterns without.
 */
export async function observePatterns(load) {
  const { wrapClient } = globalThis.neighbour ?? {};
  const uncaught = [];
  process.on('uncaughtException', (error) => uncaught.push(String(error)));
  const names = JSON.parse(process.env.NEIGHBOURS_PATTERNS ?? 'null');
  const cell = { load, openaiMajor: Number(process.env.NEIGHBOURS_OPENAI), wrapClient };
  const { patterns, observe, close } = await startPatterns(cell);
  const chosen = patterns.filter(({ name }) => names === null || names.includes(name));
  const seen = {};
  for (const pattern of chosen) {
    uncaught.length = 0;
    const outcome = await outcomeOf(observe(pattern));
    seen[pattern.name] = { ...outcome, uncaught: [...uncaught] };
  }
  const operations = chosen.flatMap(({ spans }) => spans);
  writeFileSync(process.env.NEIGHBOURS_RESULT, JSON.stringify({ seen, operations }));
  await close();
  process.exit();
}

/** Some tools break patterns by themselves: those throw, or never end. */
function outcomeOf(observed) {
  const threw = observed.catch(({ name, message }) => ({ broken: `${name}: ${message}`, wire: [] }));
  const hangs = new Promise((resolve) => {
    setTimeout(resolve, LIMIT_MILLIS, { broken: 'it never ends', wire: [] }).unref();
  });
  return Promise.race([threw, hangs]);
}
