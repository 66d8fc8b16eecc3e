import { answerFactsFromOpenAI, outputFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage, toolCallsFromOpenAI } from '../../../formats/openai/messages.ts';
import { toolsFromOpenAI } from '../../../formats/openai/request.ts';
import type { Content, Facts } from '../../../interaction/interaction.ts';
import type { Message, ToolCallPart, ToolDefinition } from '../../../interaction/message.ts';
import { snapshot } from '../../snapshot.ts';
import type { ToolHistory } from '../../tool-history.ts';
import { fieldOf, type RequestBody } from './parameters.ts';

/** The snapshot of a message that consists of a role and one text, as most do. */
class TextMessage {
  readonly role: string;
  readonly content: string;

  constructor(role: string, content: string) {
    this.role = role;
    this.content = content;
  }
}

/**
 * A snapshot of a request's messages, which later changes by the caller do not affect. It is cheap: texts are immutable
 * and shared, and messages are decoded only when a consumer reads the content.
 */
export function snapshotMessages(messages: unknown): readonly unknown[] {
  const list = Array.isArray(messages) && !isWritten(messages) ? messages : snapshot(messages);
  const copy: unknown[] = [];
  if (!Array.isArray(list)) return copy;
  // Not `map`, which would run code of a list of the application's own class.
  for (let index = 0; index < list.length; index += 1) copy.push(snapshotMessage(list[index], index));
  return copy;
}

/** Copying a message field by field takes several times as long as its two texts do. */
function snapshotMessage(message: unknown, index: number): unknown {
  if (typeof message !== 'object' || message === null) return snapshot(message, index);
  const { role, content } = message as { readonly role?: unknown; readonly content?: unknown };
  const isText = typeof role === 'string' && typeof content === 'string' && role !== 'tool' && role !== 'function';
  return isText && hasNothingElse(message) ? new TextMessage(role, content) : snapshot(message, index);
}

/** Whether JSON contains exactly these two fields of the message. */
function hasNothingElse(message: object): boolean {
  let left = 2;
  for (const name in message) {
    if ((name !== 'role' && name !== 'content') || !Object.hasOwn(message, name)) return false;
    left -= 1;
  }
  return left === 0 && !isWritten(message);
}

/** Whether the value decides itself what JSON contains of it. */
function isWritten(value: object): boolean {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === 'function';
}

/** The messages of a snapshot, or of a request. */
export function readMessages(snapshot: readonly unknown[]): readonly Message[] {
  const messages: Message[] = [];
  for (const each of snapshot) {
    const message =
      each instanceof TextMessage
        ? { role: each.role, parts: [{ type: 'text' as const, content: each.content }] }
        : decodeMessage(each);
    if (message) messages.push(message);
  }
  return messages;
}

export function readTools(tools: unknown): readonly ToolDefinition[] | undefined {
  return tools === undefined ? undefined : toolsFromOpenAI(tools);
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
