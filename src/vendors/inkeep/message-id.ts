import { createHash } from 'node:crypto';
import type { InkeepContent, InkeepMessage } from './payload.ts';

/** The id of a message that its provider gave none: the same for every resend of the conversation. */
export function messageId(conversationId: string, position: number, role: string, content: InkeepContent): string {
  const told = JSON.stringify([conversationId, position, role, content]);
  return `msg_${createHash('sha256').update(told).digest('hex').slice(0, 24)}`;
}

/** True for ids of {@link messageId}'s making. A provider's ids are longer, or of more letters than a hash has. */
export function isDerivedId(id: string | undefined): boolean {
  return id === undefined || /^msg_[0-9a-f]{24}$/.test(id);
}

/** The same message said again, as far as its text tells and no other call claims it. */
export function isSameMessage(one: InkeepMessage, other: InkeepMessage): boolean {
  const call = callOf(one);
  const otherCall = callOf(other);
  const mayBe = call === undefined || otherCall === undefined || call === otherCall;
  return mayBe && one.role === other.role && wordsOf(one) === wordsOf(other);
}

/** The call that told a message first, where it says so. */
export function callOf({ properties }: InkeepMessage): unknown {
  return properties?.['span_id'];
}

function wordsOf({ content, name, tool_calls }: InkeepMessage): string {
  return JSON.stringify([content, name ?? '', tool_calls?.map(({ function: called }) => called) ?? []]);
}
