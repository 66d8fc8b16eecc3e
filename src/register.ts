/** `node --import spanport/register app.js`: tracing from the environment alone, for ESM and CommonJS applications. */
import { isSdkDisabled } from './configuration/sdk-disabled.ts';

// Nothing is loaded where nothing is wanted.
if (!isSdkDisabled(process.env)) (await import('./start/preload.ts')).preload();
