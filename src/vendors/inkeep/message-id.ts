import { sha256Of } from '../derived-ids.ts';
import type { InkeepContent, InkeepMessage } from './payload.ts';

/** The id of a message without a provider's id: the same for every resend of the conversation. */
export function messageId(conversationId: string, position: number, role: string, content: InkeepContent): string {
  const identity = JSON.stringify([conversationId, position, role, content]);
  return `msg_${sha256Of(identity).slice(0, 24)}`;
}

/** True for ids that {@link messageId} makes. A provider's ids are longer, or have letters that a hash does not have. */
export function isDerivedId(id: string | undefined): boolean {
  return id === undefined || /^msg_[0-9a-f]{24}$/.test(id);
}

/** The content of a message as one text. Two messages with equal content may be one message that was sent again. */
export function contentKeyOf({ role, content, name, tool_calls }: InkeepMessage): string {
  return JSON.stringify([role, content, name ?? '', tool_calls?.map(({ function: called }) => called) ?? []]);
}

/** The call that sent a message first, if the message names it. */
export function callOf({ properties }: InkeepMessage): unknown {
  return properties?.['span_id'];
}
