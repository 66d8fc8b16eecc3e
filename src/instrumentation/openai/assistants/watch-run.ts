import type { CallObserver, CallOutcome } from '../../client/observer.ts';
import { asRun } from '../readers/assistants-wire.ts';
import { asEvent, seeEvent } from './events.ts';
import type { OpenRuns } from './open-runs.ts';
import type { ObservedRun } from './run.ts';

export interface RunWatch {
  /** Gives the run to the first thing that is seen of it, a run or a step; none when it is not to be told. */
  find(seen: unknown): ObservedRun | undefined;
  /** The call ended, and nothing was seen: it was refused, or nobody read the answer. */
  unanswered?(outcome: CallOutcome): void;
}

/** Watches a call that answers with a run, or with a stream that tells of one. */
export function watchRun(runs: OpenRuns, { find, unanswered }: RunWatch): CallObserver {
  let run: ObservedRun | undefined;
  let isAnswered = false;
  let isStream = false;

  const runOf = (seen: unknown): ObservedRun | undefined => {
    if (!isAnswered) run = find(seen);
    isAnswered = true;
    return run;
  };

  return {
    value(value) {
      const wire = asRun(value);
      const found = wire && runOf(wire);
      if (found) runs.see(found, wire, 'answer');
    },
    chunk(chunk) {
      const event = asEvent(chunk);
      if (!event || event.event === 'thread.created') return;
      isStream = true;
      const found = runOf(event.data);
      if (found) seeEvent(runs, found, event);
    },
    /** A stream that is over without a terminal status was left: unless the run waits for tools, that was the end. */
    end(outcome) {
      if (!isAnswered) unanswered?.(outcome);
      else if (isStream && run && !run.needsTools) runs.end(run, leftBy(outcome));
    },
  };
}

export function leftBy(outcome: CallOutcome): { readonly kind: 'left'; readonly error?: unknown } {
  return outcome.kind === 'failed' ? { kind: 'left', error: outcome.error } : { kind: 'left' };
}
