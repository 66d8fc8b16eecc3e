import { type Context, context, type Link, SpanKind, trace } from '@opentelemetry/api';
import type { Facts, ToolExecution } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../../semconv/names.ts';
import type { Recorder } from '../../recorder.ts';
import { placeOf, requesterIn, ToolTurns } from '../../tool-calls.ts';
import { endToolRecording } from '../../tool-spans.ts';
import type { OpenCall } from '../../tool-turn.ts';
import type { FunctionCall } from '../readers/assistants.ts';

export type TimedExecution = ToolExecution & Required<Pick<ToolExecution, 'startTime' | 'endTime'>>;

/** A function call, and when the run requested it, in Unix milliseconds. */
export type RequestedCall = FunctionCall & { readonly since: number };

export interface OfferedCall {
  /**
   * Withdraws the offer. @returns what is known of the execution by `traceTool`; undefined if it did not run the call
   */
  withdraw(): Partial<ToolExecution> | undefined;
}

/** Where the spans of a run's tools belong. */
export interface Place {
  readonly parent: Context;
  readonly links: Link[];
}

/**
 * Records one `execute_tool` span for a tool that has run. Of a function of the application only the wait for its result is
 * known, so its span is marked as inferred.
 */
export function recordRunTool(recorder: Recorder, tool: TimedExecution, run: Facts, place: Place): void {
  const recording = recorder.start({
    ...place,
    name: `${OPERATION.executeTool} ${tool.name}`,
    kind: SpanKind.INTERNAL,
    facts: { ...toolFacts(run), operation: OPERATION.executeTool },
    attributes: {
      [ATTR.toolName]: tool.name,
      [ATTR.toolType]: tool.type,
      [ATTR.toolCallId]: tool.id,
      ...(tool.type === 'function' && { [ATTR.inferred]: true }),
    },
    startTime: tool.startTime,
  });
  if (!recording) return;
  const error = tool.errorType === undefined ? {} : { error: { type: tool.errorType } };
  endToolRecording(recording, tool, { endTime: tool.endTime, ...error });
}

/** The facts of a run that the spans of its tools repeat. */
function toolFacts({ agent, conversationId }: Facts): Facts {
  return {
    ...(conversationId !== undefined && { conversationId }),
    ...(agent?.name !== undefined && { agent: { name: agent.name } }),
  };
}

/** Offers the calls that a run waits for to `traceTool`, as one turn. */
export function offerCalls(
  recorder: Recorder,
  requested: readonly RequestedCall[],
  run: Facts,
  requester: Context,
): readonly OfferedCall[] {
  const calls: OpenCall[] = requested.map(({ id, name, arguments: args }) => ({ id, name, arguments: args }));
  const [first] = requested;
  if (!first) return [];
  const forget = recorder.stateOf(ToolTurns).open(
    {
      calls,
      requester: requesterIn(requester, recorder),
      // The place where the application receives the calls. Code in the run's own trace finds them as well.
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

/** A link to the span that is active now, unless that is the span of the run or its parent. */
export function linksFrom(run: Context, parent: Context): Link[] {
  const active = trace.getSpanContext(context.active());
  const runSpans = [trace.getSpanContext(run)?.spanId, trace.getSpanContext(parent)?.spanId];
  return active && !runSpans.includes(active.spanId) ? [{ context: active }] : [];
}
