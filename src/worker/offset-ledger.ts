interface OpenRecord {
  readonly bytes: number;
  /** When it was written to the log, in Unix milliseconds. */
  readonly timestamp: number;
}

/**
 * The offsets of one partition that are not settled yet. What lies before the oldest of them may be committed: a worker
 * that starts there misses nothing.
 */
export class OffsetLedger {
  /** In the order of their offsets, because records are read in order. */
  readonly #open = new Map<number, OpenRecord>();
  #next: number;
  #bytes = 0;

  /** @param start the first offset that will be read */
  constructor(start: number) {
    this.#next = start;
  }

  /** A record was read. @throws RangeError when it was read before: that would commit it too early or never */
  open(offset: number, bytes: number, timestamp: number): void {
    if (offset < this.#next) throw new RangeError(`Offset ${offset} was read before; the next one is ${this.#next}.`);
    this.#open.set(offset, { bytes, timestamp });
    this.#next = offset + 1;
    this.#bytes += bytes;
  }

  /** A record is settled. A second call changes nothing. */
  settle(offset: number): void {
    const record = this.#open.get(offset);
    if (!record) return;
    this.#open.delete(offset);
    this.#bytes -= record.bytes;
  }

  /** Offsets without a record, such as those that compaction removed, need no settling. @param next the first one behind them */
  skipTo(next: number): void {
    this.#next = Math.max(this.#next, next);
  }

  /** The offset to commit: that of the oldest open record, else of the next record to be read. */
  get committable(): number {
    for (const offset of this.#open.keys()) return offset;
    return this.#next;
  }

  /** The offset to read next. */
  get next(): number {
    return this.#next;
  }

  /** How many records are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Bytes of the open records. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest open record was written; undefined when none is open. */
  get oldestTimestamp(): number | undefined {
    for (const { timestamp } of this.#open.values()) return timestamp;
    return undefined;
  }
}
