import { TextMessage } from '../../../interaction/text-message.ts';
import { snapshot } from '../../snapshot.ts';

/** Shorter requests are read as fast as they are compared. */
const MIN_MESSAGES = 4;

/** The messages of a request, and what was made of each. */
interface Taken {
  readonly messages: readonly unknown[];
  readonly copies: readonly unknown[];
}

/**
 * The last request of each conversation, found by its first message. Agents and chats send the same message objects
 * with every request, of which only the last ones are new. Weak: it lives as long as the application's message.
 */
const conversations = new WeakMap<object, Taken>();

/**
 * A snapshot of a request's messages, which later changes by the caller do not affect. It is cheap: texts are immutable
 * and shared, and other messages are decoded only when a consumer reads the content.
 */
export function snapshotMessages(messages: unknown): readonly unknown[] {
  const list: unknown = Array.isArray(messages) && !isWritten(messages) ? messages : snapshot(messages);
  if (!Array.isArray(list)) return [];
  const first: unknown = list[0];
  const isConversation = list.length >= MIN_MESSAGES && typeof first === 'object' && first !== null;
  const before = isConversation ? conversations.get(first) : undefined;
  // A list that grows has space for seventeen items. No method of the list is called, which may be of the application's
  // own class.
  const copies = new Array<unknown>(list.length);
  let isNew = list.length !== before?.messages.length;
  for (let index = 0; index < list.length; index += 1) {
    const message: unknown = list[index];
    const known = before !== undefined && before.messages[index] === message ? before.copies[index] : undefined;
    copies[index] = snapshotMessage(message, index, known);
    isNew ||= copies[index] !== known;
  }
  if (isConversation && isNew) conversations.set(first, { messages: itemsOf(list), copies });
  return copies;
}

function itemsOf(list: readonly unknown[]): readonly unknown[] {
  const items = new Array<unknown>(list.length);
  for (let index = 0; index < list.length; index += 1) items[index] = list[index];
  return items;
}

/**
 * Copying a message field by field takes several times as long as its two texts do.
 * @param known what was made of this object before. The application may have changed it since
 */
function snapshotMessage(message: unknown, index: number, known: unknown): unknown {
  if (typeof message !== 'object' || message === null) return snapshot(message, index);
  const { role, content } = message as { readonly role?: unknown; readonly content?: unknown };
  if (typeof content !== 'string' || !isSpeaker(role) || !hasNothingElse(message)) return snapshot(message, index);
  return known instanceof TextMessage && known.is(role, content) ? known : new TextMessage(role, content);
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
