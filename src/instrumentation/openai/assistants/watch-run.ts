import type { CallObserver, CallOutcome } from '../../client/observer.ts';
import { asRun } from '../readers/assistants-wire.ts';
import { applyEvent, isEvent } from './events.ts';
import type { OpenRuns } from './open-runs.ts';
import type { ObservedRun } from './run.ts';
import type { RunRequest } from './run-requests.ts';

export interface RunWatch {
  /** The call that is watched. */
  readonly request: RunRequest;
  /** Finds the run for the first run or step that arrives; undefined if the run gets no span. */
  find(seen: unknown): ObservedRun | undefined;
  /** The call ended and nothing arrived: it was rejected, or the application did not read the answer. */
  unanswered?(outcome: CallOutcome): void;
}

/** Watches a call whose answer is a run, or the stream of a run. */
export function watchRun(runs: OpenRuns, { request, find, unanswered }: RunWatch): CallObserver {
  let run: ObservedRun | undefined;
  let isAnswered = false;
  let isStream = false;
  const stream: RunRequest = { kind: 'stream', sentAt: request.sentAt };
  let unclaimed = 0;

  const runOf = (seen: unknown): ObservedRun | undefined => {
    if (!isAnswered) run = find(seen);
    isAnswered = true;
    return run;
  };

  return {
    value(value) {
      const wire = asRun(value);
      const found = wire && runOf(wire);
      if (found) runs.update(found, wire, request);
    },
    chunk(chunk) {
      unclaimed += 1;
      if (!isEvent(chunk) || chunk.event === 'thread.created') return;
      isStream = true;
      const found = runOf(chunk.data);
      if (!found) return;
      found.chunkCount += unclaimed;
      unclaimed = 0;
      applyEvent(runs, found, chunk, stream);
    },
    /** A stream that ends without a terminal status was abandoned. This ends the run, unless it waits for tools. */
    end(outcome) {
      if (!isAnswered) unanswered?.(outcome);
      else if (isStream && run && !run.needsTools) runs.end(run, leftBy(outcome));
    },
  };
}

export function leftBy(outcome: CallOutcome): { readonly kind: 'left'; readonly error?: unknown } {
  return outcome.kind === 'failed' ? { kind: 'left', error: outcome.error } : { kind: 'left' };
}
