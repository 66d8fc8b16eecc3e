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

// A flag, then what the checksum covers: four lengths, the time, the texts, the body.
const FLAG_BYTES = 1;
const HEAD_BYTES = 4 * 4 + 8;
const NONE = 0xffff_ffff;
const MAX_UTF8_BYTES = 3;

/** Maximum bytes of a record. */
export function frameBytes({ destination, key, orderKey = '', body }: SpoolRecord): number {
  const texts = destination.length + key.length + orderKey.length;
  return FLAG_BYTES + HEAD_BYTES + texts * MAX_UTF8_BYTES + body.byteLength;
}

/** Writes a record as bytes. Returns where the next one goes. */
export function writeFrame(target: Buffer, start: number, record: SpoolRecord, isRetained: boolean): number {
  target[start] = isRetained ? 1 : 0;
  const end = writeHead(target, start + FLAG_BYTES, record);
  target.set(record.body, end);
  return end + record.body.byteLength;
}

/** The records of a buffer. Their bodies are views of it. */
export function* readFrames(bytes: Buffer): Generator<Frame> {
  let at = 0;
  while (at < bytes.length) {
    const isRetained = bytes[at] === 1;
    const start = at + FLAG_BYTES;
    const lengths = [0, 4, 8, 12].map((offset) => bytes.readUInt32LE(start + offset));
    const [bodyLength = 0, destinationLength = 0, keyLength = 0, orderLength = 0] = lengths;
    at = start + HEAD_BYTES;
    const next = (length: number): Buffer => {
      at += length;
      return bytes.subarray(at - length, at);
    };
    const destination = next(destinationLength).toString();
    const key = next(keyLength).toString();
    const orderKey = orderLength === NONE ? undefined : next(orderLength).toString();
    const body = next(bodyLength);
    yield {
      destination,
      key,
      orderKey,
      created: bytes.readDoubleLE(start + 16),
      body,
      crc: crc32(bytes.subarray(start, at)),
      isRetained,
    };
  }
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
