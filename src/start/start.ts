import { instrumentations } from './instrumentations.ts';
import type { StartOptions } from './start-options.ts';
import { type Handle, startOnce } from './tracing.ts';

/**
 * Starts tracing: instruments `openai` and opens the destinations. Synchronous. While one `start` is active, another
 * returns its handle and changes nothing.
 * @throws ConfigurationError one sentence about an invalid setting; nothing has been started then
 */
export function start(options: StartOptions = {}): Handle {
  return startOnce(options, instrumentations);
}
