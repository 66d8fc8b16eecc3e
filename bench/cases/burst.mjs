/** 100,000 spans in one turn of the event loop: how many arrive, how many are counted as lost, how many are gone. */
import { spanMaker } from '../subjects/span-maker.mjs';
import { turns } from '../support/measure.mjs';

export async function run({ subject, flush, stats, spans = 100_000, options, deadlineMillis = 60_000 }) {
  const make = spanMaker(0, subject.register);
  const ask = async (path, method = 'GET') => (await fetch(options.countAt + path, { method })).json();
  await ask('/reset', 'POST');
  const began = performance.now();
  for (let index = 0; index < spans; index++) make();
  const inTurn = performance.now() - began;
  const { rss } = process.memoryUsage();
  const until = performance.now() + deadlineMillis;
  let arrived = -1;
  let counted = 0;
  while (performance.now() < until) {
    await flush();
    await turns(2);
    const before = arrived;
    arrived = (await ask('/count')).spans;
    counted = droppedOf(stats());
    if (arrived + counted >= spans || arrived === before) break;
  }
  const figures = { arrived: [arrived], counted: [counted], rss: [rss], inTurn: [inTurn * 1e3] };
  return { figures };
}

function droppedOf(stats) {
  const destinations = Object.values(stats?.destinations ?? {});
  return destinations.reduce((sum, { dropped }) => sum + Object.values(dropped).reduce((a, b) => a + b, 0), 0);
}
