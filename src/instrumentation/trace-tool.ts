import { context } from '@opentelemetry/api';
import { diag } from '../diagnostics/diag.ts';
import type { ToolExecution } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { activeRecorders } from './active-recorders.ts';
import { callWithin } from './call-within.ts';
import { ensureContextManager } from './ensure-context-manager.ts';
import { errorFrom } from './errors.ts';
import type { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';
import { claimIn, contextBelow, placeOf, ToolTurns } from './tool-calls.ts';
import { readHistory, type ToolHistory } from './tool-history.ts';
import { endToolRecording, startToolRecording } from './tool-spans.ts';
import type { Claim, Place } from './tool-turn.ts';

/** Options of {@link traceTool}. */
export interface TraceToolOptions {
  /** The id of the model's call. Without it, the oldest open call with this name and arguments is used. */
  readonly callId?: string;
}

interface RunOptions extends TraceToolOptions {
  /** The conversation that the tool runs for, up to the model's calls. */
  readonly history?: ToolHistory;
}

/**
 * Wraps `fn` so that each call gets an `execute_tool` span. The span is a child of the chat or assistant run that
 * requested the call.
 */
export function traceTool<This, Args extends unknown[], Result>(
  name: string,
  fn: (this: This, ...args: Args) => Result,
  options: TraceToolOptions = {},
): (this: This, ...args: Args) => Result {
  return function traced(this: This, ...args: Args): Result {
    if (activeRecorders.isWatching) ensureContextManager();
    return runTraced(name, args, () => fn.apply(this, args), options);
  };
}

/** Runs a tool once, with its own span. `args` are the model's arguments as far as they are known. */
export function runTraced<Result>(
  name: string,
  args: readonly unknown[],
  tool: () => Result,
  options: RunOptions = {},
): Result {
  const runs = startRuns(name, args, options);
  const [first] = runs;
  if (!first) return tool();
  let result: Result;
  try {
    result = callWithin(first.recording.context, tool);
  } catch (error) {
    endRuns(runs, { error });
    throw error;
  }
  if (!(result instanceof Promise)) {
    // To call `then` on a query builder could run its query, and to read its properties could record a connection.
    endRuns(runs, { result: isThenable(result) ? undefined : result });
    return result;
  }
  return watchResult(result, runs) as Result;
}

/**
 * @returns the tool's own promise, which may have methods such as `withResponse`. A plain one is replaced by a copy,
 * because a handler on it would hide an unhandled rejection.
 */
function watchResult(promise: Promise<unknown>, runs: readonly ToolRun[]): Promise<unknown> {
  const isPlain = Object.getPrototypeOf(promise) === Promise.prototype && Reflect.ownKeys(promise).length === 0;
  try {
    const copy = promise.then(
      (value) => {
        endRuns(runs, { result: value });
        return value;
      },
      (error: unknown) => {
        endRuns(runs, { error });
        if (isPlain) throw error;
      },
    );
    return isPlain ? copy : promise;
  } catch {
    // A class of the application may have its own `then`, which threw.
    endRuns(runs, { result: undefined });
    return promise;
  }
}

function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return true;
  }
}

type ToolOutcome = { readonly result: unknown } | { readonly error: unknown } | { readonly kind: 'cut' };

interface ToolRun {
  readonly recording: Recording;
  end(outcome: ToolOutcome): void;
}

/** Starts one run for each provider. */
function startRuns(name: string, args: readonly unknown[], options: RunOptions): readonly ToolRun[] {
  return activeRecorders.current().flatMap((recorder) => {
    try {
      return (recorder.isWatching && startTool(recorder, name, args, options)) || [];
    } catch (error) {
      diag.error(`spanport: the tool ${name} could not be traced`, error);
      return [];
    }
  });
}

function endRuns(runs: readonly ToolRun[], outcome: ToolOutcome): void {
  for (const run of runs) {
    try {
      run.end(outcome);
    } catch (error) {
      diag.error('spanport: the span of a tool could not be ended', error);
    }
  }
}

function startTool(
  recorder: Recorder,
  name: string,
  args: readonly unknown[],
  options: RunOptions,
): ToolRun | undefined {
  const active = context.active();
  const { call, turn } = claimFor(recorder.stateOf(ToolTurns), name, args, options, placeOf(active, recorder)) ?? {};
  const id = options.callId ?? call?.id;
  const recording = startToolRecording(
    recorder,
    { name, id, facts: turn?.facts },
    turn ? contextBelow(turn, active) : active,
  );
  if (!recording) return undefined;
  if (call) call.isClaimed = true;
  const startTime = Date.now();
  // Copies, because the function may change its arguments, and its caller the result.
  const input = recording.withContent ? toJson(args.length > 1 ? args : args[0]) : undefined;
  let hasEnded = false;
  const run: ToolRun = {
    recording,
    end(outcome): void {
      if (hasEnded) return;
      hasEnded = true;
      recorder.callEnded(run);
      const result = 'result' in outcome && recording.withContent ? toJson(outcome.result) : undefined;
      const errorType = 'error' in outcome ? errorFrom({ thrown: outcome.error }).type : undefined;
      const execution: ToolExecution = {
        name,
        type: 'function',
        ...(id !== undefined && { id }),
        ...(input !== undefined && { arguments: input }),
        ...(result !== undefined && { result }),
        ...(errorType !== undefined && { errorType }),
        startTime,
        endTime: Date.now(),
      };
      if (call) call.taken = execution;
      endToolRecording(recording, execution, {
        ...('error' in outcome && { error: { thrown: outcome.error } }),
        ...('kind' in outcome && { isCut: true }),
      });
      recorder.measureTool(recording.elapsed, { name, ...(errorType !== undefined && { errorType }) });
    },
  };
  recorder.callStarted(run);
  return run;
}

function claimFor(
  turns: ToolTurns,
  name: string,
  args: readonly unknown[],
  { callId, history }: RunOptions,
  place: Place,
): Claim | undefined {
  if (turns.isEmpty) return undefined;
  if (callId !== undefined) return turns.claimById(callId, name, args, place);
  if (!history) return turns.claim(name, args, place);
  const lookups = readHistory(history).places.map(({ exact: key }) => ({ key, answers: [] }));
  const match = turns.find(lookups, place, '');
  return match && claimIn(match.turn, name, args[0]);
}
