import { type Context, context, type Link, SpanKind, trace } from '@opentelemetry/api';
import type { Facts, ToolExecution } from '../interaction/interaction.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import type { Recorder } from './recorder.ts';
import type { Ending, Recording } from './recording.ts';
import type { OpenCall, Turn } from './tool-calls.ts';

interface ToolStart {
  readonly name: string;
  readonly id: string | undefined;
  readonly facts: Facts | undefined;
  /** Unix milliseconds. Set for a tool that already ran: its span is inferred, and no duration was measured. */
  readonly inferredSince?: number;
}

export function startToolRecording(
  recorder: Recorder,
  { name, id, facts, inferredSince }: ToolStart,
  parent: Context,
): Recording | undefined {
  const active = trace.getSpanContext(context.active());
  const asking = trace.getSpanContext(parent);
  // Where the application works in a trace of its own, the tool's span points there, too.
  const links: Link[] = active && asking && active.traceId !== asking.traceId ? [{ context: active }] : [];
  return recorder.start({
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

/** Ends the span of a tool: its arguments and result become attributes, or content attached to the span. */
export function endToolRecording(
  recording: Recording,
  execution: ToolExecution,
  ending: Pick<Ending, 'endTime' | 'error' | 'isCut'> = {},
): void {
  recording.end({ ...ending, ...(recording.withContent && { tool: execution }) });
}

/**
 * A tool's answer arrives in a request. Where the application traced nothing itself, the time from the model's question
 * to that answer is all that is known of the execution: its span is marked as inferred and kept out of durations.
 */
export function inferTool(
  recorder: Recorder,
  { asking, facts, since }: Turn,
  { id, name, arguments: args }: OpenCall,
  result: unknown,
): void {
  const recording = startToolRecording(recorder, { name, id, facts, inferredSince: since }, asking);
  if (!recording) return;
  const endTime = Date.now();
  const execution = {
    name,
    ...(id !== undefined && { id }),
    type: 'function',
    arguments: args,
    result,
    startTime: since,
    endTime,
  };
  endToolRecording(recording, execution, { endTime });
}
