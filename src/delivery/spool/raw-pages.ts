/**
 * Reads the rows of a SQLite database without SQLite: page by page, past whatever is damaged. Source of the format:
 * sqlite.org/fileformat2.html
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { SqlValue } from '../../sqlite/driver.ts';

/** The page size of every spool: SQLite's default, with nothing reserved. */
const PAGE_BYTES = 4_096;
const FILE_HEAD_BYTES = 100;
const LEAF_HEAD_BYTES = 8;
const TABLE_LEAF = 13;
/** A page of pointers back comes first, then as many pages as it has entries for. */
const MAP_ENTRY_BYTES = 5;
const MAP_SPAN = Math.floor(PAGE_BYTES / MAP_ENTRY_BYTES) + 1;
const MAP_FREE = 2;
const LOG_HEAD_BYTES = 32;
const FRAME_HEAD_BYTES = 24;
const FRAME_BYTES = FRAME_HEAD_BYTES + PAGE_BYTES;

export interface RawRow {
  readonly id: number;
  readonly values: readonly SqlValue[];
  /** Whether the page lists it. If not, only its own checksum shows that it is a row. */
  readonly isListed: boolean;
}

/** All rows of all tables, in no order. A row may be wrong, so the caller has to check it. */
export function* readRows(file: string): Generator<RawRow> {
  const pages = new Pages(file);
  try {
    for (let number = 1; number <= pages.count; number += 1) {
      if ((number - 2) % MAP_SPAN === 0 || pages.isFree(number)) continue;
      yield* rowsOf(pages, number);
    }
  } finally {
    pages.close();
  }
}

/**
 * Whether SQLite would pass over commits of a log, because something before them is damaged. It stops at the first bad
 * frame without a word.
 */
export function isLogDamaged(file: string): boolean {
  const log = readLog(file);
  if (log.length < LOG_HEAD_BYTES + FRAME_BYTES) return false;
  const isBigEndian = log.readUInt32BE(0) % 2 === 1;
  let sums = sumsOf(log.subarray(0, 24), [0, 0], isBigEndian);
  let isSound = sums[0] === log.readUInt32BE(24) && sums[1] === log.readUInt32BE(28);
  for (const frame of framesOf(log)) {
    if (isSound) {
      sums = sumsOf(frame.head.subarray(0, 8), sums, isBigEndian);
      sums = sumsOf(frame.page, sums, isBigEndian);
      isSound = frame.isCurrent && sums[0] === frame.head.readUInt32BE(16) && sums[1] === frame.head.readUInt32BE(20);
    }
    if (!isSound && frame.isCurrent && frame.isCommit) return true;
  }
  return false;
}

/** The newest committed form of each page: in the log, else in the file. */
class Pages {
  readonly count: number;
  readonly #file: number;
  readonly #logged = new Map<number, Buffer>();

  constructor(file: string) {
    const frames = [...framesOf(readLog(`${file}-wal`))].filter(({ isCurrent }) => isCurrent);
    // Pages after the last commit belong to a transaction that was not committed.
    const end = frames.findLastIndex(({ isCommit }) => isCommit);
    for (const { head, page } of frames.slice(0, end + 1)) this.#logged.set(head.readUInt32BE(0), page);
    this.#file = openSync(file, 'r');
    const inFile = Math.ceil(fstatSync(this.#file).size / PAGE_BYTES);
    const known = [...this.#logged.keys()].filter((number) => number <= inFile + frames.length);
    this.count = known.reduce((most, number) => Math.max(most, number), inFile);
  }

  page(number: number): Buffer {
    const logged = this.#logged.get(number);
    if (logged) return logged;
    const page = Buffer.alloc(PAGE_BYTES);
    if (number > 0 && number <= this.count) readSync(this.#file, page, 0, PAGE_BYTES, (number - 1) * PAGE_BYTES);
    return page;
  }

  /** Free pages still hold what was deleted. */
  isFree(number: number): boolean {
    if (number < 3) return false;
    const map = Math.floor((number - 2) / MAP_SPAN) * MAP_SPAN + 2;
    return this.page(map)[MAP_ENTRY_BYTES * (number - map - 1)] === MAP_FREE;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function* rowsOf(pages: Pages, number: number): Generator<RawRow> {
  const page = pages.page(number);
  const start = number === 1 ? FILE_HEAD_BYTES : 0;
  const isLeaf = page[start] === TABLE_LEAF;
  const count = page.readUInt16BE(start + 3);
  const content = page.readUInt16BE(start + 5);
  // A damaged number must not hide rows; a row deleted from the front of the content leaves its pointer behind.
  for (let slot = 0, at = start + LEAF_HEAD_BYTES; at + 2 <= PAGE_BYTES; slot += 1, at += 2) {
    const cell = page.readUInt16BE(at);
    const isListed = isLeaf && slot < count;
    if (cell < at || cell >= PAGE_BYTES || (!isListed && cell < content)) {
      if (slot >= count) return;
      continue;
    }
    const row = rowAt(pages, page, cell);
    if (row) yield { ...row, isListed };
  }
}

function rowAt(pages: Pages, page: Buffer, cell: number): { id: number; values: SqlValue[] } | undefined {
  try {
    const [length, afterLength] = varint(page, cell);
    const [id, start] = varint(page, afterLength);
    if (length > pages.count * PAGE_BYTES) return undefined;
    const payload = payloadAt(pages, page, start, length);
    return payload && { id, values: valuesOf(payload) };
  } catch {
    // It points beyond the page: not a row, or no longer one.
    return undefined;
  }
}

/** What does not fit into the leaf goes on in a chain of pages. */
function payloadAt(pages: Pages, page: Buffer, start: number, length: number): Buffer | undefined {
  const most = PAGE_BYTES - 35;
  if (length <= most) return start + length <= PAGE_BYTES ? page.subarray(start, start + length) : undefined;
  const least = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (PAGE_BYTES - 4));
  const local = fitting <= most ? fitting : least;
  const parts = [page.subarray(start, start + local)];
  let rest = length - local;
  let next = page.readUInt32BE(start + local);
  while (rest > 0) {
    if (next === 0 || next > pages.count) return undefined;
    const part = pages.page(next);
    parts.push(part.subarray(4, 4 + Math.min(rest, PAGE_BYTES - 4)));
    rest -= PAGE_BYTES - 4;
    next = part.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function valuesOf(payload: Buffer): SqlValue[] {
  const [headLength, first] = varint(payload, 0);
  const values: SqlValue[] = [];
  let at = headLength;
  for (let place = first; place < headLength; ) {
    const [type, next] = varint(payload, place);
    place = next;
    const length = lengthOf(type);
    if (at + length > payload.length) throw new RangeError('a value ends behind its row');
    values.push(valueFrom(payload.subarray(at, at + length), type));
    at += length;
  }
  return values;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(type: number): number {
  return type < 12 ? (INTEGER_BYTES[type] ?? 0) : (type - 12) >> 1;
}

function valueFrom(bytes: Buffer, type: number): SqlValue {
  if (type === 0 || type === 10 || type === 11) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return bytes.readDoubleBE(0);
  if (type < 7) return bytes.length <= 6 ? bytes.readIntBE(0, bytes.length) : Number(bytes.readBigInt64BE(0));
  return type % 2 === 0 ? bytes : bytes.toString('utf8');
}

/** The number, and where it ends. */
function varint(bytes: Buffer, start: number): [number, number] {
  let value = 0;
  for (let at = start; at < start + 9; at += 1) {
    const byte = bytes.readUInt8(at);
    if (at === start + 8) return [value * 256 + byte, at + 1];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + 1];
  }
  return [value, start + 9];
}

interface LogFrame {
  readonly head: Buffer;
  readonly page: Buffer;
  /** Whether it belongs to this filling of the log, and not to one before. */
  readonly isCurrent: boolean;
  readonly isCommit: boolean;
}

function* framesOf(log: Buffer): Generator<LogFrame> {
  const first = log.subarray(LOG_HEAD_BYTES, LOG_HEAD_BYTES + FRAME_HEAD_BYTES);
  const second = log.subarray(LOG_HEAD_BYTES + FRAME_BYTES, LOG_HEAD_BYTES + FRAME_BYTES + FRAME_HEAD_BYTES);
  const inHead = log.subarray(16, 24);
  // One of three may be damaged.
  const salts = [first, second].map((head) => head.subarray(8, 16));
  const isHeadWrong = salts[0]?.length === 8 && salts[1] && !salts[0].equals(inHead) && salts[0].equals(salts[1]);
  const salt = isHeadWrong && isOneBitOff(inHead, salts[0] as Buffer) ? salts[0] : inHead;
  for (let at = LOG_HEAD_BYTES; at + FRAME_BYTES <= log.length; at += FRAME_BYTES) {
    const head = log.subarray(at, at + FRAME_HEAD_BYTES);
    yield {
      head,
      page: log.subarray(at + FRAME_HEAD_BYTES, at + FRAME_BYTES),
      isCurrent: salt !== undefined && head.subarray(8, 16).equals(salt),
      isCommit: head.readUInt32BE(4) !== 0,
    };
  }
}

function isOneBitOff(a: Buffer, b: Buffer): boolean {
  const bits = a.reduce((sum, byte, index) => sum + (byte ^ (b[index] ?? 0)).toString(2).replaceAll('0', '').length, 0);
  return bits === 1;
}

function readLog(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

/** The running checksum of the log. */
function sumsOf(bytes: Buffer, [first, second]: [number, number], isBigEndian: boolean): [number, number] {
  let a = first;
  let b = second;
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0;
    b = (b + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}
