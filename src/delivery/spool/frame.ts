import type { SqlRow } from '../../sqlite/driver.ts';
import { crc32 } from './crc32.ts';

/** A record as it is stored: everything that its checksum covers. */
export interface SpoolRecord {
  readonly destination: string;
  readonly key: string;
  readonly orderKey?: string | undefined;
  /** ms since 1970. */
  readonly created: number;
  readonly body: Uint8Array;
}

export interface Frame extends SpoolRecord {
  readonly crc: number;
  /** Whether the process that wrote it retains the body and sends it at once. */
  readonly isRetained: boolean;
}

// A flag and the checksum, then what the checksum covers: four lengths, the time, the texts, the body. After the last
// frame there is a zero in place of a flag. No bit that flips turns one of the three into another.
const RETAINED = 0xa5;
const NOT_RETAINED = 0x5a;
const END = 0;
const CRC_OFFSET = 1;
const HEAD_OFFSET = 5;
const HEAD_BYTES = 4 * 4 + 8;
const CREATED_OFFSET = HEAD_OFFSET + 16;
const NONE = 0xffff_ffff;
const MAX_UTF8_BYTES = 3;

/** Maximum bytes of a record, and of the zero after it. */
export function frameBytes({ destination, key, orderKey = '', body }: SpoolRecord): number {
  const texts = destination.length + key.length + orderKey.length;
  return HEAD_OFFSET + HEAD_BYTES + texts * MAX_UTF8_BYTES + body.byteLength + 1;
}

/** Writes a record as bytes, and a zero after it. Returns where the zero is, which the next frame replaces. */
export function writeFrame(target: Buffer, start: number, record: SpoolRecord, isRetained: boolean): number {
  const head = start + HEAD_OFFSET;
  const body = writeHead(target, head, record);
  target.set(record.body, body);
  const end = body + record.body.byteLength;
  target[start] = isRetained ? RETAINED : NOT_RETAINED;
  target.writeUInt32LE(crc32(target.subarray(head, end)), start + CRC_OFFSET);
  target[end] = END;
  return end;
}

/** The records of a buffer up to a zero, which are not checked. Their bodies are views of it. */
export function readFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  let start = 0;
  while (start < bytes.length && bytes[start] !== END) {
    const { keyAt, orderAt, bodyAt, end, hasOrderKey } = layoutOf(bytes, start);
    frames.push({
      destination: bytes.toString('utf8', start + HEAD_OFFSET + HEAD_BYTES, keyAt),
      key: bytes.toString('utf8', keyAt, orderAt),
      orderKey: hasOrderKey ? bytes.toString('utf8', orderAt, bodyAt) : undefined,
      created: bytes.readDoubleLE(start + CREATED_OFFSET),
      body: bytes.subarray(bodyAt, end),
      crc: bytes.readUInt32LE(start + CRC_OFFSET),
      isRetained: bytes[start] === RETAINED,
    });
    start = end;
  }
  return frames;
}

/** When the first record of a buffer was made, in ms since 1970. Not checked. */
export function createdAt(bytes: Buffer): number {
  return bytes.length < HEAD_OFFSET + HEAD_BYTES ? 0 : bytes.readDoubleLE(CREATED_OFFSET);
}

export interface SoundFrames {
  readonly frames: Buffer;
  /** How many frames were left out because their checksum is wrong. One that a kill cut off counts, too. */
  readonly damaged: number;
}

/** The frames before the zero whose checksums are right. Past a damaged one the next is searched for. */
export function soundFrames(bytes: Buffer): SoundFrames {
  const parts: Buffer[] = [];
  let damaged = 0;
  let from = 0;
  let at = 0;
  while (at < bytes.length && !isEnd(bytes[at])) {
    const end = soundEnd(bytes, at);
    if (end !== undefined) {
      at = end;
      continue;
    }
    damaged += 1;
    parts.push(bytes.subarray(from, at));
    at += 1;
    while (at < bytes.length && !(isFlag(bytes[at]) && soundEnd(bytes, at) !== undefined)) at += 1;
    from = at;
  }
  const last = bytes.subarray(from, at);
  return { frames: parts.length === 0 ? last : Buffer.concat([...parts, last]), damaged };
}

/** Where a frame ends, if its checksum is right. */
function soundEnd(bytes: Buffer, start: number): number | undefined {
  const head = start + HEAD_OFFSET;
  if (head + HEAD_BYTES > bytes.length) return undefined;
  const { end } = layoutOf(bytes, start);
  if (end > bytes.length) return undefined;
  return crc32(bytes.subarray(head, end)) === bytes.readUInt32LE(start + CRC_OFFSET) ? end : undefined;
}

/** Where the parts of a frame are, by its lengths, which may be damaged. */
function layoutOf(bytes: Buffer, start: number) {
  const head = start + HEAD_OFFSET;
  const orderLength = bytes.readUInt32LE(head + 12);
  const hasOrderKey = orderLength !== NONE;
  const keyAt = head + HEAD_BYTES + bytes.readUInt32LE(head + 4);
  const orderAt = keyAt + bytes.readUInt32LE(head + 8);
  const bodyAt = hasOrderKey ? orderAt + orderLength : orderAt;
  return { keyAt, orderAt, bodyAt, end: bodyAt + bytes.readUInt32LE(head), hasOrderKey };
}

function isFlag(byte: number | undefined): boolean {
  return byte === RETAINED || byte === NOT_RETAINED;
}

/** A zero, or a zero in which a bit has flipped. */
function isEnd(byte = END): boolean {
  return (byte & (byte - 1)) === 0;
}

/** Covers the whole record, so that any change of it is detected. */
export function checksum(record: SpoolRecord): number {
  const head = Buffer.allocUnsafe(frameBytes({ ...record, body: NO_BODY }));
  return crc32(record.body, crc32(head.subarray(0, writeHead(head, 0, record))));
}

const NO_BODY = new Uint8Array();

function writeHead(target: Buffer, start: number, { destination, key, orderKey, created, body }: SpoolRecord): number {
  let at = start + HEAD_BYTES;
  const write = (text: string): number => {
    const length = target.write(text, at, 'utf8');
    at += length;
    return length;
  };
  target.writeUInt32LE(body.byteLength, start);
  target.writeUInt32LE(write(destination), start + 4);
  target.writeUInt32LE(write(key), start + 8);
  target.writeUInt32LE(orderKey === undefined ? NONE : write(orderKey), start + 12);
  target.writeDoubleLE(created, start + 16);
  return at;
}

/** A row of the tables that store records. */
export function recordOf({ destination, key, order_key: orderKey, created, body }: SqlRow): SpoolRecord {
  return {
    destination: String(destination),
    key: String(key),
    orderKey: typeof orderKey === 'string' ? orderKey : undefined,
    created: Number(created),
    body: body instanceof Uint8Array ? body : NO_BODY,
  };
}

/** What was last delivered under an order key is checked like a record. */
export function stateOf({ destination, order_key: orderKey, at, body }: SqlRow): SpoolRecord {
  return recordOf({
    destination: destination ?? null,
    key: '',
    order_key: orderKey ?? null,
    created: at ?? null,
    body: body ?? null,
  });
}
