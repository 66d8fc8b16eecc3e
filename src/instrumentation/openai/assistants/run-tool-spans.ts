import { type Context, context, type Link, SpanKind, trace } from '@opentelemetry/api';
import type { Facts, ToolExecution } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../../semconv/names.ts';
import type { Recorder } from '../../recorder.ts';
import { type OpenCall, placeOf, ToolTurns } from '../../tool-calls.ts';
import { endToolRecording } from '../../tool-spans.ts';
import type { FunctionCall } from '../readers/assistants.ts';

export type TimedExecution = ToolExecution & Required<Pick<ToolExecution, 'startTime' | 'endTime'>>;

/** A call, and when the run asked for it, in Unix milliseconds. */
export type AskedCall = FunctionCall & { readonly since: number };

export interface OfferedCall {
  /** Takes the call back. @returns how `traceTool` ran it, as far as that has come; undefined when it did not */
  withdraw(): Partial<ToolExecution> | undefined;
}

/** Where the tools of a run are told. */
export interface Place {
  readonly parent: Context;
  readonly links: Link[];
}

/** One `execute_tool` span for a tool that has run. */
export function tellTool(recorder: Recorder, tool: TimedExecution, run: Facts, place: Place): void {
  const recording = recorder.start({
    ...place,
    name: `${OPERATION.executeTool} ${tool.name}`,
    kind: SpanKind.INTERNAL,
    facts: { ...toolFacts(run), operation: OPERATION.executeTool },
    attributes: { [ATTR.toolName]: tool.name, [ATTR.toolType]: tool.type, [ATTR.toolCallId]: tool.id },
    startTime: tool.startTime,
  });
  if (!recording) return;
  const error = tool.errorType === undefined ? {} : { error: { type: tool.errorType } };
  endToolRecording(recording, tool, { endTime: tool.endTime, ...error });
}

/** What the span of a tool says of the run that it belongs to. */
function toolFacts({ agent, conversationId }: Facts): Facts {
  return {
    ...(conversationId !== undefined && { conversationId }),
    ...(agent?.name !== undefined && { agent: { name: agent.name } }),
  };
}

/** Offers the calls that a run waits for to `traceTool`: one turn, whatever the number of its calls. */
export function offerCalls(
  recorder: Recorder,
  asked: readonly AskedCall[],
  run: Facts,
  asking: Context,
): readonly OfferedCall[] {
  const calls: OpenCall[] = asked.map(({ id, name, arguments: args }) => ({ id, name, arguments: args }));
  const [first] = asked;
  if (!first) return [];
  const forget = recorder.memoryOf(ToolTurns).open(
    {
      calls,
      asking,
      // Where the application learns of the calls; code in the run's own trace finds them, too.
      place: placeOf(context.active(), recorder),
      server: '',
      facts: toolFacts(run),
      since: first.since,
    },
    [],
  );
  return calls.map((call) => ({
    withdraw() {
      call.isAnswered = true;
      if (calls.every(({ isAnswered }) => isAnswered)) forget();
      return call.isClaimed ? (call.taken ?? {}) : undefined;
    },
  }));
}

/** A link to the span that is active now, unless that is the run's own or the one that the run was made under. */
export function linksFrom(run: Context, parent: Context): Link[] {
  const active = trace.getSpanContext(context.active());
  const own = [trace.getSpanContext(run)?.spanId, trace.getSpanContext(parent)?.spanId];
  return active && !own.includes(active.spanId) ? [{ context: active }] : [];
}
