/** Takes up what an earlier process left, and ends when it is told to. */
import { print, startTracing, untilTold } from './tracing.mjs';

const handle = startTracing();
await untilTold();
await handle.shutdown();
print(handle.stats().destinations.athina ?? {});
