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
const rows: readonly (readonly [path: string, observer: () => Operation['observe']])[] = [
  ['beta.assistants.create', () => watchNewAssistant],
  ['beta.assistants.retrieve', () => watchAssistant],
  ['beta.assistants.update', () => watchAssistant],
  ['beta.assistants.list', () => watchAssistants],
  ['beta.threads.create', () => watchNewThread],
  ['beta.threads.createAndRun', () => watchNewThreadAndRun],
  ['beta.threads.messages.create', () => watchNewMessage],
  ['beta.threads.messages.list', () => watchMessages],
  ['beta.threads.messages.retrieve', () => watchMessage],
  ['beta.threads.runs.create', () => watchNewRun],
  ['beta.threads.runs.retrieve', () => watchRetrieve],
  ['beta.threads.runs.list', () => watchRuns],
  ['beta.threads.runs.cancel', () => watchCancel],
  ['beta.threads.runs.submitToolOutputs', () => watchSubmit],
  ['beta.threads.runs.steps.list', () => watchSteps],
  ['beta.threads.runs.steps.retrieve', () => watchStep],
];

/** Recorders that saw a call of this API. For others its files are not loaded: see scripts/lazy-chunks.mjs. */
const users = new WeakSet<Recorder>();

export const assistantOperations: readonly Operation[] = rows.map(([path, observer]) => ({
  path,
  observe(call, recorder) {
    if (!recorder.isWatching) return undefined;
    users.add(recorder.leading);
    return observer()(call, recorder);
  },
}));

/** Ends completed runs that wait for their messages. Called by `forceFlush`. */
export function endWaitingRuns(recorder: Recorder): void {
  if (users.has(recorder.leading)) recorder.stateOf(AssistantsState).runs.endWaiting();
}

/**
 * Ends every run that is still open, with the status `unknown` if its end was not observed. Called by `shutdown` and at
 * the end of the process.
 */
export function endAllRuns(recorder: Recorder): void {
  if (users.has(recorder.leading)) recorder.stateOf(AssistantsState).runs.endAll();
}

/** The number of runs that were recorded without their answer, because the application did not read it. */
export function outputUnseenCount(recorder: Recorder): number {
  return users.has(recorder.leading) ? recorder.stateOf(AssistantsState).runs.outputUnseen : 0;
}
