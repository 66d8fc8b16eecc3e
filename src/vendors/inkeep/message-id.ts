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

/** The same message said again: what its provider's id or its call cannot tell, its text does. */
export function isSameMessage(one: InkeepMessage, other: InkeepMessage): boolean {
  return one.role === other.role && callsDiffer(one, other) === false && told(one) === told(other);
}

/** Both messages name the call that they were first seen in, and it is not one call. */
function callsDiffer(one: InkeepMessage, other: InkeepMessage): boolean {
  const call = one.properties?.['span_id'];
  const otherCall = other.properties?.['span_id'];
  return call !== undefined && otherCall !== undefined && call !== otherCall;
}

function told({ content, name, tool_calls }: InkeepMessage): string {
  return JSON.stringify([content, name ?? '', tool_calls?.map(({ function: called }) => called) ?? []]);
}
