/** What was set as a goal, and where a result stands. Each row: a number, how it reads, and the most that it may be. */
import { median } from '../support/statistics.mjs';
import { alone, besideBare } from './figures.mjs';
import { number, signed } from './format.mjs';

const times = (value) => `${value.toFixed(2)}×`;
const micros = (value) => `${signed(value, 0)} µs`;
const kilobytes = (value) => `${signed(value, 1)} KB`;
const perCall = (name, figure) => [({ calls }) => besideBare(calls, name, figure)?.ratio, times];
const over = (suite, name, figure, unit) => (results) => besideBare(results[suite], name, figure, median)?.extra / unit;
const aboveFloor = (suite, name, floor, figure, unit) => (results) =>
  over(suite, name, figure, unit)(results) - over(suite, floor, figure, unit)(results);

const rows = [
  ['small call', ...perCall('spanport', 'small'), 1.3],
  ['call of 20 messages and 5 tools', ...perCall('spanport', 'big'), 1.3],
  ['stream of 500 chunks', ...perCall('spanport', 'stream'), 1.05],
  ['first chunk', over('calls', 'spanport', 'firstChunk', 1), micros, 20],
  ['bytes of a small call', over('allocations', 'spanport', 'small', 1e3), kilobytes, 4],
  ['bytes of a chunk', over('allocations', 'spanport', 'stream', 500), (value) => signed(value, 0), 200],
  ['held by an open stream', over('openStreams', 'spanport', 'held', 1e3), kilobytes, 2.5],
  ['disabled, small call', ...perCall('spanport-disabled', 'small'), 1.02],
  ['sampled out by its own provider, small call', ...perCall('spanport-off', 'small'), 1.02],
  [
    'sampled out by a third-party provider, over the floor',
    aboveFloor('calls', 'spanport-off-third-party', 'floor-off', 'small', 1),
    micros,
    2,
  ],
  ['streamed assistant run', ({ run }) => besideBare(run, 'spanport', 'run')?.ratio, times, 1.05],
  [
    'start, over the floor',
    aboveFloor('startup', 'spanport', 'floor', 'cpu', 1e3),
    (value) => `${signed(value, 0)} ms`,
    20,
  ],
  [
    'start, memory over the floor',
    aboveFloor('startup', 'spanport', 'floor', 'rss', 1e6),
    (value) => `${signed(value, 1)} MB`,
    4,
  ],
  [
    'span with 1.5 KB encoded and sent, main thread',
    (results) => alone(results.export, 'spanport-otlp', 'main'),
    (value) => `${number(value, 0)} µs`,
    20,
  ],
  [
    'dropped of a burst of 100,000, with a spool',
    (results) => alone(results.burst, 'spanport-spool', 'counted'),
    (value) => number(value, 0),
    0,
  ],
];

/** @returns {{ title: string, goal: string, now: string, isReached: boolean }[]} of the suites that were run */
export function goalsOf(results) {
  return rows.flatMap(([title, measure, say, most]) => {
    const value = valueIn(results, measure);
    return value === undefined ? [] : [{ title, goal: say(most), now: say(value), isReached: value <= most }];
  });
}

function valueIn(results, measure) {
  try {
    const value = measure(results);
    return Number.isFinite(value) ? value : undefined;
  } catch {
    // A suite that was not run.
    return undefined;
  }
}
