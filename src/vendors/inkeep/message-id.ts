import { sha256Of } from '../derived-ids.ts';
import type { InkeepContent, InkeepMessage } from './payload.ts';

/** The id of a message that its provider gave none: the same for every resend of the conversation. */
export function messageId(conversationId: string, position: number, role: string, content: InkeepContent): string {
  const told = JSON.stringify([conversationId, position, role, content]);
  return `msg_${sha256Of(told).slice(0, 24)}`;
}

/** True for ids of {@link messageId}'s making. A provider's ids are longer, or of more letters than a hash has. */
export function isDerivedId(id: string | undefined): boolean {
  return id === undefined || /^msg_[0-9a-f]{24}$/.test(id);
}

/** What a message says: two with the same words may be one that was said again. */
export function wordsOf({ role, content, name, tool_calls }: InkeepMessage): string {
  return JSON.stringify([role, content, name ?? '', tool_calls?.map(({ function: called }) => called) ?? []]);
}

/** The call that told a message first, where it says so. */
export function callOf({ properties }: InkeepMessage): unknown {
  return properties?.['span_id'];
}
