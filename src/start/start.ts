import { OpenAIInstrumentation } from '../instrumentation/openai/openai-instrumentation.ts';
import { type Handle, type StartOptions, startOnce } from './tracing.ts';

/**
 * Starts tracing: instruments `openai` and opens the destinations. Synchronous. While one `start` is in force, another
 * gives back its handle and changes nothing.
 * @throws ConfigurationError one sentence on a setting that cannot work; nothing has been started then
 */
export function start(options: StartOptions = {}): Handle {
  return startOnce(options, (capture) => {
    const instrumentation = new OpenAIInstrumentation(capture);
    return () => instrumentation.disable();
  });
}
