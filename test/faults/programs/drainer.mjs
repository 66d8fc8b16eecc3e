/** Delivers what an earlier process left, and ends on request. */
import { print, startTracing, untilTold } from './tracing.mjs';

const handle = startTracing();
await untilTold();
await handle.shutdown();
print(handle.stats().destinations.athina ?? {});
