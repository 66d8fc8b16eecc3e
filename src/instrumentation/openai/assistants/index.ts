import type { Operation } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import { AssistantsState } from './state.ts';
import { watchAssistant, watchAssistants, watchNewAssistant } from './watch-assistants.ts';
import { watchCancel, watchNewRun, watchNewThreadAndRun, watchRetrieve, watchRuns, watchSubmit } from './watch-runs.ts';
import { watchStep, watchSteps } from './watch-steps.ts';
import { watchMessage, watchMessages, watchNewMessage, watchNewThread } from './watch-threads.ts';

/**
 * The Assistants API: its leaf methods and who watches them. The helpers (`createAndPoll`, `poll`, `stream`,
 * `createAndStream`, `createAndRunPoll`, `createAndRunStream`, `submitToolOutputsAndPoll`, `submitToolOutputsStream`)
 * are made of these. Runs and new assistants have spans; all else is read for what a run does not say itself.
 */
const rows: readonly Operation[] = [
  { path: 'beta.assistants.create', observe: watchNewAssistant },
  { path: 'beta.assistants.retrieve', observe: watchAssistant },
  { path: 'beta.assistants.update', observe: watchAssistant },
  { path: 'beta.assistants.list', observe: watchAssistants },
  { path: 'beta.threads.create', observe: watchNewThread },
  { path: 'beta.threads.createAndRun', observe: watchNewThreadAndRun },
  { path: 'beta.threads.messages.create', observe: watchNewMessage },
  { path: 'beta.threads.messages.list', observe: watchMessages },
  { path: 'beta.threads.messages.retrieve', observe: watchMessage },
  { path: 'beta.threads.runs.create', observe: watchNewRun },
  { path: 'beta.threads.runs.retrieve', observe: watchRetrieve },
  { path: 'beta.threads.runs.list', observe: watchRuns },
  { path: 'beta.threads.runs.cancel', observe: watchCancel },
  { path: 'beta.threads.runs.submitToolOutputs', observe: watchSubmit },
  { path: 'beta.threads.runs.steps.list', observe: watchSteps },
  { path: 'beta.threads.runs.steps.retrieve', observe: watchStep },
];

export const assistantOperations: readonly Operation[] = rows.map(({ path, observe }) => ({
  path,
  observe: (call, recorder) => (recorder.isWatching ? observe(call, recorder) : undefined),
}));

/** Completed runs stop waiting for their messages and end: for `forceFlush`. */
export function endWaitingRuns(recorder: Recorder): void {
  recorder.memoryOf(AssistantsState).runs.endWaiting();
}

/** Every run that is still open ends, as `unknown` where its end was not seen: for `shutdown` and the process's end. */
export function endAllRuns(recorder: Recorder): void {
  recorder.memoryOf(AssistantsState).runs.endAll();
}

/** Runs that were recorded without their answer, because the application did not read it. */
export function outputUnseenCount(recorder: Recorder): number {
  return recorder.memoryOf(AssistantsState).runs.outputUnseen;
}
