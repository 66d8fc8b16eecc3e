import { answerFactsFromOpenAI, outputFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage, toolCallsFromOpenAI } from '../../../formats/openai/messages.ts';
import { presentOf } from '../../../interaction/defined.ts';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message, ToolCallPart } from '../../../interaction/message.ts';
import { TextMessage } from '../../../interaction/text-message.ts';
import type { ToolHistory } from '../../tool-history.ts';
import { SentMessage } from './message-snapshot.ts';
import { fieldOf, type RequestBody } from './parameters.ts';

/** The messages of a snapshot, or of a request. */
export function readMessages(snapshot: readonly unknown[]): readonly Message[] {
  return presentOf(snapshot.map(readMessage));
}

function readMessage(message: unknown): Message | undefined {
  if (message instanceof TextMessage) return message;
  return message instanceof SentMessage ? message.read(decodeMessage) : decodeMessage(message);
}

/** The facts of a `chat.completion`, without its content. */
export function readCompletion(completion: unknown): Facts {
  return answerFactsFromOpenAI(completion);
}

/** The content of a `chat.completion`. */
export function readChoices(completion: unknown): Content {
  const outputMessages = outputFromOpenAI(completion);
  return outputMessages ? { outputMessages } : {};
}

/** The function calls that a `chat.completion` requests from the application, for each choice. */
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

/** Undefined for requests that neither answer a tool call nor offer a function. */
export function readToolHistory({ messages, tools, functions }: RequestBody): ToolHistory | undefined {
  if (!Array.isArray(messages)) return undefined;
  const hasAnswers = endsInAnswers(messages);
  if (!hasAnswers && !Array.isArray(tools) && !Array.isArray(functions)) return undefined;
  // A copy, because applications add the answer to the same list.
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
