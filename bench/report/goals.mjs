/**
 * What was set as a goal, and where a result stands. Each row: what is measured, how it reads, and the most that it may
 * be.
 */
import { median } from '../support/statistics.mjs';
import { alone, beside, besideBare } from './figures.mjs';
import { number, signed } from './format.mjs';

const times = (value) => `${value.toFixed(2)}×`;
const micros = (value) => `${signed(value, 0)} µs`;
const kilobytes = (value) => `${signed(value, 1)} KB`;
const millis = (value) => `${signed(value, 0)} ms`;
const delay = (value) => `${signed(value, 1)} ms`;
const megabytes = (value) => `${signed(value, 1)} MB`;
const plain = (value) => signed(value, 0);

const ratioOf = (figure) =>
  figure && { value: figure.ratio, rounds: figure.rounds, least: figure.least, most: figure.most };
const perCall = (name, figure) => [({ calls }) => ratioOf(besideBare(calls, name, figure)), times];
const delivered = (name, figure) => [({ delivering }) => ratioOf(besideBare(delivering, name, figure)), times];

/** The difference of two subjects, round by round. */
const over =
  (suite, name, figure, unit, other = 'bare') =>
  (results) => {
    const found = beside(results[suite], name, other, figure, median);
    return {
      value: found.extra / unit,
      rounds: found.rounds,
      least: found.leastExtra / unit,
      most: found.mostExtra / unit,
    };
  };

/** What has no pair in the same round. */
const single = (suite, name, figure) => (results) => ({ value: alone(results[suite], name, figure), rounds: 1 });

const rows = [
  ['calls 1–50 of a process', over('young', 'spanport', '1–50', 1), micros, 400],
  [
    'calls 1–50, over @opentelemetry/instrumentation-openai',
    over('young', 'spanport', '1–50', 1, 'opentelemetry'),
    micros,
    0,
  ],
  ['calls 201–1,000', over('young', 'spanport', '201–1000', 1), micros, 110],
  ['calls 1,001–3,000', over('young', 'spanport', '1001–3000', 1), micros, 120],
  ['calls 3,001–8,000', over('young', 'spanport', '3001–8000', 1), micros, 50],
  ['instructions of calls 801–1,600, thousands', over('instructions', 'spanport', 'small, 801–1600', 1e3), plain, 418],
  [
    "instructions on an application's own provider, thousands",
    over('instructions', 'spanport-third-party', 'small, 801–1600', 1e3),
    plain,
    565,
  ],
  [
    'instructions of a process up to call 800, millions',
    over('instructions', 'spanport', 'small, process to 800', 1e6),
    plain,
    640,
  ],
  [
    "instructions up to call 800 on an application's own provider, millions",
    over('instructions', 'spanport-third-party', 'small, process to 800', 1e6),
    plain,
    640,
  ],
  ["small call on an application's own provider", ...perCall('spanport-third-party', 'small'), 1.45],
  ["20 messages on an application's own provider", ...perCall('spanport-third-party', 'big'), 1.8],
  ['small call in `withContext`', ...perCall('spanport-context', 'small'), 1.5],
  ['delivered to OTLP, small', ...delivered('spanport-otlp', 'small'), 1.75],
  ['delivered to OTLP, 20 messages', ...delivered('spanport-otlp', 'big'), 2.3],
  ['delivered to Athina, small', ...delivered('spanport-athina', 'small'), 3.5],
  ['delivered to Athina with a spool', ...delivered('spanport-spool', 'small'), 4.5],
  ['delivered to Athina with `sync`', ...delivered('spanport-sync', 'small'), 9],
  ['event loop, p99 with a destination that hangs', over('loop', 'spanport-hanging', 'steady, p99', 1e3), delay, 5],
  ['event loop, p99 of a burst', over('loop', 'spanport-athina', 'burst, p99', 1e3), delay, 5],
  ['small call', ...perCall('spanport', 'small'), 1.3],
  ['call of 20 messages and 5 tools', ...perCall('spanport', 'big'), 1.3],
  ['stream of 500 chunks', ...perCall('spanport', 'stream'), 1.06],
  ['first chunk', over('calls', 'spanport', 'firstChunk', 1), micros, 20],
  ['bytes of a small call', over('allocations', 'spanport', 'small', 1e3), kilobytes, 6],
  ['bytes of a chunk', over('allocations', 'spanport', 'stream', 500), plain, 200],
  ['held by an open stream', over('openStreams', 'spanport', 'held', 1e3), kilobytes, 2.5],
  ['disabled, small call', ...perCall('spanport-disabled', 'small'), 1.02],
  ['sampled out by its own provider, small call', ...perCall('spanport-off', 'small'), 1.02],
  [
    'sampled out by a third-party provider, over the floor',
    over('calls', 'spanport-off-third-party', 'small', 1, 'floor-off'),
    micros,
    2,
  ],
  ['streamed assistant run', ({ run }) => ratioOf(besideBare(run, 'spanport', 'run')), times, 1.05],
  ['`start()` in code', over('startup', 'spanport-start', 'cpu', 1e3), millis, 60],
  ['`--import spanport/register`', over('startup', 'spanport', 'cpu', 1e3), millis, 55],
  ['`--import spanport/register`, memory', over('startup', 'spanport', 'rss', 1e6), megabytes, 9],
  ['start, over the floor', over('startup', 'spanport', 'cpu', 1e3, 'floor'), millis, 20],
  ['start, memory over the floor', over('startup', 'spanport', 'rss', 1e6, 'floor'), megabytes, 4],
  [
    'span with 1.5 KB encoded and sent, main thread',
    single('export', 'spanport-otlp', 'main'),
    (value) => `${number(value, 0)} µs`,
    20,
  ],
  [
    'dropped of a burst of 100,000, with a spool',
    single('burst', 'spanport-spool', 'counted'),
    (value) => number(value, 0),
    0,
  ],
];

/**
 * Of the suites that were run. `isOpen`: the goal lies between the lowest and the highest round, so that this run does
 * not decide whether it is reached.
 * @returns {{ title: string, goal: string, now: string, spread: string, isReached: boolean, isOpen: boolean }[]}
 */
export function goalsOf(results) {
  return rows.flatMap(([title, measure, say, goal]) => {
    const figure = figureIn(results, measure);
    if (!figure) return [];
    const { value, rounds, least, most } = figure;
    const hasSpread = rounds > 1;
    return {
      title,
      goal: say(goal),
      now: say(value),
      spread: hasSpread ? `${say(least)} to ${say(most)}` : '',
      isReached: value <= goal,
      isOpen: hasSpread && least <= goal && goal < most,
    };
  });
}

function figureIn(results, measure) {
  try {
    const figure = measure(results);
    return Number.isFinite(figure?.value) ? figure : undefined;
  } catch {
    // A suite that was not run.
    return undefined;
  }
}
