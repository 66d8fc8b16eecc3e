import { answerFactsFromOpenAI, outputFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage, toolCallsFromOpenAI } from '../../../formats/openai/messages.ts';
import { toolsFromOpenAI } from '../../../formats/openai/request.ts';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message, ToolCallPart, ToolDefinition } from '../../../interaction/message.ts';
import type { ToolHistory } from '../../tool-history.ts';
import { fieldOf, type RequestBody } from './parameters.ts';

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

/** The functions that a `chat.completion` asks the application to run, by choice. */
export function readToolCalls(completion: unknown): readonly (readonly ToolCallPart[])[] {
  const choices = fieldOf(completion, 'choices');
  if (!Array.isArray(choices)) return [];
  return choices.map((choice) => {
    const message = fieldOf(choice, 'message');
    const calls = fieldOf(message, 'tool_calls');
    if (Array.isArray(calls) && calls.length > 0) return toolCallsFromOpenAI(calls);
    const formerCall = fieldOf(message, 'function_call');
    return fieldOf(formerCall, 'name') ? toolCallsFromOpenAI([formerCall]) : [];
  });
}

/** Undefined for requests that neither answer a call nor offer a function. */
export function readToolHistory({ messages, tools, functions }: RequestBody): ToolHistory | undefined {
  if (!Array.isArray(messages)) return undefined;
  const hasAnswers = endsInAnswers(messages);
  if (!hasAnswers && !Array.isArray(tools) && !Array.isArray(functions)) return undefined;
  // Applications add the answer to the same list.
  const copy: readonly unknown[] = [...messages];
  return { hasAnswers, read: () => readMessages(copy) };
}

function endsInAnswers(messages: readonly unknown[]): boolean {
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const role = fieldOf(messages[at], 'role');
    if (role === 'tool' || role === 'function') return true;
    if (role === 'assistant') return false;
  }
  return false;
}
