/**
 * `node --import spanport/register app.js` (or `--require`): tracing from the environment alone, for ES modules and
 * CommonJS. Also works as the first import of an application.
 */
import { isMainThread, parentPort } from 'node:worker_threads';
import { isSdkDisabled } from './configuration/sdk-disabled.ts';
import { preload } from './start/preload.ts';

// Node also runs what is required first in the thread of module hooks, where no application code runs.
const isHooksThread = !isMainThread && parentPort === null;
if (!isHooksThread && !isSdkDisabled(process.env)) preload();

/** Awaited by the ES module of this name. */
export { instrumentImported } from './start/preload.ts';
