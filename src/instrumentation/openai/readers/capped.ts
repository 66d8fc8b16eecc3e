import type { Content } from '../../../interaction/interaction.ts';
import { type Mask, maskContent, withoutCutSecret } from '../../../interaction/mask.ts';
import type { Message, Part } from '../../../interaction/message.ts';

/** A text that grows by pieces up to a length, and says where it was cut. */
export interface Capped {
  add(piece: string): void;
  readonly isEmpty: boolean;
  readonly text: string;
}

export function capText(maxLength: number): Capped {
  return new GrowingText(maxLength);
}

/** Pieces between two flattenings, at the least. */
const MIN_PIECES = 32;

class GrowingText implements Capped {
  readonly #maxLength: number;
  #text = '';
  #length = 0;
  #pieces = 0;
  #nextFlat = MIN_PIECES;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  add(piece: string): void {
    const room = this.#maxLength - this.#text.length;
    this.#length += piece.length;
    if (room <= 0 || piece === '') return;
    this.#text += piece.length > room ? piece.slice(0, room) : piece;
    this.#pieces += 1;
    if (this.#pieces < this.#nextFlat) return;
    // The engine keeps a text that was put together as a tree of its pieces, which weighs more than the text; to read
    // it as a number makes it one piece. Ever rarer, so that the copying stays linear: nine times the text in all.
    Number(this.#text);
    this.#nextFlat = this.#pieces + Math.max(MIN_PIECES, this.#pieces >> 3);
  }

  get isEmpty(): boolean {
    return this.#text === '';
  }

  get text(): string {
    const cut = this.#length - this.#text.length;
    return cut > 0 ? markCut(this.#text, cut) : this.#text;
  }
}

/** A whole text in at most so many UTF-16 units. */
export function cutText(text: string, maxLength: number): string {
  return text.length > maxLength ? markCut(text.slice(0, maxLength), text.length - maxLength) : text;
}

function markCut(text: string, cut: number): string {
  return `${withoutCutSecret(text)}… [${cut} more]`;
}

/** Content within the caps: long texts cut, inline bytes that are too large left out, and each text through the mask. */
export function capContent(
  content: Content,
  { maxTextLength, maxBlobLength }: { readonly maxTextLength: number; readonly maxBlobLength: number },
  mask: Mask,
): Content {
  const lean = withoutLargeBlobs(content, maxBlobLength);
  return maskContent(lean, (text) => mask(cutText(text, maxTextLength)));
}

function withoutLargeBlobs(content: Content, maxLength: number): Content {
  const { inputMessages, outputMessages } = content;
  const isLarge = (part: Part): boolean => part.type === 'blob' && part.content.length > maxLength;
  const isHeavy = ({ parts }: Message): boolean => parts.some(isLarge);
  if (!inputMessages?.some(isHeavy) && !outputMessages?.some(isHeavy)) return content;
  const lean = <M extends Message>(message: M): M => ({
    ...message,
    parts: message.parts.map((part) => (isLarge(part) ? { ...part, content: '' } : part)),
  });
  return {
    ...content,
    ...(inputMessages && { inputMessages: inputMessages.map(lean) }),
    ...(outputMessages && { outputMessages: outputMessages.map(lean) }),
  };
}
