/** Ends so many spans, shuts down, and tells the books of every destination together. */
import { print, settings, spanMaker, startTracing } from './tracing.mjs';

const handle = startTracing();
const endSpan = spanMaker(handle);
for (let index = 0; index < settings.count; index += 1) endSpan(`a${index}`);
await handle.shutdown();
const [stats] = Object.values(handle.stats().destinations);
print({ stats });
