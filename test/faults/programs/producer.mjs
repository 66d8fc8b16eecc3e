/**
 * Ends spans at a pace, and writes the marker of each that is acknowledged to `acks`: in `sync` when `span.end()`
 * returned, in `batch` when `forceFlush()` did. What was written survives our SIGKILL, as the page cache does.
 */
import { openSync, writeSync } from 'node:fs';
import { print, settings, sleep, spanMaker, startTracing, untilTold, warnings } from './tracing.mjs';

const { acks, prefix, perSecond, count = Infinity, durability, announces } = settings;
const ledger = acks && openSync(acks, 'a');
const acknowledge = (markers) => ledger && markers.length > 0 && writeSync(ledger, `${markers.join('\n')}\n`);

const handle = startTracing();
const endSpan = spanMaker(handle);
if (announces) print({ started: true });
let isTold = false;
void untilTold().then(() => {
  isTold = true;
});

const TICK = 20;
const began = performance.now();
let made = 0;
let open = [];
while (made < count && !isTold) {
  const due = Math.min(count, Math.ceil(((performance.now() - began + TICK) / 1_000) * perSecond));
  for (; made < due; made += 1) {
    const marker = `${prefix}${made}`;
    endSpan(marker);
    if (durability === 'sync') acknowledge([marker]);
    else if (ledger) open.push(marker);
  }
  if (ledger && open.length > 0) {
    const asked = open;
    open = [];
    await handle.forceFlush();
    acknowledge(asked);
  }
  await sleep(TICK);
}
print({ made });
while (!isTold) await sleep(TICK);
await handle.shutdown();
const [stats] = Object.values(handle.stats().destinations);
print({ made, stats, warnings });
