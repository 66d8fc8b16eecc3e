import { ConfigurationError } from '../configuration/readers.ts';
import type { ImportModule } from '../loading/module-hook.ts';
import { isPreloaded } from '../loading/preloading.ts';
import { instrumentations } from './instrumentations.ts';
import { startOnce } from './tracing.ts';

/**
 * Starts from the environment alone, before the application's first module. One sentence on stderr and code 1 for a
 * setting that cannot work.
 */
export function preload(): void {
  try {
    startOnce({}, instrumentations);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`spanport: ${error.message}\n`);
    process.exit(1);
  }
}

/**
 * Reaches the ES modules of an application that imports `spanport/register` itself: they were linked before the hook was
 * there.
 */
export async function instrumentImported(importModule: ImportModule): Promise<void> {
  if (!isPreloaded()) await Promise.all(instrumentations.map(({ hookLinked }) => hookLinked(importModule)));
}
