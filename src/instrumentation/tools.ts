import { type Context, context, type Link, SpanKind, trace } from '@opentelemetry/api';
import { BoundedMap } from '../bounded/bounded-map.ts';
import type { Facts, ToolExecution } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { asIs } from '../interaction/mask.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import { capContent } from './capped.ts';
import { contextFields, ensureContextManager } from './context.ts';
import { errorFrom } from './errors.ts';
import { measureTool } from './metrics.ts';
import { captureOptions, type Ending, isWatching, type Recording, startRecording } from './recorder.ts';

/** A function that a model asked for and nobody has answered yet, as far as this process saw. */
export interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
  /** The span that asked: the parent of whatever runs for it. */
  readonly asking: Context;
  /** Where it was asked: calls are only found by whoever runs in the same trace or conversation. */
  readonly scope: string;
  /** What the tool's span says of the agent and conversation that it runs for. */
  readonly facts: Facts;
  /** Unix milliseconds. */
  readonly since: number;
  /** How the application ran it, once {@link traceTool} has. */
  taken?: ToolExecution;
  isClaimed?: boolean;
}

const MAX_CALLS = 10_000;
const MAX_AGE_MILLIS = 60 * 60_000;

const open = new BoundedMap<OpenCall>(MAX_CALLS, MAX_AGE_MILLIS);

/** The trace that is active, or else the conversation that the application named; '' where there is neither. */
export function scopeOf(active: Context): string {
  return trace.getSpanContext(active)?.traceId ?? contextFields(active)?.conversationId ?? '';
}

/** Remembers a call that a model asked for. */
export function openCall(call: OpenCall): void {
  open.set(call.id, call);
}

/** Nobody waits for this call any more. */
export function closeCall(id: string): void {
  open.delete(id);
}

/** The call of this id, if it was asked for in this scope. */
export function findCall(id: string, scope: string): OpenCall | undefined {
  const call = open.get(id);
  return call && isInScope(call, scope) ? call : undefined;
}

/** A chat without an active span has no trace to share with its tools but the one that it made itself. */
function isInScope(call: OpenCall, scope: string): boolean {
  return call.scope === scope || trace.getSpanContext(call.asking)?.traceId === scope;
}

export interface TraceToolOptions {
  /** The id of the model's call, where it is known; else the oldest open call with this name and arguments is taken. */
  readonly callId?: string;
}

/**
 * A function like `fn` that makes an `execute_tool` span around each call. The span belongs to the model's call that it
 * answers: below the chat or the assistant run that asked.
 */
export function traceTool<This, Args extends unknown[], Result>(
  name: string,
  fn: (this: This, ...args: Args) => Result,
  options: TraceToolOptions = {},
): (this: This, ...args: Args) => Result {
  return function traced(this: This, ...args: Args): Result {
    if (isWatching()) ensureContextManager();
    return runTraced(name, args, () => fn.apply(this, args), options);
  };
}

/** Runs a tool under a span of its own. `args` are what the model gave, as far as it can be seen. */
export function runTraced<Result>(
  name: string,
  args: readonly unknown[],
  tool: () => Result,
  options: TraceToolOptions = {},
): Result {
  const run = isWatching() ? startTool(name, args, options) : undefined;
  if (!run) return tool();
  try {
    const result = context.with(run.recording.context, tool);
    if (!isPromise(result)) {
      run.end({ result });
      return result;
    }
    return result.then(
      (value) => {
        run.end({ result: value });
        return value;
      },
      (error: unknown) => {
        run.end({ error });
        throw error;
      },
    ) as Result;
  } catch (error) {
    run.end({ error });
    throw error;
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

interface ToolRun {
  readonly recording: Recording;
  end(outcome: { readonly result: unknown } | { readonly error: unknown }): void;
}

function startTool(name: string, args: readonly unknown[], { callId }: TraceToolOptions): ToolRun | undefined {
  const active = context.active();
  const call = callId === undefined ? oldestCall(name, args, scopeOf(active)) : open.get(callId);
  const id = callId ?? call?.id;
  const recording = startToolRecording({ name, id, facts: call?.facts }, call?.asking ?? active);
  if (!recording) return undefined;
  if (call) call.isClaimed = true;
  const startTime = Date.now();
  // Copies: the function may change what it was given, and its caller what it gave back.
  const given = recording.withContent ? toJson(args.length > 1 ? args : args[0]) : undefined;
  return {
    recording,
    end(outcome): void {
      const result = 'result' in outcome && recording.withContent ? toJson(outcome.result) : undefined;
      const errorType = 'error' in outcome ? errorFrom({ thrown: outcome.error }).type : undefined;
      const execution: ToolExecution = {
        name,
        type: 'function',
        ...(id !== undefined && { id }),
        ...(given !== undefined && { arguments: given }),
        ...(result !== undefined && { result }),
        ...(errorType !== undefined && { errorType }),
        startTime,
        endTime: Date.now(),
      };
      if (call) call.taken = execution;
      endToolRecording(recording, execution, 'error' in outcome ? { error: { thrown: outcome.error } } : {});
      measureTool(recording.elapsed, { name, ...(errorType !== undefined && { errorType }) }, captureOptions().metrics);
    },
  };
}

function oldestCall(name: string, args: readonly unknown[], scope: string): OpenCall | undefined {
  const given = canonical(args.length === 1 ? args[0] : args);
  const first = canonical(args[0]);
  return open.values().find((call) => {
    if (call.name !== name || call.isClaimed || !isInScope(call, scope)) return false;
    const asked = canonical(call.arguments);
    return asked === given || asked === first;
  });
}

/** One text for equal arguments, whatever the order of their keys, and whether they are parsed yet or not. */
function canonical(value: unknown): string {
  if (typeof value === 'string') {
    try {
      return canonical(JSON.parse(value));
    } catch {
      return JSON.stringify(value);
    }
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '{}';
  try {
    const text = JSON.stringify(value, (_, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    );
    return text ?? '{}';
  } catch {
    return '';
  }
}

interface ToolStart {
  readonly name: string;
  readonly id: string | undefined;
  readonly facts: Facts | undefined;
  /** Unix milliseconds, for a tool that ran already: it is told of, and was not measured. */
  readonly inferredSince?: number;
}

function startToolRecording({ name, id, facts, inferredSince }: ToolStart, parent: Context): Recording | undefined {
  const active = trace.getSpanContext(context.active());
  const asking = trace.getSpanContext(parent);
  // Where the application works in a trace of its own, the tool's span points there, too.
  const links: Link[] = active && asking && active.traceId !== asking.traceId ? [{ context: active }] : [];
  return startRecording({
    name: `${OPERATION.executeTool} ${name}`,
    kind: SpanKind.INTERNAL,
    facts: { ...facts, operation: OPERATION.executeTool },
    attributes: {
      [ATTR.toolName]: name,
      [ATTR.toolType]: 'function',
      ...(id !== undefined && { [ATTR.toolCallId]: id }),
      ...(inferredSince !== undefined && { [ATTR.inferred]: true }),
    },
    ...(inferredSince !== undefined && { startTime: inferredSince }),
    parent,
    links,
  });
}

/** Ends the span of a tool: what it was given and gave back lies on it as attributes, or beside it as its one execution. */
export function endToolRecording(
  recording: Recording,
  execution: ToolExecution,
  ending: Pick<Ending, 'endTime' | 'error'> = {},
): void {
  const [tool] = recording.withContent
    ? (capContent({ toolExecutions: [execution] }, captureOptions(), asIs).toolExecutions ?? [])
    : [];
  recording.end({ ...ending, ...(tool && { tool }) });
}

/**
 * A tool's answer comes back in a request: where the application traced nothing itself, this is all that is known of
 * the execution, from the model's question to the answer. Marked as inferred and kept out of durations.
 */
export function answerCall(
  { id, name, arguments: given, asking, facts, since, isClaimed }: OpenCall,
  result: unknown,
): void {
  closeCall(id);
  if (isClaimed) return;
  const recording = startToolRecording({ name, id, facts, inferredSince: since }, asking);
  if (!recording) return;
  const endTime = Date.now();
  const execution = { name, id, type: 'function', arguments: given, result, startTime: since, endTime };
  endToolRecording(recording, execution, { endTime });
}
