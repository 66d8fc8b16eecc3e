/** What was set as a goal, and where a result stands. Each row: a number, how it reads, and the most that it may be. */
import { median } from '../support/statistics.mjs';
import { alone, besideBare } from './figures.mjs';
import { number, signed } from './format.mjs';

const times = (value) => `${value.toFixed(2)}×`;
const micros = (value) => `${signed(value, 0)} µs`;
const kilobytes = (value) => `${signed(value, 1)} KB`;
const perCall = (name, figure) => [({ calls }) => besideBare(calls, name, figure)?.ratio, times];
const millis = (value) => `${signed(value, 1)} ms`;
const delivered = (name, figure) => [({ delivering }) => besideBare(delivering, name, figure)?.ratio, times];
const over = (suite, name, figure, unit) => (results) => besideBare(results[suite], name, figure, median)?.extra / unit;
const aboveFloor = (suite, name, floor, figure, unit) => (results) =>
  over(suite, name, figure, unit)(results) - over(suite, floor, figure, unit)(results);

const rows = [
  ['calls 1–50 of a process', over('young', 'spanport', '1–50', 1), micros, 400],
  ['calls 201–1,000', over('young', 'spanport', '201–1000', 1), micros, 110],
  ['calls 1,001–3,000', over('young', 'spanport', '1001–3000', 1), micros, 120],
  ['calls 3,001–8,000', over('young', 'spanport', '3001–8000', 1), micros, 50],
  [
    'instructions of calls 801–1,600, thousands',
    over('instructions', 'spanport', 'small, 801–1600', 1e3),
    (value) => signed(value, 0),
    418,
  ],
  [
    "instructions on an application's own provider, thousands",
    over('instructions', 'spanport-third-party', 'small, 801–1600', 1e3),
    (value) => signed(value, 0),
    565,
  ],
  ["small call on an application's own provider", ...perCall('spanport-third-party', 'small'), 1.45],
  ["20 messages on an application's own provider", ...perCall('spanport-third-party', 'big'), 1.8],
  ['small call in `withContext`', ...perCall('spanport-context', 'small'), 1.5],
  ['delivered to OTLP, small', ...delivered('spanport-otlp', 'small'), 1.75],
  ['delivered to OTLP, 20 messages', ...delivered('spanport-otlp', 'big'), 2.3],
  ['delivered to Athina, small', ...delivered('spanport-athina', 'small'), 3.5],
  ['the same with a spool', ...delivered('spanport-spool', 'small'), 4.5],
  ['the same with `sync`', ...delivered('spanport-sync', 'small'), 9],
  ['event loop, p99 with a destination that hangs', over('loop', 'spanport-hanging', 'steady, p99', 1e3), millis, 5],
  ['event loop, p99 of a burst', over('loop', 'spanport-athina', 'burst, p99', 1e3), millis, 5],
  ['small call', ...perCall('spanport', 'small'), 1.3],
  ['call of 20 messages and 5 tools', ...perCall('spanport', 'big'), 1.3],
  ['stream of 500 chunks', ...perCall('spanport', 'stream'), 1.06],
  ['first chunk', over('calls', 'spanport', 'firstChunk', 1), micros, 20],
  ['bytes of a small call', over('allocations', 'spanport', 'small', 1e3), kilobytes, 6],
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
  ['start() in code', over('startup', 'spanport-start', 'cpu', 1e3), (value) => `${signed(value, 0)} ms`, 60],
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
