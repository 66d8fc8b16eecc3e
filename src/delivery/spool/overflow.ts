import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createdAt, type SoundFrames, soundFrames } from './frame.ts';
import { isDead } from './owner.ts';

/** Maximum bytes of one place. */
export const PLACE_BYTES = 256 << 10;

const SUFFIX = '.overflow';
/** A live process touches its file more often than this. If one does not, the keys of its records are known. */
const STALE_MILLIS = 15 * 60_000;
/** In front of all places: the name of the process. */
const OWNER_BYTES = 4_096;
const NOTHING = Buffer.alloc(1);

/** Frames in the file of a process, with a zero after them. Each of its threads can read it. */
export interface Place {
  readonly descriptor: number;
  readonly index: number;
}

/**
 * Frames that are not committed yet, written by the thread that made them: those of a burst that the writing thread
 * does not keep up with, so that they take no memory, and with `sync` all of them, so that they are on disk at once. One
 * file per process, which is deleted while it is empty. A file that outlived its process holds frames that were not
 * committed.
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

  /**
   * Writes frames, and the zero after them, to a place of their own. Returns nothing when they are too many for a place,
   * or the disk does not take them.
   */
  keep(frames: Uint8Array): Place | undefined {
    if (frames.byteLength > PLACE_BYTES) return undefined;
    try {
      const descriptor = this.#open();
      const index = this.#free.at(-1) ?? this.#places;
      write(descriptor, index, 0, frames);
      if (this.#free.pop() === undefined) this.#places += 1;
      return { descriptor, index };
    } catch {
      return undefined;
    }
  }

  /** Writes more frames, and the zero after them, behind those that end at `at`. Returns whether the disk took them. */
  append({ descriptor, index }: Place, at: number, frames: Uint8Array): boolean {
    if (descriptor !== this.#descriptor || at + frames.byteLength > PLACE_BYTES) return false;
    try {
      write(descriptor, index, at, frames);
      return true;
    } catch {
      return false;
    }
  }

  /** Empties a place. */
  free({ descriptor, index }: Place): void {
    if (descriptor !== this.#descriptor) return;
    empty(descriptor, index);
    this.#free.push(index);
  }

  /** Closes and deletes the file if all places are empty. */
  trim(): void {
    if (this.#free.length === this.#places) this.close();
  }

  /** Closes the file. The frames in it wait for the next start; a file without any is deleted. */
  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    if (this.#free.length === this.#places) remove(this.#path);
    this.#forget();
  }

  #forget(): void {
    this.#descriptor = undefined;
    this.#free.length = 0;
    this.#places = 0;
  }

  #open(): number {
    if (this.#descriptor !== undefined) {
      if (fstatSync(this.#descriptor).nlink > 0) return this.#descriptor;
      // Another process has taken over its frames, because it was not written for long, and deleted it.
      if (this.#free.length === this.#places) closeSync(this.#descriptor);
      this.#forget();
    }
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const descriptor = openSync(this.#path, 'w+', 0o600);
    writeSync(descriptor, Buffer.from(`${this.#owner}\n`), 0, undefined, 0);
    this.#descriptor = descriptor;
    return descriptor;
  }
}

/**
 * Reads the frames of a place, whose length is known, into `target`. Returns nothing when the checksum of one of them is
 * wrong.
 */
export function readPlace(
  place: Place,
  length: number,
  target: Buffer = Buffer.allocUnsafeSlow(length),
): Buffer | undefined {
  const { frames, damaged } = soundFrames(bytesOf(place, target.subarray(0, length)));
  return damaged === 0 && frames.byteLength === length ? frames : undefined;
}

/** Whether a process has an overflow in the directory, or has left one. */
export function hasOverflow(dir: string): boolean {
  try {
    return readdirSync(dir).some((name) => name.endsWith(SUFFIX));
  } catch {
    // There is no directory, or it cannot be read, which the first write reports.
    return false;
  }
}

/**
 * The frames that dead processes left, one place at a time, the oldest first; each is emptied when the next is
 * requested.
 */
export function* leftBehind(dir: string, self: string): Generator<SoundFrames> {
  for (const name of readdirSync(dir).filter((each) => each.endsWith(SUFFIX))) {
    const path = join(dir, name);
    const descriptor = openSync(path, 'r+');
    try {
      const head = Buffer.alloc(OWNER_BYTES);
      const owner = head.toString('utf8', 0, readSync(descriptor, head, 0, OWNER_BYTES, 0)).split('\n', 1)[0] ?? '';
      const { size, mtimeMs } = fstatSync(descriptor);
      const isOwnerDead = isDead(owner, self);
      if (!isOwnerDead && Date.now() - mtimeMs < STALE_MILLIS) continue;
      for (const index of placesOf(descriptor, Math.ceil((size - OWNER_BYTES) / PLACE_BYTES))) {
        const left = soundFrames(bytesOf({ descriptor, index }, Buffer.allocUnsafeSlow(PLACE_BYTES)));
        if (left.frames.byteLength === 0 && left.damaged === 0) continue;
        yield left;
        empty(descriptor, index);
      }
      // An owner that lives may have begun to write again.
      if (!isOwnerDead && fstatSync(descriptor).mtimeMs !== mtimeMs) continue;
    } finally {
      closeSync(descriptor);
    }
    remove(path);
  }
}

/** The places of a file, by the time of their first record: records with one order key may be in several. */
function placesOf(descriptor: number, count: number): number[] {
  const created = Array.from({ length: Math.max(0, count) }, (_, index) => {
    const head = Buffer.alloc(64);
    return createdAt(head.subarray(0, readSync(descriptor, head, 0, head.byteLength, startOf(index))));
  });
  return [...created.keys()].sort((one, other) => (created[one] ?? 0) - (created[other] ?? 0));
}

function bytesOf({ descriptor, index }: Place, target: Buffer): Buffer {
  return target.subarray(0, readSync(descriptor, target, 0, target.byteLength, startOf(index)));
}

function startOf(index: number): number {
  return OWNER_BYTES + index * PLACE_BYTES;
}

function write(descriptor: number, index: number, at: number, bytes: Uint8Array): void {
  const written = writeSync(descriptor, bytes, 0, bytes.byteLength, startOf(index) + at);
  if (written < bytes.byteLength) throw new Error('the disk is full');
}

function empty(descriptor: number, index: number): void {
  try {
    writeSync(descriptor, NOTHING, 0, NOTHING.byteLength, startOf(index));
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
