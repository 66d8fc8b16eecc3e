import type { Operation } from '../../client/observer.ts';
import type { Recorder } from '../../recorder.ts';
import { AssistantsState } from './state.ts';
import { watchAssistant, watchAssistants, watchNewAssistant } from './watch-assistants.ts';
import { watchCancel, watchNewRun, watchNewThreadAndRun, watchRetrieve, watchRuns, watchSubmit } from './watch-runs.ts';
import { watchStep, watchSteps } from './watch-steps.ts';
import { watchMessage, watchMessages, watchNewMessage, watchNewThread } from './watch-threads.ts';

/**
 * The leaf methods of the Assistants API and their observers. The helpers (`createAndPoll`, `poll`, `stream`,
 * `createAndStream`, `createAndRunPoll`, `createAndRunStream`, `submitToolOutputsAndPoll`, `submitToolOutputsStream`)
 * call these. Runs and new assistants have spans. Other answers are read for facts that a run itself does not contain.
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

/** Ends completed runs that wait for their messages. Called by `forceFlush`. */
export function endWaitingRuns(recorder: Recorder): void {
  recorder.stateOf(AssistantsState).runs.endWaiting();
}

/**
 * Ends every run that is still open, with the status `unknown` if its end was not observed. Called by `shutdown` and at
 * the end of the process.
 */
export function endAllRuns(recorder: Recorder): void {
  recorder.stateOf(AssistantsState).runs.endAll();
}

/** The number of runs that were recorded without their answer, because the application did not read it. */
export function outputUnseenCount(recorder: Recorder): number {
  return recorder.stateOf(AssistantsState).runs.outputUnseen;
}
