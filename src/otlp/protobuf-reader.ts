import type { HrTime } from '../semconv/span-data.ts';
import { FormatError } from './format-error.ts';

const TWO_32 = 2 ** 32;
const BILLION = 1e9;
/** Shorter texts are decoded here: calling into native code costs more than they do. */
const SHORT_TEXT = 24;

/** Attribute keys are few and come again with every span: kept here, they are neither decoded nor made a key again. */
const MAX_KEY = 48;
const KNOWN_KEYS = 1_024;
const knownKeys: string[] = new Array<string>(KNOWN_KEYS).fill('');

/** Where a message is in the buffer. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** How the value of a field is encoded. Groups (3 and 4) were removed from protobuf and are refused. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Reads protobuf from a buffer, front to back. Every length is checked against the end of the message it stands in, so
 * that a wrong one ends in a {@link FormatError} and never in a read beyond it.
 */
export class ProtobufReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;
  /** The field whose value comes next, and how it is encoded. */
  field = 0;
  wire = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  /** Moves to the next field. @returns false at the end of the message */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag & 7;
    if (this.field === 0 || tag >= TWO_32) throw this.#malformed('a field number is out of range');
    return true;
  }

  /** Enters the message that the field holds. @returns what {@link leave} needs */
  enter(): number {
    const length = this.#length();
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  /** Ends a message that was read to its end, or not: the remainder is passed over. */
  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** Where the message ends that is being read. */
  get end(): number {
    return this.#end;
  }

  /** Passes over a message that is read later. */
  range(): Range {
    const length = this.#length();
    const start = this.#at;
    this.#at += length;
    return { start, end: this.#at };
  }

  /** Moves to a message that was passed over, or behind one. */
  moveTo(start: number, end: number): void {
    this.#at = start;
    this.#end = end;
  }

  /** Passes over a field that is not read. */
  skip(): void {
    if (this.wire === WIRE.varint) this.varint();
    else if (this.wire === WIRE.bytes) this.bytes();
    else if (this.wire === WIRE.fixed64) this.#take(8);
    else if (this.wire === WIRE.fixed32) this.#take(4);
    else throw this.#malformed(`wire type ${this.wire} is not supported`);
  }

  text(): string {
    const length = this.#length();
    const start = this.#at;
    this.#at += length;
    if (length <= SHORT_TEXT) {
      const short = this.#ascii(start, start + length);
      if (short !== undefined) return short;
    }
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** A text that is one of few. */
  key(): string {
    const length = this.#length();
    const start = this.#at;
    this.#at += length;
    if (length > MAX_KEY) return this.#bytes.toString('utf8', start, start + length);
    let hash = length;
    for (let at = start; at < this.#at; at += 1) hash = (Math.imul(hash, 31) + (this.#bytes[at] ?? 0)) | 0;
    const place = (hash ^ (hash >>> 15)) & (KNOWN_KEYS - 1);
    const known = knownKeys[place] ?? '';
    if (known.length === length && this.#isText(known, start)) return known;
    const text = this.#bytes.toString('utf8', start, start + length);
    knownKeys[place] = text;
    return text;
  }

  /** Whether this ASCII text is at that place. Every other one has characters that are no bytes of UTF-8, or fewer of them. */
  #isText(text: string, start: number): boolean {
    for (let index = 0; index < text.length; index += 1) {
      if (text.charCodeAt(index) !== this.#bytes[start + index]) return false;
    }
    return true;
  }

  /** A view of the bytes, valid as long as the request's buffer is. */
  bytes(): Buffer {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  hex(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString('hex', this.#at - length, this.#at);
  }

  double(): number {
    this.#expect(WIRE.fixed64);
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** Nanoseconds since the epoch. They exceed what a number holds, so they are divided in halves. */
  nanoseconds(): HrTime {
    this.#expect(WIRE.fixed64);
    const start = this.#take(8);
    const low = this.#bytes.readUInt32LE(start);
    const high = this.#bytes.readUInt32LE(start + 4);
    // high * 2^32 ns is high * 4 s and high * 294,967,296 ns, which is computed in two steps to stay below 2^53.
    const upper = (high >>> 16) * 294_967_296;
    const carried = Math.floor(upper / BILLION);
    const nanoseconds = (upper - carried * BILLION) * 65_536 + (high & 0xffff) * 294_967_296 + low;
    const seconds = Math.floor(nanoseconds / BILLION);
    return [high * 4 + carried * 65_536 + seconds, nanoseconds - seconds * BILLION];
  }

  /** An unsigned number. Beyond 2^53 it loses precision, which no field that is read this way reaches. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count += 1) {
      if (this.#at >= this.#end) throw this.#malformed('it ends within a number');
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw this.#malformed('a number has more than ten bytes');
  }

  /** An int64: a number where one holds it exactly, else its decimal digits. */
  int64(): number | string {
    this.#expect(WIRE.varint);
    const start = this.#at;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let exact = 0n;
    for (let at = this.#at - 1; at >= start; at -= 1) exact = (exact << 7n) | BigInt((this.#bytes[at] ?? 0) & 127);
    const signed = BigInt.asIntN(64, exact);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : String(signed);
  }

  #expect(wire: number): void {
    if (this.wire !== wire) throw this.#malformed(`field ${this.field} has wire type ${this.wire} instead of ${wire}`);
  }

  #length(): number {
    this.#expect(WIRE.bytes);
    const length = this.varint();
    if (length > this.#end - this.#at) throw this.#malformed(`field ${this.field} is longer than what is left`);
    return length;
  }

  #take(bytes: number): number {
    if (bytes > this.#end - this.#at) throw this.#malformed(`field ${this.field} is longer than what is left`);
    this.#at += bytes;
    return this.#at - bytes;
  }

  /** Undefined at the first character beyond ASCII. */
  #ascii(start: number, end: number): string | undefined {
    let text = '';
    for (let at = start; at < end; at += 1) {
      const byte = this.#bytes[at] ?? 0;
      if (byte > 127) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #malformed(what: string): FormatError {
    return new FormatError(`The protobuf message is malformed at byte ${this.#at}: ${what}.`);
  }
}
