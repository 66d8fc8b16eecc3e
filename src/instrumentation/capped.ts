import type { Content } from '../interaction/interaction.ts';
import { type Mask, maskContent, maskSecrets, withoutCutSecret } from '../interaction/mask.ts';
import type { Message, Part } from '../interaction/message.ts';
import { beginningOf, isHigh, wellFormed } from '../interaction/text.ts';

/** A text that arrives in pieces. It keeps at most a given length and marks where it was cut. */
export interface Capped {
  add(piece: string): void;
  readonly text: string;
  readonly isCut: boolean;
}

export function capText(maxLength: number): Capped {
  return new GrowingText(maxLength);
}

/**
 * The streamed texts that were already cut while they arrived. The end of a recording cuts all other texts, so that
 * each text is cut once.
 */
export function cutTextsOf(texts: readonly (Capped | undefined)[]): ReadonlySet<string> | undefined {
  const cut = texts.filter((text) => text?.isCut).map((text) => text?.text ?? '');
  return cut.length > 0 ? new Set(cut) : undefined;
}

/** First capacity of a text in bytes: buffers of this size are allocated on the heap itself. */
const FIRST_CAPACITY = 64;
const NEXT_CAPACITY = 256;
/** The buffer grows by half: at most a third of it is unused, and the total number of copied bytes stays linear. */
const GROWTH = 1.5;
const NO_BYTES = Buffer.alloc(0);

/**
 * Keeps the UTF-16 units of the text in a buffer, because a string that is concatenated from small pieces is a tree of
 * them: about sixty bytes for a token of seven. Each unit takes one byte until the first unit beyond Latin-1 arrives,
 * then two.
 */
class GrowingText implements Capped {
  readonly #maxLength: number;
  #bytes = NO_BYTES;
  #isWide = false;
  /** Units that are stored. `#length` counts the units that arrived. */
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

  /** @returns false if a unit does not fit into one byte */
  #addNarrow(piece: string, count: number): boolean {
    this.#reserve(this.#stored + count);
    const bytes = this.#bytes;
    let at = this.#stored;
    // Tokens are short: a native call for each token costs more than this loop.
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
    // Not from Node's buffer pool: a text that stays open for a long time would keep a whole page of the pool alive.
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

/** Cuts a complete text to at most this many UTF-16 units. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const kept = beginningOf(text, maxLength);
  return markCut(kept, text.length - kept.length);
}

/** Maximum UTF-16 units of a span name. It contains the model's name, which can be any string. */
const MAX_NAME_LENGTH = 512;

export function spanName(name: string): string {
  return wellFormed(beginningOf(name, MAX_NAME_LENGTH));
}

function markCut(text: string, cut: number): string {
  return `${withoutCutSecret(text)}… [${cut} more]`;
}

/**
 * Applies the limits and the mask to content: long texts are cut, oversized inline bytes are left out, and every text
 * is masked.
 * @param cutTexts texts that were already cut while they arrived
 */
export function capContent<T extends Content>(
  content: T,
  { maxTextLength, maxBlobLength }: { readonly maxTextLength: number; readonly maxBlobLength: number },
  mask: Mask,
  cutTexts?: ReadonlySet<string>,
): T {
  const lean = withoutLargeBlobs(content, maxBlobLength);
  const capped = mask === maskSecrets && cutTexts === undefined ? secretsMask : cappedMask;
  return maskContent(lean, capped(mask, maxTextLength, cutTexts));
}

function cappedMask(mask: Mask, maxTextLength: number, cutTexts: ReadonlySet<string> | undefined): Mask {
  return (text) => {
    const isCut = text.length <= maxTextLength || cutTexts?.has(text) === true;
    return mask(wellFormed(isCut ? text : cutText(text, maxTextLength)));
  };
}

/** One function for each limit, by which a message knows that it was searched. Only for our own patterns, which never change. */
const secretsMasks = new Map<number, Mask>();

function secretsMask(mask: Mask, maxTextLength: number): Mask {
  const known = secretsMasks.get(maxTextLength);
  if (known) return known;
  const created = cappedMask(mask, maxTextLength, undefined);
  secretsMasks.set(maxTextLength, created);
  return created;
}

function withoutLargeBlobs<T extends Content>(content: T, maxLength: number): T {
  const { inputMessages, outputMessages } = content;
  if (!hasLargeBlob(inputMessages, maxLength) && !hasLargeBlob(outputMessages, maxLength)) return content;
  const lean = <M extends Message>(message: M): M => ({
    ...message,
    parts: message.parts.map((part) => (isLargeBlob(part, maxLength) ? { ...part, content: '' } : part)),
  });
  return {
    ...content,
    ...(inputMessages && { inputMessages: inputMessages.map(lean) }),
    ...(outputMessages && { outputMessages: outputMessages.map(lean) }),
  };
}

/** Loops without closures, because it runs for every part of every request. */
function hasLargeBlob(messages: readonly Message[] | undefined, maxLength: number): boolean {
  if (!messages) return false;
  for (const { parts } of messages) for (const part of parts) if (isLargeBlob(part, maxLength)) return true;
  return false;
}

function isLargeBlob(part: Part, maxLength: number): boolean {
  return part.type === 'blob' && part.content.length > maxLength;
}
