/** {@link ./register.ts} for `node --require spanport/register`: `require` takes no module that awaits. */
import { isMainThread, parentPort } from 'node:worker_threads';
import { isSdkDisabled } from './configuration/sdk-disabled.ts';
import { preload } from './start/preload.ts';

// Node runs what is required first in the thread of module hooks, too, where nothing of the application runs.
const isHooksThread = !isMainThread && parentPort === null;
if (!isHooksThread && !isSdkDisabled(process.env)) preload();
