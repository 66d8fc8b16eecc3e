import { setTimeout as sleep } from 'node:timers/promises';
import { fill } from './data.mjs';
import { newPage } from './measures.mjs';

const PER_SECOND = 50;
const PER_REQUEST = 5;
/** The list keeps 5,000 rows: from then on its memory has no reason to grow. */
const FULL_SECONDS = 120;
const SAMPLES = 40;
const MILLION = 1e6;

/** The list with its live tail, and what it holds after a garbage collection. */
export async function watchLive(bench, seconds) {
  const page = await newPage(bench);
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await session.send('Performance.enable');
  await page.goto(`${bench.gateway.url}/conversations`);
  const samples = [];
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1_000;
  const every = Math.max(5, seconds / SAMPLES);
  let sent = 0;
  while (elapsed() < seconds) {
    await fill(bench.gateway.url, PER_REQUEST, `live-${sent}-`);
    sent += PER_REQUEST;
    if (elapsed() >= every * (samples.length + 1)) {
      samples.push({ at: elapsed(), ...(await held(session)) });
      const { at, megabytes, nodes, listeners } = samples.at(-1);
      bench.log(`${at.toFixed(0)} s, ${sent} sent: ${megabytes.toFixed(2)} MB, ${nodes} nodes, ${listeners} listeners`);
    }
    await sleep(Math.max(0, (sent / PER_SECOND - elapsed()) * 1_000));
  }
  const took = elapsed();
  const last = { at: took, ...(await held(session)) };
  await page.context().close();
  const full = [...samples, last].filter(({ at }) => at >= Math.min(FULL_SECONDS, seconds / 2));
  const perHour = (key) => slope(full.map((sample) => [sample.at / 3_600, sample[key]]));
  const growth = perHour('megabytes');
  const name = `live tail, ${Math.round(took).toLocaleString('en')} s`;
  return [
    { name: `${name}: interactions per second`, goal: String(PER_SECOND), value: sent / took },
    { name: `${name}: memory of the page with a full list`, unit: 'MB', value: full[0].megabytes },
    { name: `${name}: memory at the end`, unit: 'MB', value: last.megabytes },
    { name: `${name}: growth`, goal: '≤ 1 MB an hour', unit: 'MB an hour', value: growth, isMet: growth <= 1 },
    { name: `${name}: growth of nodes in the document`, unit: 'an hour', value: perHour('nodes') },
    { name: `${name}: growth of listeners`, unit: 'an hour', value: perHour('listeners') },
  ];
}

async function held(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { megabytes: of('JSHeapUsedSize') / MILLION, nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

/** Of the straight line that is nearest to the points. */
function slope(points) {
  const mean = (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}
