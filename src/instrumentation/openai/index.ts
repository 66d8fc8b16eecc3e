import type { Instrumentation } from '../instrumentation.ts';
import { endAllRuns, endWaitingRuns, outputUnseenCount } from './assistants/index.ts';
import { hookOpenAI, importOpenAI } from './instrument.ts';
import { operations } from './operations.ts';
import { openaiPackage } from './package.ts';
import { toolRunners } from './run-tools-helper.ts';

export const openai: Instrumentation = {
  name: 'openai',
  packageName: openaiPackage.name,
  operations,
  adaptations: toolRunners,
  hook: hookOpenAI,
  hookLinked: importOpenAI,
  drain: endWaitingRuns,
  end: endAllRuns,
  stats: (recorder) => ({ outputUnseen: outputUnseenCount(recorder) }),
};
