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

/** Room of a text that has just begun, in bytes: so much lies on the heap itself. */
const FIRST_ROOM = 64;
const NEXT_ROOM = 256;
/** Half more each time: at most a third of the room is empty, and what is copied stays linear. */
const GROWTH = 1.5;
const NO_BYTES = Buffer.alloc(0);

/**
 * The units of the text in a buffer of their own. A string that grows by small pieces would be a tree of them, some
 * sixty bytes for a token of seven. A byte for a unit until the first one beyond Latin-1 comes, then two.
 */
class GrowingText implements Capped {
  readonly #maxLength: number;
  #bytes = NO_BYTES;
  #isWide = false;
  /** Units that are kept, and units that were said. */
  #kept = 0;
  #length = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  add(piece: string): void {
    this.#length += piece.length;
    const count = Math.min(piece.length, this.#maxLength - this.#kept);
    if (count <= 0) return;
    if (!this.#isWide && !this.#addNarrow(piece, count)) this.#widen();
    if (this.#isWide) this.#addWide(piece, count);
    this.#kept += count;
  }

  /** @returns false where a unit does not fit into a byte */
  #addNarrow(piece: string, count: number): boolean {
    this.#makeRoom(this.#kept + count);
    const bytes = this.#bytes;
    let at = this.#kept;
    // Tokens are short: a call into the engine for each costs more than to go through them here.
    for (let index = 0; index < count; index += 1) {
      const unit = piece.charCodeAt(index);
      if (unit > 0xff) return false;
      bytes[at] = unit;
      at += 1;
    }
    return true;
  }

  #addWide(piece: string, count: number): void {
    this.#makeRoom((this.#kept + count) * 2);
    this.#bytes.write(piece, this.#kept * 2, count * 2, 'utf16le');
  }

  #widen(): void {
    this.#bytes = Buffer.from(this.#said, 'utf16le');
    this.#isWide = true;
  }

  #makeRoom(size: number): void {
    const room = this.#bytes.length;
    if (size <= room) return;
    const next = room === 0 ? FIRST_ROOM : Math.max(NEXT_ROOM, Math.ceil(room * GROWTH));
    // Not out of Node's pool: a text that is long open would keep the whole page.
    const bytes = Buffer.allocUnsafeSlow(Math.max(size, next));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  get text(): string {
    const text = this.#said;
    if (!this.isCut) return text;
    const kept = isHigh(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text;
    return markCut(kept, this.#length - kept.length);
  }

  get isCut(): boolean {
    return this.#length > this.#kept;
  }

  get #said(): string {
    return this.#isWide
      ? this.#bytes.toString('utf16le', 0, this.#kept * 2)
      : this.#bytes.toString('latin1', 0, this.#kept);
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
