import type { InkeepPayload } from './payload.ts';

/** Limits of one conversation. Beyond them its oldest messages are left out. */
export const MAX_MESSAGES = 2_000;
export const MAX_BYTES: number = 1 << 20;

/** The newest messages that fit. The last one always stays; if it is too large by itself, delivery refuses it. */
export function bounded(payload: InkeepPayload): InkeepPayload {
  if (payload.path !== '/conversations' || payload.body.type !== 'openai') return payload;
  const { body } = payload;
  const { messages } = body;
  let room = MAX_BYTES - bytesOf({ ...payload, body: { ...body, messages: [] } });
  let first = messages.length;
  while (first > 0 && messages.length - first < MAX_MESSAGES) {
    room -= bytesOf(messages[first - 1]) + 1;
    if (room < 0) break;
    first -= 1;
  }
  const start = Math.min(first, messages.length - 1);
  return start <= 0 ? payload : { ...payload, body: { ...body, messages: messages.slice(start) } };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
