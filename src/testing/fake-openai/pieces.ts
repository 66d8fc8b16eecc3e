import type { ModelReply } from './types.ts';

/** How a text is cut when it is streamed: by the reply's own pieces, else word by word. */
export const textPieces = (text: string, reply: Pick<ModelReply, 'pieces'>): readonly string[] =>
  reply.pieces ?? text.match(/\s*\S+|\s+$/g) ?? [];

/** JSON is streamed in bits that break inside words. */
export const argumentPieces = (text: string): readonly string[] => text.match(/[\s\S]{1,7}/gu) ?? [];
