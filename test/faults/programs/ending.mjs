/** An application that ends 20 spans and then itself, in one of fifteen ways. With `bare` it runs without Spanport. */
import { writeSync } from 'node:fs';
import { settings, spanMaker, startTracing } from './tracing.mjs';

const { ending, bare, count = 20 } = settings;

if (!bare) {
  const endSpan = spanMaker(startTracing());
  for (let index = 0; index < count; index += 1) endSpan(`m${index}`);
}

/** From here the clock runs. Written at once, since some endings leave no time for a stream. */
const now = () => writeSync(1, `${Date.now()}\n`);
const stay = () => setInterval(() => {}, 1_000);
const raise = (signal) => {
  now();
  process.kill(process.pid, signal);
};
// Where no code can run at the end, the promise of `batch` is for records older than one tick: 50 ms, on an idle machine.
// The tick of a call of another tracer begins when it has waited a second for the spans around it.
const afterTick = (end) => {
  stay();
  setTimeout(end, 3_000);
};
const fail = () => {
  now();
  throw new Error('the application broke');
};

const endings = {
  return: now,
  'return later': () => setTimeout(now, 50),
  'exit code': () => {
    process.exitCode = 7;
    now();
  },
  'process.exit': () => {
    now();
    process.exit(3);
  },
  'process.exit +50 ms': () =>
    setTimeout(() => {
      now();
      process.exit(4);
    }, 50),
  SIGTERM: () => {
    stay();
    setTimeout(raise, 20, 'SIGTERM');
  },
  SIGINT: () => {
    stay();
    setTimeout(raise, 20, 'SIGINT');
  },
  SIGHUP: () => {
    stay();
    setTimeout(raise, 20, 'SIGHUP');
  },
  'SIGTERM, own handler exits': () => {
    stay();
    process.on('SIGTERM', () => process.exit(5));
    setTimeout(raise, 20, 'SIGTERM');
  },
  'SIGINT, own handler returns': () => {
    const timer = stay();
    process.on('SIGINT', () => clearInterval(timer));
    setTimeout(raise, 20, 'SIGINT');
  },
  'uncaught exception': () => setTimeout(fail, 20),
  'uncaught exception, handled': () => {
    process.on('uncaughtException', () => {
      process.exitCode = 6;
    });
    setTimeout(fail, 20);
  },
  'unhandled rejection': () => setTimeout(async () => fail(), 20),
  abort: () =>
    afterTick(() => {
      now();
      process.abort();
    }),
  SIGKILL: () => afterTick(() => raise('SIGKILL')),
};

endings[ending]();
