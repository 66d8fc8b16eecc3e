import {
  type Content,
  contentFields,
  type Interaction,
  type Outcome,
  type ToolExecution,
} from '../interaction/interaction.ts';
import type { Message, Part, ToolDefinition } from '../interaction/message.ts';
import type { Feedback, UsageEvent } from '../vendors/vendor.ts';

/**
 * How much content a destination receives: all of it, its structure (roles, tool names and the number of messages, with
 * every text replaced), or none.
 */
export type ContentMode = 'full' | 'redacted' | 'none';

export const contentModes: readonly ContentMode[] = ['full', 'redacted', 'none'];

export const REDACTED = '[redacted]';

/** Applies a content mode to an interaction. Pure; `full` returns the same object. */
export function applyContentMode(interaction: Interaction, mode: ContentMode): Interaction {
  if (mode === 'full') return interaction;
  const { outcome, ...rest } = interaction;
  const kept = mode === 'redacted' ? redacted(rest) : without(rest);
  // The message of an error may contain content.
  return { ...kept, outcome: outcome.status === 'error' ? errorWithoutText(outcome) : outcome };
}

/** Applies a content mode to a user's feedback. Pure. */
export function feedbackFor(feedback: Feedback, mode: ContentMode): Feedback {
  if (mode === 'full') return feedback;
  const { comment, reasons, ...rest } = feedback;
  const labels = reasons?.map(({ label }) => ({ label }));
  return {
    ...rest,
    ...(comment !== undefined && mode === 'redacted' && { comment: REDACTED }),
    ...(labels && { reasons: labels }),
  };
}

/** Applies a content mode to a usage event, whose search query is content. Undefined if nothing is left. Pure. */
export function eventFor(event: UsageEvent, mode: ContentMode): UsageEvent | undefined {
  if (mode === 'full') return event;
  const { searchQuery, properties: _, ...rest } = event;
  if (searchQuery === undefined) return rest;
  return mode === 'redacted' ? { ...rest, searchQuery: REDACTED } : undefined;
}

/** Replaces every text and keeps roles and names. */
export function redacted<T extends Content>(facts: T): T {
  const kept: Record<string, unknown> = { ...facts };
  for (const field of contentFields)
    if (facts[field] !== undefined) kept[field] = redactors[field](facts[field] as never);
  return kept as T;
}

function without<T extends Content>(facts: T): T {
  const kept: Record<string, unknown> = { ...facts };
  for (const field of contentFields) delete kept[field];
  return kept as T;
}

function errorWithoutText({ message: _, ...outcome }: Extract<Outcome, { status: 'error' }>): Outcome {
  return outcome;
}

const redactText = (): string => REDACTED;
const redactMessages = (messages: readonly Message[]): Message[] =>
  messages.map(({ metadata: _, ...message }) => ({ ...message, parts: message.parts.map(redactPart) }));

const redactors: { readonly [F in (typeof contentFields)[number]]: (value: NonNullable<Interaction[F]>) => unknown } = {
  systemInstructions: (parts) => parts.map(redactPart),
  inputMessages: redactMessages,
  outputMessages: redactMessages,
  toolDefinitions: (tools) => tools.map(({ type, name }): ToolDefinition => ({ type, name })),
  toolExecutions: (tools) =>
    tools.map(
      ({ arguments: given, result, ...tool }): ToolExecution => ({
        ...tool,
        ...(given !== undefined && { arguments: REDACTED }),
        ...(result !== undefined && { result: REDACTED }),
      }),
    ),
  promptTemplate: redactText,
  promptVariables: (variables) => Object.fromEntries(Object.keys(variables).map((name) => [name, REDACTED])),
  context: redactText,
  expectedResponse: redactText,
};

/** `length` is that of the text in UTF-16 units: generic parts and extra keys are legal in the conventions' schema. */
function redactPart(part: Part): Part {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return { ...part, content: REDACTED, ...{ length: part.content.length } };
    case 'tool_call':
      return { ...part, ...(part.arguments !== undefined && { arguments: REDACTED }) };
    case 'tool_call_response':
      return { ...part, response: REDACTED };
    case 'server_tool_call':
      return { ...part, server_tool_call: { type: part.server_tool_call.type } };
    case 'server_tool_call_response':
      return { ...part, server_tool_call_response: { type: part.server_tool_call_response.type } };
    case 'blob':
      return { ...part, content: '' };
    case 'uri':
      return { ...part, uri: REDACTED };
    case 'file':
      return { ...part, file_id: REDACTED };
    case 'compaction':
      return { ...part, ...(part.content !== undefined && { content: REDACTED }) };
    default:
      return { type: (part as Part).type, content: REDACTED } as Part;
  }
}
