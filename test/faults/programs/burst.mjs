/** A burst of spans against a vendor that hangs: peak memory, time per call, and the books after the shutdown. */
import { percentile } from '../support/figures.mjs';
import { print, settings, spanMaker, startTracing } from './tracing.mjs';

const handle = startTracing();
const endSpan = spanMaker(handle);
const calls = new Float64Array(settings.count);
for (let index = 0; index < settings.count; index += 1) {
  const began = performance.now();
  endSpan(`b${index}`);
  calls[index] = performance.now() - began;
  // A server comes back to its event loop now and then, even in a burst.
  if (index % 1_000 === 999) await new Promise(setImmediate);
}
await handle.shutdown();
// Before the figures are sorted, which takes as much memory again.
const rss = process.resourceUsage().maxRSS * 1_024;
print({ p99: percentile(calls, 0.99), rss, stats: handle.stats().destinations.athina });
