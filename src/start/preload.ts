import { ConfigurationError } from '../configuration/readers.ts';
import { activeRecorders } from '../instrumentation/active-recorders.ts';
import { hookOpenAI } from '../instrumentation/openai/instrument.ts';
import { startOnce } from './tracing.ts';

/**
 * Starts from the environment alone, before the application's first module. One sentence on stderr and code 1 for a
 * setting that cannot work.
 */
export function preload(): void {
  try {
    startOnce({}, (recorder) => {
      activeRecorders.enable(recorder);
      hookOpenAI();
      return () => activeRecorders.disable(recorder);
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`spanport: ${error.message}\n`);
    process.exit(1);
  }
}
