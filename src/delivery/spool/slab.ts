import type { DeliveryRecord, RecordListener } from '../delivery.ts';
import { frameBytes, readFrames, type SpoolRecord, writeFrame } from './frame.ts';
import { type Overflow, type Place, readPlace } from './overflow.ts';
import type { SharedFrames } from './writer-messages.ts';

/** The state of the commit, shared by both threads. */
const WAITING = 0;
const COMMITTED = 1;

/** A body that stays in memory, to be sent as soon as it is on disk. */
export interface Retained {
  /** Which of the slab's records. */
  readonly index: number;
  readonly record: DeliveryRecord;
  readonly destination: string;
}

/** A record of the slab that has a listener. */
export interface Followed {
  readonly index: number;
  readonly key: string;
  readonly destination: string;
  readonly listener: RecordListener;
}

/**
 * The records of one commit, as bytes in shared memory: they are not copied for the writing thread, and the calling
 * thread can see in the middle of its tick that they are on disk.
 */
export class Slab {
  /** The destination of each record. */
  readonly destinations: string[] = [];
  readonly retained: Retained[] = [];
  #followed: Followed[] = [];
  readonly #counts = new Map<string, { records: number; bytes: number }>();
  readonly #status = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #buffer: SharedArrayBuffer | undefined;
  #view: Buffer | undefined;
  #place: Place | undefined;
  /** Where the records are on disk, too, up to `#journaled`. */
  #journal: Place | undefined;
  #journaled = 0;
  #end = 0;
  /** Whether it was sent to the writing thread. */
  isSent = false;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#view = Buffer.from(buffer);
  }

  /** Bytes of its memory. */
  get size(): number {
    return this.#buffer?.byteLength ?? 0;
  }

  /** Bytes of its records. */
  get length(): number {
    return this.#end;
  }

  get isCommitted(): boolean {
    return Atomics.load(this.#status, 0) === COMMITTED;
  }

  /** Whether its records are in the overflow alone. */
  get isOut(): boolean {
    return this.#place !== undefined;
  }

  /** Whether all its records are in the overflow, where the next start finds them. */
  get isOnDisk(): boolean {
    return this.isOut || this.#isJournaled;
  }

  get shared(): SharedFrames | undefined {
    const status = this.#status;
    const end = this.#end;
    if (this.#place) return { status, place: this.#place, end };
    return this.#buffer && { status, buffer: this.#buffer, end };
  }

  /** The frames, until their memory is released. */
  get frames(): Buffer {
    if (this.#place) return readPlace(this.#place, this.#end) ?? NO_FRAMES;
    return this.#view ? Buffer.from(this.#view.subarray(0, this.#end)) : NO_FRAMES;
  }

  get counts(): Iterable<[destination: string, { readonly records: number; readonly bytes: number }]> {
    return this.#counts;
  }

  countOf(destination: string): { readonly records: number; readonly bytes: number } {
    return this.#counts.get(destination) ?? { records: 0, bytes: 0 };
  }

  fits(record: SpoolRecord): boolean {
    return this.#end + frameBytes(record) <= this.size;
  }

  add(record: SpoolRecord, retained: DeliveryRecord | undefined, listener: RecordListener | undefined): void {
    if (!this.#view) throw new Error('the slab has released its memory');
    const { destination, key, body } = record;
    if (listener) this.#followed.push({ index: this.destinations.length, key, destination, listener });
    if (retained) this.retained.push({ index: this.destinations.length, record: retained, destination });
    this.destinations.push(destination);
    const { records, bytes } = this.countOf(destination);
    this.#counts.set(destination, { records: records + 1, bytes: bytes + body.byteLength });
    this.#end = writeFrame(this.#view, this.#end, record, retained !== undefined);
  }

  /** The records that have listeners, of one destination or all. The slab forgets them. */
  takeFollowed(destination?: string): readonly Followed[] {
    if (this.#followed.length === 0) return this.#followed;
    const isTaken = (each: Followed): boolean => destination === undefined || each.destination === destination;
    const taken = this.#followed.filter(isTaken);
    this.#followed = this.#followed.filter((each) => !isTaken(each));
    return taken;
  }

  records(): SpoolRecord[] {
    return readFrames(this.frames);
  }

  /** Writes the records to the overflow as well that are not in it yet. Returns whether all are. */
  writeTo(overflow: Overflow): boolean {
    if (!this.#view || this.#isJournaled) return this.isOnDisk;
    const frames = this.#view.subarray(this.#journaled, this.#end + 1);
    if (this.#journal) {
      if (!overflow.append(this.#journal, this.#journaled, frames)) return false;
    } else this.#journal = overflow.keep(frames);
    if (!this.#journal) return false;
    this.#journaled = this.#end;
    return true;
  }

  /** Moves the records to the overflow. Returns the memory, or nothing if that failed. */
  moveTo(overflow: Overflow): SharedArrayBuffer | undefined {
    if (!this.#isJournaled && !this.writeTo(overflow)) return undefined;
    this.#place = this.#journal;
    this.#journal = undefined;
    return this.#release();
  }

  /** Releases its memory or its place, once its records are on disk or no longer needed. */
  reclaim(): { readonly buffer?: SharedArrayBuffer | undefined; readonly place?: Place | undefined } {
    // The writing thread may still read it.
    if (this.isSent && !this.isCommitted) return {};
    const place = this.#place ?? this.#journal;
    this.#place = undefined;
    this.#journal = undefined;
    return { buffer: this.#release(), place };
  }

  /** Called by this thread, when it has written the records itself. */
  markCommitted(): void {
    markCommitted(this.#status);
  }

  /** Waits, on this thread, until the other one has committed it. Returns whether it has. */
  waitForCommit(millis: number): boolean {
    Atomics.wait(this.#status, 0, WAITING, Math.max(0, millis));
    return this.isCommitted;
  }

  get #isJournaled(): boolean {
    return this.#journal !== undefined && this.#journaled === this.#end;
  }

  #release(): SharedArrayBuffer | undefined {
    const buffer = this.#buffer;
    this.#buffer = undefined;
    this.#view = undefined;
    return buffer;
  }
}

const NO_FRAMES = Buffer.alloc(0);

/**
 * The frames as the writing thread sees them, in `target` where it is large enough: drivers may not take shared memory.
 * Nothing when they are not what was written.
 */
export function copyOf(shared: SharedFrames, target: Buffer): Buffer | undefined {
  if ('place' in shared) return readPlace(shared.place, shared.end, target);
  const frames = new Uint8Array(shared.buffer, 0, shared.end);
  const copy = frames.byteLength <= target.byteLength ? target : Buffer.allocUnsafeSlow(frames.byteLength);
  copy.set(frames);
  return copy.subarray(0, frames.byteLength);
}

/** Called by the writing thread. */
export function markCommitted(status: Int32Array): void {
  Atomics.store(status, 0, COMMITTED);
  Atomics.notify(status, 0);
}
