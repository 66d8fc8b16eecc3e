import { ConfigurationError } from '../configuration/readers.ts';
import { hookOpenAI } from '../instrumentation/openai/instrument.ts';
import { configureCapture, setEnabled } from '../instrumentation/recorder.ts';
import { startOnce } from './tracing.ts';

/**
 * Starts from the environment alone, before the application's first module. One sentence on stderr and code 1 for a
 * setting that cannot work.
 */
export function preload(): void {
  try {
    startOnce({}, (capture) => {
      configureCapture(capture);
      setEnabled(true);
      hookOpenAI();
      return () => setEnabled(false);
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`spanport: ${error.message}\n`);
    process.exit(1);
  }
}
