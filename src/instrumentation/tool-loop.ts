import { type Context, context, type Link, trace } from '@opentelemetry/api';
import type { Facts } from '../interaction/interaction.ts';
import type { ToolCallPart } from '../interaction/message.ts';
import type { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';
import { type OpenCall, OpenCalls, scopeOf } from './tool-calls.ts';
import { answerCall } from './tool-spans.ts';

/** Where a request stands in a conversation with tools: under whom its span belongs, and whom it points to. */
export interface LoopPlace {
  readonly parent?: Context;
  readonly links?: Link[];
}

type Answers = readonly (readonly [id: string, answer: unknown])[];

/**
 * A request that answers tool calls goes on where they were asked. Without an active span it joins the asking span's
 * trace, below it; with one, it links.
 */
export function continueLoop(recorder: Recorder, answers: Answers): LoopPlace {
  if (answers.length === 0) return {};
  const active = context.active();
  const scope = scopeOf(active, recorder);
  const calls = recorder.memoryOf(OpenCalls);
  let asked: OpenCall | undefined;
  for (const [id, answer] of answers) {
    const call = calls.find(id, scope);
    if (!call) continue;
    answerCall(recorder, call, answer);
    asked = call;
  }
  const asking = asked && trace.getSpanContext(asked.asking);
  if (!asking) return {};
  return trace.getSpanContext(active)
    ? { links: [{ context: asking }] }
    : { parent: trace.setSpanContext(active, asking) };
}

/** Remembers the functions that an answer asks for. */
export function openLoop(
  recorder: Recorder,
  recording: Recording,
  calls: readonly ToolCallPart[],
  scope: string,
): void {
  if (calls.length === 0) return;
  const open = recorder.memoryOf(OpenCalls);
  const { conversationId } = recording.facts;
  const facts: Facts = conversationId === undefined ? {} : { conversationId };
  const since = Date.now();
  for (const { id, name, arguments: args } of calls) {
    if (id !== undefined) open.open({ id, name, arguments: args, asking: recording.context, scope, facts, since });
  }
}
