import type { DeliveryRecord, RecordListener } from '../delivery.ts';
import { frameBytes, type SpoolRecord } from './frame.ts';
import { type Overflow, PLACE_BYTES } from './overflow.ts';
import { Slab } from './slab.ts';

/** Memory that a burst has used and that later commits use again. */
const MAX_SPARE = 16;
const IDLE_SPARE = 2;
/** Commits that the writing thread has at once. */
const MAX_SENT = 4;
/** Bytes that wait in memory for their commit; more wait in the overflow. */
const MAX_WAITING_BYTES = 8 << 20;
/** Where the overflow cannot be written, this much waits in memory, and the oldest is dropped. */
const MAX_PENDING_BYTES = 32 << 20;

/** The records that are not known to be on disk yet: in slabs of one commit each, in memory or in the overflow. */
export class PendingSlabs {
  readonly #overflow: Overflow;
  /** Oldest first. */
  readonly #slabs: Slab[] = [];
  readonly #spare: SharedArrayBuffer[] = [];

  constructor(overflow: Overflow) {
    this.#overflow = overflow;
  }

  get isEmpty(): boolean {
    return this.#slabs.length === 0;
  }

  [Symbol.iterator](): Iterator<Slab> {
    return [...this.#slabs].values();
  }

  /** Bytes of the records. */
  get length(): number {
    return this.#slabs.reduce((sum, slab) => sum + slab.length, 0);
  }

  /** Records and bytes of a destination. */
  countOf(destination: string): { readonly records: number; readonly bytes: number; readonly inMemory: number } {
    let records = 0;
    let bytes = 0;
    let inMemory = 0;
    for (const slab of this.#slabs) {
      const count = slab.countOf(destination);
      records += count.records;
      bytes += count.bytes;
      if (!slab.isOnDisk) inMemory += count.records;
    }
    return { records, bytes, inMemory };
  }

  /**
   * Adds a record to the newest slab.
   * @param onFull is called before a new slab is begun, so that full ones can be sent
   */
  add(
    record: SpoolRecord,
    retained: DeliveryRecord | undefined,
    listener: RecordListener | undefined,
    onFull: () => void,
  ): void {
    let slab = this.#slabs.at(-1);
    if (!slab || slab.isSent || !slab.fits(record)) {
      onFull();
      slab = new Slab(this.#memory(frameBytes(record)));
      this.#slabs.push(slab);
    }
    slab.add(record, retained, listener);
  }

  /** Writes the records of the newest slab to the overflow, too. Returns whether all of them are there. */
  writeDown(): boolean {
    return this.#slabs.at(-1)?.writeTo(this.#overflow) ?? true;
  }

  /** The slabs that the writing thread can be given now, oldest first. */
  sendable(): readonly Slab[] {
    const underWay = this.#slabs.filter((slab) => slab.isSent && !slab.isCommitted).length;
    return this.#slabs.filter(({ isSent }) => !isSent).slice(0, Math.max(0, MAX_SENT - underWay));
  }

  /** Takes out a slab whose records are on disk, dropped or refused. Returns whether it was still there. */
  remove(slab: Slab): boolean {
    const index = this.#slabs.indexOf(slab);
    if (index >= 0) this.#slabs.splice(index, 1);
    this.#reclaim(slab);
    return index >= 0;
  }

  /** Takes out the slabs that the writing thread has committed, although it has not replied yet. */
  removeCommitted(): void {
    for (const slab of this.#slabs.filter(({ isCommitted }) => isCommitted)) this.remove(slab);
  }

  /** Uses again the memory of slabs that the writing thread has committed. */
  reclaimCommitted(): void {
    for (const slab of this.#slabs) if (slab.isCommitted) this.#reclaim(slab);
  }

  /**
   * Bounds the memory: the newest slab goes to the overflow, or the oldest is taken out.
   * @param hasRoom whether all that waits fits on the disk. If not, keeping the newest would cost as many older ones
   * @returns the slab whose records are dropped
   */
  bound(hasRoom: boolean): Slab | undefined {
    const inMemory = this.#slabs.reduce((sum, { size }) => sum + size, 0);
    if (inMemory <= MAX_WAITING_BYTES) return undefined;
    if (hasRoom) {
      const newest = this.#slabs.at(-1);
      const buffer = newest && !newest.isSent ? newest.moveTo(this.#overflow) : undefined;
      if (buffer) this.#keepSpare(buffer);
      if (buffer || inMemory <= MAX_PENDING_BYTES) return undefined;
    }
    const oldest = this.#slabs.find(({ isSent, size }) => !isSent && size > 0);
    if (oldest) this.remove(oldest);
    return oldest;
  }

  /** Gives back the memory that only a burst needs. */
  trim(): void {
    this.#spare.length = Math.min(this.#spare.length, IDLE_SPARE);
  }

  #memory(bytes: number): SharedArrayBuffer {
    const spare = bytes <= PLACE_BYTES ? this.#spare.pop() : undefined;
    return spare ?? new SharedArrayBuffer(Math.max(PLACE_BYTES, bytes));
  }

  #reclaim(slab: Slab): void {
    const { buffer, place } = slab.reclaim();
    if (buffer) this.#keepSpare(buffer);
    if (place) this.#overflow.free(place);
  }

  #keepSpare(buffer: SharedArrayBuffer): void {
    if (buffer.byteLength === PLACE_BYTES && this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}
