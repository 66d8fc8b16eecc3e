/**
 * Spanport was started by `node --import spanport/register`; here it is only asked for its handle. Where nothing is to
 * leave the process, its one destination reads all that it is given and keeps none of it.
 */
import { pathToFileURL } from 'node:url';

const dist = (file) => import(pathToFileURL(`${process.env.BENCH_SPANPORT}/${file}`).href);

export async function begin({ held, withContext: inContext, thirdParty, alwaysOff }) {
  const spanport = await dist('node/index.js');
  const keeper = held && createKeeper();
  if (thirdParty) await registerThirdParty(alwaysOff);
  const handle = spanport.start(keeper && { destinations: [keeper] });
  const fields = { conversationId: 'visit-1', user: { id: 'u-17' } };
  return {
    flush: () => handle.forceFlush(),
    seen: () => keeper?.seen ?? deliveredTo(handle),
    stats: () => handle.stats(),
    ...(inContext && { around: (call) => spanport.withContext(fields, call) }),
  };
}

function deliveredTo(handle) {
  const { destinations } = handle.stats();
  return Object.values(destinations).reduce((sum, { delivered }) => sum + delivered, 0);
}

/** As an application's own no-op exporter would be: it takes each span with all that was said, and drops it. */
function createKeeper() {
  const stats = {
    enqueued: 0,
    delivered: 0,
    retried: 0,
    rejected: 0,
    skipped: 0,
    coalesced: 0,
    dropped: {},
    spooled: 0,
    spooledBytes: 0,
  };
  return {
    name: 'keeper',
    wantsContent: true,
    seen: 0,
    take({ interactions }) {
      for (const { inputMessages, outputMessages } of interactions) {
        if (inputMessages !== undefined || outputMessages !== undefined) this.seen += 1;
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    stats: () => stats,
  };
}

async function registerThirdParty(alwaysOff) {
  const { startSdk, require } = await import('./otel-sdk.mjs');
  const { AlwaysOffSampler } = require('@opentelemetry/sdk-trace-node');
  startSdk(alwaysOff ? { sampler: new AlwaysOffSampler() } : {});
}
