import { type Context, context, type Link, SpanKind, trace } from '@opentelemetry/api';
import type { Facts, ToolExecution } from '../interaction/interaction.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import type { Recorder } from './recorder.ts';
import type { Ending, Recording } from './recording.ts';
import type { OpenCall, Turn } from './tool-turn.ts';

interface ToolStart {
  readonly name: string;
  readonly id: string | undefined;
  readonly facts: Facts | undefined;
  /** Unix milliseconds. Set for a tool that already ran: its span is inferred, and its duration was not measured. */
  readonly inferredSince?: number;
}

export function startToolRecording(
  recorder: Recorder,
  { name, id, facts, inferredSince }: ToolStart,
  parent: Context,
): Recording | undefined {
  const active = trace.getSpanContext(context.active());
  const parentSpan = trace.getSpanContext(parent);
  // If the application works in another trace, the tool's span links to it.
  const links: Link[] = active && parentSpan && active.traceId !== parentSpan.traceId ? [{ context: active }] : [];
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
 * Records a tool whose execution was not traced, once its answer arrives in a request. Only the time between the
 * model's request and that answer is known, so the span is marked as inferred and not included in duration metrics.
 */
export function inferTool(
  recorder: Recorder,
  { requester, facts, since }: Turn,
  { id, name, arguments: args }: OpenCall,
  result: unknown,
): void {
  const recording = startToolRecording(recorder, { name, id, facts, inferredSince: since }, requester);
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
