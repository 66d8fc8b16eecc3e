import type { Content } from '../interaction/interaction.ts';
import { type Mask, maskContent, withoutCutSecret } from '../interaction/mask.ts';
import type { Message, Part } from '../interaction/message.ts';
import { beginningOf, isHigh, wellFormed } from '../interaction/text.ts';

/** A text that grows by pieces up to a length, and says where it was cut. */
export interface Capped {
  add(piece: string): void;
  readonly text: string;
  readonly isCut: boolean;
}

export function capText(maxLength: number): Capped {
  return new GrowingText(maxLength);
}

/**
 * The texts of a stream that were cut while they grew, as an answer has them. All other texts are cut at the end of a
 * recording: each text once.
 */
export function cutTextsOf(texts: readonly (Capped | undefined)[]): ReadonlySet<string> | undefined {
  const cut = texts.filter((text) => text?.isCut).map((text) => text?.text ?? '');
  return cut.length > 0 ? new Set(cut) : undefined;
}

/** First capacity of a text in bytes: buffers of this size are allocated on the heap itself. */
const FIRST_CAPACITY = 64;
const NEXT_CAPACITY = 256;
/** Growth by half: at most a third of the capacity is unused, and the total of copied bytes stays linear. */
const GROWTH = 1.5;
const NO_BYTES = Buffer.alloc(0);

/**
 * The units of the text in a buffer. A string that grows by small pieces would be a tree of them, some sixty bytes for
 * a token of seven. Each unit takes one byte until the first one beyond Latin-1 arrives, then two.
 */
class GrowingText implements Capped {
  readonly #maxLength: number;
  #bytes = NO_BYTES;
  #isWide = false;
  /** Units that are stored, and units that arrived. */
  #stored = 0;
  #length = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  add(piece: string): void {
    this.#length += piece.length;
    const count = Math.min(piece.length, this.#maxLength - this.#stored);
    if (count <= 0) return;
    if (!this.#isWide && !this.#addNarrow(piece, count)) this.#widen();
    if (this.#isWide) this.#addWide(piece, count);
    this.#stored += count;
  }

  /** @returns false where a unit does not fit into a byte */
  #addNarrow(piece: string, count: number): boolean {
    this.#reserve(this.#stored + count);
    const bytes = this.#bytes;
    let at = this.#stored;
    // Tokens are short: one call into the engine for each costs more than this loop.
    for (let index = 0; index < count; index += 1) {
      const unit = piece.charCodeAt(index);
      if (unit > 0xff) return false;
      bytes[at] = unit;
      at += 1;
    }
    return true;
  }

  #addWide(piece: string, count: number): void {
    this.#reserve((this.#stored + count) * 2);
    this.#bytes.write(piece, this.#stored * 2, count * 2, 'utf16le');
  }

  #widen(): void {
    this.#bytes = Buffer.from(this.#content, 'utf16le');
    this.#isWide = true;
  }

  #reserve(size: number): void {
    const capacity = this.#bytes.length;
    if (size <= capacity) return;
    const next = capacity === 0 ? FIRST_CAPACITY : Math.max(NEXT_CAPACITY, Math.ceil(capacity * GROWTH));
    // Not from Node's pool: a text that stays open for long would hold a whole page of it.
    const bytes = Buffer.allocUnsafeSlow(Math.max(size, next));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  get text(): string {
    const text = this.#content;
    if (!this.isCut) return text;
    const kept = isHigh(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text;
    return markCut(kept, this.#length - kept.length);
  }

  get isCut(): boolean {
    return this.#length > this.#stored;
  }

  get #content(): string {
    return this.#isWide
      ? this.#bytes.toString('utf16le', 0, this.#stored * 2)
      : this.#bytes.toString('latin1', 0, this.#stored);
  }
}

/** A whole text in at most this many UTF-16 units. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const kept = beginningOf(text, maxLength);
  return markCut(kept, text.length - kept.length);
}

/** UTF-16 units of a span's name: a model may be named by anything. */
const MAX_NAME_LENGTH = 512;

export function spanName(name: string): string {
  return wellFormed(beginningOf(name, MAX_NAME_LENGTH));
}

function markCut(text: string, cut: number): string {
  return `${withoutCutSecret(text)}… [${cut} more]`;
}

/**
 * Content within the caps: long texts cut, inline bytes that are too large left out, and each text through the mask.
 * @param cutTexts texts that were cut before, while they grew
 */
export function capContent<T extends Content>(
  content: T,
  { maxTextLength, maxBlobLength }: { readonly maxTextLength: number; readonly maxBlobLength: number },
  mask: Mask,
  cutTexts?: ReadonlySet<string>,
): T {
  const lean = withoutLargeBlobs(content, maxBlobLength);
  return maskContent(lean, (text) => {
    const isCut = text.length <= maxTextLength || cutTexts?.has(text) === true;
    return mask(wellFormed(isCut ? text : cutText(text, maxTextLength)));
  });
}

function withoutLargeBlobs<T extends Content>(content: T, maxLength: number): T {
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
