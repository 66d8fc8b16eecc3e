import { toolsFromOpenAI } from '../../../formats/openai/request.ts';
import type { Message, ToolDefinition } from '../../../interaction/message.ts';
import { RepeatedMessage, RepeatedTool } from '../../../interaction/repeated.ts';
import { TextMessage } from '../../../interaction/text-message.ts';
import { isUnchanged, snapshot } from '../../snapshot.ts';

/** Shorter requests are read as fast as they are compared. */
const MIN_MESSAGES = 4;

/** What the last request of a conversation sent. */
class Conversation {
  /** One for each message. */
  copies: readonly unknown[] = [];
  tools: SentTools | undefined;
}

/**
 * Conversations, each found by its first message. Agents and chats send the same messages and tools with every request,
 * of which only the last ones are new. Weak: it lives as long as the application's message.
 */
const conversations = new WeakMap<object, Conversation>();

function conversationOf(messages: unknown): Conversation | undefined {
  const first: unknown = Array.isArray(messages) && messages.length >= MIN_MESSAGES ? messages[0] : undefined;
  if (typeof first !== 'object' || first === null) return undefined;
  const known = conversations.get(first);
  if (known) return known;
  const added = new Conversation();
  conversations.set(first, added);
  return added;
}

/**
 * A message of a conversation that is more than one text, and what was read of it. A change of either is noticed: that of
 * the application, which sends it, and that of a consumer, which gets the same message as earlier ones did.
 */
export class SentMessage {
  readonly copy: object;
  #decode: ((copy: object) => Message | undefined) | undefined;
  #message: RepeatedMessage | undefined;
  #messageCopy: unknown;

  constructor(copy: object) {
    this.copy = copy;
  }

  is(message: object): boolean {
    return isUnchanged(message, this.copy) && (!this.#message || isUnchanged(this.#message, this.#messageCopy));
  }

  /** @param decode must not throw, and return the same message for the same copy */
  read<T extends Message | undefined>(decode: (copy: object) => T): Message | T {
    if (this.#decode === decode && this.#message) return this.#message;
    const message = decode(this.copy);
    if (!message) return message;
    this.#decode = decode;
    this.#message = new RepeatedMessage(message);
    this.#messageCopy = snapshot(message);
    return this.#message;
  }
}

/** The tools of a request. What is read of them shares the schemas of the copy, so a consumer's change is noticed there. */
class SentTools {
  readonly #copy: unknown;
  #read: readonly RepeatedTool[] = [];

  constructor(tools: unknown) {
    this.#copy = snapshot(tools);
  }

  is(tools: unknown): boolean {
    return isUnchanged(tools, this.#copy);
  }

  read(): readonly ToolDefinition[] | undefined {
    const tools = toolsFromOpenAI(this.#copy);
    if (!tools) return undefined;
    this.#read = tools.map((tool, index) => {
      const known = this.#read[index];
      return known?.is(tool) ? known : new RepeatedTool(tool);
    });
    return this.#read;
  }
}

/** The tools of a request with these messages. */
export function snapshotTools(tools: unknown, messages: unknown): readonly ToolDefinition[] | undefined {
  if (tools === undefined) return undefined;
  const conversation = conversationOf(messages);
  if (!conversation) return toolsFromOpenAI(tools);
  if (!conversation.tools?.is(tools)) conversation.tools = new SentTools(tools);
  return conversation.tools.read();
}

/**
 * A snapshot of a request's messages, which later changes by the caller do not affect. It is cheap: texts are immutable
 * and shared, and other messages are decoded only when a consumer reads the content.
 */
export function snapshotMessages(messages: unknown): readonly unknown[] {
  const list: unknown = Array.isArray(messages) && !isWritten(messages) ? messages : snapshot(messages);
  if (!Array.isArray(list)) return [];
  const conversation = conversationOf(list);
  const before = conversation?.copies;
  // A list that grows has space for seventeen items. No method of the list is called, which may be of the application's
  // own class.
  const copies = new Array<unknown>(list.length);
  for (let index = 0; index < list.length; index += 1) copies[index] = snapshotMessage(list[index], index, before);
  if (conversation) conversation.copies = copies;
  return copies;
}

/**
 * Copying a message field by field takes several times as long as its two texts do.
 * @param before what was made of the messages of the conversation before
 */
function snapshotMessage(message: unknown, index: number, before: readonly unknown[] | undefined): unknown {
  if (typeof message !== 'object' || message === null) return snapshot(message, index);
  const known = before?.[index];
  const { role, content } = message as { readonly role?: unknown; readonly content?: unknown };
  if (typeof content === 'string' && isSpeaker(role) && hasNothingElse(message))
    return known instanceof TextMessage && known.is(role, content) ? known : new TextMessage(role, content);
  if (known instanceof SentMessage && known.is(message)) return known;
  const copy = snapshot(message, index);
  return before && typeof copy === 'object' && copy !== null ? new SentMessage(copy) : copy;
}

/** Answers of tools are read in another way. */
function isSpeaker(role: unknown): role is string {
  return typeof role === 'string' && role !== '' && role !== 'tool' && role !== 'function';
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
