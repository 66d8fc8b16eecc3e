import { answerFactsFromOpenAI, outputFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage, toolCallsFromOpenAI } from '../../../formats/openai/messages.ts';
import { toolsFromOpenAI } from '../../../formats/openai/request.ts';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message, ToolCallPart, ToolDefinition } from '../../../interaction/message.ts';
import { fieldOf } from './parameters.ts';

/**
 * A copy of what a request says that later changes by the caller cannot reach, as cheap as can be: texts are shared,
 * for they cannot change, and messages are read for good only when somebody asks.
 */
export function keepMessages(messages: unknown): readonly unknown[] {
  return Array.isArray(messages) ? messages.map(keepMessage) : [];
}

function keepMessage(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return message;
  const kept: Record<string, unknown> = { ...message };
  for (const name in kept) if (typeof kept[name] === 'object') kept[name] = keepValue(kept[name]);
  return kept;
}

/** Deep, but for what nobody can change. Inline bytes are large texts, and shared like any other. */
function keepValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(keepValue);
  const kept: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) kept[key] = keepValue(item);
  return kept;
}

/** The content of a request that was kept. */
export function readMessages(kept: readonly unknown[]): readonly Message[] {
  return kept.flatMap((message) => decodeMessage(message) ?? []);
}

export function readTools(tools: unknown): readonly ToolDefinition[] | undefined {
  return tools === undefined ? undefined : toolsFromOpenAI(tools);
}

/** The facts of a `chat.completion`, without its content. */
export function readCompletion(completion: unknown): Facts {
  return answerFactsFromOpenAI(completion);
}

/** What a `chat.completion` says. */
export function readChoices(completion: unknown): Content {
  const outputMessages = outputFromOpenAI(completion);
  return outputMessages ? { outputMessages } : {};
}

/** The functions that a `chat.completion` asks the application to run. */
export function readToolCalls(completion: unknown): readonly ToolCallPart[] {
  const choices = fieldOf(completion, 'choices');
  if (!Array.isArray(choices)) return [];
  return choices.flatMap((choice) => {
    const calls = fieldOf(fieldOf(choice, 'message'), 'tool_calls');
    return Array.isArray(calls) && calls.length > 0 ? toolCallsFromOpenAI(calls) : [];
  });
}

/** The answers to tool calls in a request, by call id. */
export function readToolAnswers(messages: unknown): readonly (readonly [id: string, answer: unknown])[] {
  if (!Array.isArray(messages)) return [];
  const answers: [string, unknown][] = [];
  for (const message of messages) {
    if (fieldOf(message, 'role') !== 'tool') continue;
    const id = fieldOf(message, 'tool_call_id');
    if (typeof id === 'string') answers.push([id, fieldOf(message, 'content')]);
  }
  return answers;
}
