/** Memory of several messages. Each message keeps all of it, so it is not larger. */
const CHUNK_BYTES = 64 << 10;
/** Of a writer that has written nothing: many write one short message. */
const FIRST_CHUNK_BYTES = 2 << 10;
/** Shorter texts are copied here, character by character: calling into native code costs more than they do. */
const SHORT_TEXT = 32;
const TWO_32 = 2 ** 32;

/**
 * Writes protobuf in one pass, one message behind the other, so that none is copied. A length is written when its message
 * is closed: one byte is kept free for it, and the few messages that need more are moved.
 */
export class ProtobufWriter {
  #bytes = Buffer.alloc(0);
  /** Where the message begins. */
  #start = 0;
  #at = 0;

  /** Starts over, whatever became of the message before. */
  clear(): void {
    this.#at = this.#start;
  }

  /** What was written; the writer is empty then. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return taken;
  }

  /** Begins a message. @returns what {@link close} needs */
  open(field: number): number {
    this.#reserve(16);
    this.#varint((field << 3) | 2);
    this.#at += 1;
    return this.#at - this.#start;
  }

  /** @param opened from {@link open} */
  close(opened: number): void {
    const length = this.#at - this.#start - opened;
    const extra = sizeOf(length) - 1;
    if (extra > 0) this.#reserve(extra);
    const start = this.#start + opened;
    if (extra > 0) this.#bytes.copyWithin(start + extra, start, this.#at);
    this.#at = start - 1;
    this.#varint(length);
    this.#at += length;
  }

  text(field: number, value: string): void {
    const { length } = value;
    this.#reserve(length * 3 + 16);
    this.#varint((field << 3) | 2);
    const start = this.#at + sizeOf(length);
    const written = length <= SHORT_TEXT ? this.#ascii(value, start) : -1;
    // Longer in bytes than in characters, the text may need a longer length before it, too.
    const bytes = written >= 0 ? written : this.#bytes.write(value, start, 'utf8');
    const shift = sizeOf(bytes) - sizeOf(length);
    if (shift > 0) this.#bytes.copyWithin(start + shift, start, start + bytes);
    this.#varint(bytes);
    this.#at += bytes;
  }

  /** Bytes that are written as hexadecimal digits, such as ids. */
  hex(field: number, digits: string): void {
    const length = digits.length >> 1;
    this.#reserve(length + 16);
    this.#varint((field << 3) | 2);
    this.#varint(length);
    for (let index = 0; index < length; index += 1) {
      this.#bytes[this.#at++] = (nibble(digits.charCodeAt(2 * index)) << 4) | nibble(digits.charCodeAt(2 * index + 1));
    }
  }

  bytes(field: number, value: Uint8Array): void {
    this.#reserve(value.length + 16);
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    this.raw(value);
  }

  /** What was encoded before. */
  raw(encoded: Uint8Array): void {
    this.#reserve(encoded.length);
    this.#bytes.set(encoded, this.#at);
    this.#at += encoded.length;
  }

  /** A whole number within int64; negative ones take ten bytes. */
  integer(field: number, value: number): void {
    this.#reserve(16);
    this.#varint(field << 3);
    if (value >= 0 && value < TWO_32) {
      this.#varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
    this.#bytes[this.#at++] = Number(rest);
  }

  double(field: number, value: number): void {
    this.#reserve(16);
    this.#varint((field << 3) | 1);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  fixed32(field: number, value: number): void {
    this.#reserve(16);
    this.#varint((field << 3) | 5);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  /** Nanoseconds since the epoch. They exceed what a number holds, so the halves are worked out apart. */
  nanoseconds(field: number, [seconds, nanoseconds]: readonly [number, number]): void {
    const upper = Math.floor(seconds / 0x1_0000) * 1e9;
    const lower = (seconds % 0x1_0000) * 1e9 + Math.floor(nanoseconds);
    const low = (upper % 0x1_0000) * 0x1_0000 + (lower % TWO_32);
    const high = Math.floor(upper / 0x1_0000) + Math.floor(lower / TWO_32) + Math.floor(low / TWO_32);
    this.#reserve(16);
    this.#varint((field << 3) | 1);
    this.#at = this.#bytes.writeUInt32LE(low % TWO_32, this.#at);
    this.#at = this.#bytes.writeUInt32LE(high, this.#at);
  }

  /** @returns how many bytes were written, or -1 at the first character beyond ASCII */
  #ascii(value: string, start: number): number {
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) return -1;
      this.#bytes[start + index] = code;
    }
    return value.length;
  }

  /** Up to 32 bits; the room is there. */
  #varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const written = this.#at - this.#start;
    const least = this.#bytes.length === 0 ? FIRST_CHUNK_BYTES : CHUNK_BYTES;
    const larger = Buffer.allocUnsafeSlow(Math.max(least, (written + bytes) * 2));
    this.#bytes.copy(larger, 0, this.#start, this.#at);
    this.#bytes = larger;
    this.#start = 0;
    this.#at = written;
  }
}

function sizeOf(length: number): number {
  if (length < 1 << 7) return 1;
  if (length < 1 << 14) return 2;
  if (length < 1 << 21) return 3;
  return length < 1 << 28 ? 4 : 5;
}

function nibble(code: number): number {
  return code < 58 ? code - 48 : (code | 32) - 87;
}
