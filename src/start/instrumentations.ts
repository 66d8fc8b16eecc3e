import type { Instrumentation } from '../instrumentation/instrumentation.ts';
import { openai } from '../instrumentation/openai/index.ts';

/** Every SDK whose calls are recorded. Another one is an entry here and a folder in `src/instrumentation`. */
export const instrumentations: readonly Instrumentation[] = [openai];
