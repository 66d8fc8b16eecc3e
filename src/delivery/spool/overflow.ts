import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from './crc32.ts';
import { isDead } from './owner.ts';

/** Maximum bytes of one place. */
export const PLACE_BYTES = 256 << 10;

const SUFFIX = '.overflow';
/** A live process touches its file more often than this. If one does not, the keys of its records are known. */
const STALE_MILLIS = 15 * 60_000;
/** In front of all places: the name of the process. */
const OWNER_BYTES = 4_096;
/** In front of the frames of a place: their length and their checksum. */
const HEAD_BYTES = 8;
const STRIDE_BYTES = 4_096 + PLACE_BYTES;
const NOTHING = Buffer.alloc(HEAD_BYTES);

/** Frames in the file of a process, readable by each of its threads. */
export interface Place {
  readonly descriptor: number;
  readonly index: number;
}

/**
 * Frames that arrive faster than the writing thread commits wait here, written by the thread that made them, so that a
 * burst takes no memory. One file per process, which only exists during a burst. A file that outlived its process holds
 * frames that were not committed.
 */
export class Overflow {
  readonly #dir: string;
  readonly #owner: string;
  readonly #path: string;
  #descriptor: number | undefined;
  readonly #free: number[] = [];
  #places = 0;

  constructor(dir: string, owner: string) {
    this.#dir = dir;
    this.#owner = owner;
    this.#path = join(dir, `${process.getBuiltinModule('node:crypto').randomUUID()}${SUFFIX}`);
  }

  /** Writes frames down. Returns nothing when they are too many for a place, or the disk does not take them. */
  keep(frames: Uint8Array): Place | undefined {
    if (frames.byteLength > PLACE_BYTES) return undefined;
    const index = this.#free.pop() ?? this.#places;
    try {
      const descriptor = this.#open();
      writePlace(descriptor, index, frames);
      if (index === this.#places) this.#places += 1;
      return { descriptor, index };
    } catch {
      if (index < this.#places) this.#free.push(index);
      return undefined;
    }
  }

  /** Empties a place. When all are empty, the file is deleted. */
  free({ descriptor, index }: Place): void {
    if (descriptor !== this.#descriptor) return;
    empty(descriptor, index);
    this.#free.push(index);
    if (this.#free.length < this.#places) return;
    this.#free.length = 0;
    this.#places = 0;
    this.close();
    remove(this.#path);
  }

  /** Closes the file. The frames in it wait for the next start. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const descriptor = openSync(this.#path, 'w+', 0o600);
    writeSync(descriptor, Buffer.from(`${this.#owner}\n`), 0, undefined, 0);
    this.#descriptor = descriptor;
    return descriptor;
  }
}

/** Reads a place, into `target` if that is large enough. Returns nothing when its checksum is wrong. */
export function readPlace({ descriptor, index }: Place, target: Buffer = Buffer.alloc(0)): Buffer | undefined {
  const head = Buffer.alloc(HEAD_BYTES);
  const at = OWNER_BYTES + index * STRIDE_BYTES;
  if (readSync(descriptor, head, 0, HEAD_BYTES, at) < HEAD_BYTES) return undefined;
  const length = head.readUInt32LE(0);
  if (length === 0 || length > PLACE_BYTES) return undefined;
  const frames = length <= target.byteLength ? target.subarray(0, length) : Buffer.allocUnsafeSlow(length);
  if (readSync(descriptor, frames, 0, length, at + HEAD_BYTES) < length) return undefined;
  return crc32(frames) === head.readUInt32LE(4) ? frames : undefined;
}

/** The frames that dead processes left, one place at a time; each is emptied when the next is requested. */
export function* leftBehind(dir: string, self: string): Generator<Buffer> {
  for (const name of readdirSync(dir).filter((each) => each.endsWith(SUFFIX))) {
    const path = join(dir, name);
    const descriptor = openSync(path, 'r+');
    try {
      const head = Buffer.alloc(OWNER_BYTES);
      const owner = head.toString('utf8', 0, readSync(descriptor, head, 0, OWNER_BYTES, 0)).split('\n', 1)[0] ?? '';
      const { size, mtimeMs } = fstatSync(descriptor);
      if (!isDead(owner, self) && Date.now() - mtimeMs < STALE_MILLIS) continue;
      const places = Math.ceil((size - OWNER_BYTES) / STRIDE_BYTES);
      for (let index = 0; index < places; index += 1) {
        const frames = readPlace({ descriptor, index });
        if (!frames) continue;
        yield frames;
        empty(descriptor, index);
      }
    } finally {
      closeSync(descriptor);
    }
    remove(path);
  }
}

function writePlace(descriptor: number, index: number, frames: Uint8Array): void {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(frames.byteLength, 0);
  head.writeUInt32LE(crc32(frames), 4);
  const written = writevSync(descriptor, [head, frames], OWNER_BYTES + index * STRIDE_BYTES);
  if (written < HEAD_BYTES + frames.byteLength) throw new Error('the disk is full');
}

function empty(descriptor: number, index: number): void {
  try {
    writeSync(descriptor, NOTHING, 0, HEAD_BYTES, OWNER_BYTES + index * STRIDE_BYTES);
  } catch {
    // It is read again at the next start, and its keys are known.
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process was faster.
  }
}
