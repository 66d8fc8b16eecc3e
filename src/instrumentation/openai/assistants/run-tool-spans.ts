import { type Context, context, type Link, SpanKind, trace } from '@opentelemetry/api';
import type { Facts, ToolExecution } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../../semconv/names.ts';
import type { Recorder } from '../../recorder.ts';
import { scopeOf as contextScopeOf, type OpenCall, OpenCalls } from '../../tool-calls.ts';
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

/** Offers a call that a run waits for to `traceTool`. */
export function offerCall(recorder: Recorder, asked: AskedCall, run: Facts, asking: Context): OfferedCall {
  const { id, name, since } = asked;
  const call: OpenCall = {
    id,
    name,
    arguments: asked.arguments,
    asking,
    // Where the application learns of the call; whoever works in the run's own trace finds it, too.
    scope: contextScopeOf(context.active(), recorder),
    facts: toolFacts(run),
    since,
  };
  const calls = recorder.memoryOf(OpenCalls);
  calls.open(call);
  return {
    withdraw() {
      calls.close(id);
      return call.isClaimed ? (call.taken ?? {}) : undefined;
    },
  };
}

/** A link to the span that is active now, unless that is the run's own or the one that the run was made under. */
export function linksFrom(run: Context, parent: Context): Link[] {
  const active = trace.getSpanContext(context.active());
  const own = [trace.getSpanContext(run)?.spanId, trace.getSpanContext(parent)?.spanId];
  return active && !own.includes(active.spanId) ? [{ context: active }] : [];
}
