import type { DeliveryRecord } from '../delivery.ts';
import { frameBytes, readFrames, type SpoolRecord, writeFrame } from './frame.ts';
import type { SharedFrames } from './writer-messages.ts';

/** One word in front says how far its commit has come. */
const STATUS_BYTES = Int32Array.BYTES_PER_ELEMENT;
const WAITING = 0;
const COMMITTED = 1;

/** A body that stays in memory, to be sent as soon as it is on disk. */
export interface Kept {
  /** Which of the slab's records. */
  readonly index: number;
  readonly record: DeliveryRecord;
  readonly destination: string;
}

/**
 * Records of one commit, as bytes that the writing thread sees, too: nothing is copied to hand them over, and the main
 * thread learns in the middle of its turn that they are on disk.
 */
export class Slab {
  /** The destination of each record. */
  readonly destinations: string[] = [];
  readonly kept: Kept[] = [];
  readonly #counts = new Map<string, { records: number; bytes: number }>();
  #buffer: SharedArrayBuffer | undefined;
  #view: Buffer | undefined;
  #end = STATUS_BYTES;
  /** Whether the writing thread was given it. */
  isSent = false;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#view = Buffer.from(buffer);
    Atomics.store(new Int32Array(buffer, 0, 1), 0, WAITING);
  }

  static bytesFor(record: SpoolRecord): number {
    return STATUS_BYTES + frameBytes(record);
  }

  /** Bytes of memory that it holds. */
  get size(): number {
    return this.#buffer?.byteLength ?? 0;
  }

  get shared(): SharedFrames | undefined {
    return this.#buffer && { buffer: this.#buffer, end: this.#end };
  }

  /** The frames, until their memory is given back. */
  get frames(): Buffer {
    return this.shared ? Buffer.from(framesOf(this.shared)) : Buffer.alloc(0);
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

  add(record: SpoolRecord, kept: DeliveryRecord | undefined): void {
    if (!this.#view) throw new Error('the slab was given back');
    const { destination, body } = record;
    if (kept) this.kept.push({ index: this.destinations.length, record: kept, destination });
    this.destinations.push(destination);
    const { records, bytes } = this.countOf(destination);
    this.#counts.set(destination, { records: records + 1, bytes: bytes + body.byteLength });
    this.#end = writeFrame(this.#view, this.#end, record, kept !== undefined);
  }

  records(): SpoolRecord[] {
    return [...readFrames(this.frames)];
  }

  /** Gives the memory back once its records are on disk; they are not asked for again. */
  reclaim(): SharedArrayBuffer | undefined {
    if (!this.#isCommitted) return undefined;
    const buffer = this.#buffer;
    this.#buffer = undefined;
    this.#view = undefined;
    return buffer;
  }

  /** Said by this thread, when it has written the records itself. */
  markCommitted(): void {
    if (this.shared) markCommitted(this.shared);
  }

  /** Waits, on this thread, until the other one has committed it. Returns whether it has. */
  waitForCommit(millis: number): boolean {
    if (this.#buffer) Atomics.wait(new Int32Array(this.#buffer, 0, 1), 0, WAITING, Math.max(0, millis));
    return this.#isCommitted;
  }

  get #isCommitted(): boolean {
    return !this.#buffer || Atomics.load(new Int32Array(this.#buffer, 0, 1), 0) === COMMITTED;
  }
}

/** The frames as the writing thread sees them. */
export function framesOf({ buffer, end }: SharedFrames): Uint8Array {
  return new Uint8Array(buffer, STATUS_BYTES, end - STATUS_BYTES);
}

/** Said by the writing thread. */
export function markCommitted({ buffer }: SharedFrames): void {
  const status = new Int32Array(buffer, 0, 1);
  Atomics.store(status, 0, COMMITTED);
  Atomics.notify(status, 0);
}
