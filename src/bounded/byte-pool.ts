const POOL_BYTES = 64 << 10;
/** Larger arrays have memory of their own, because one that stays keeps the whole pool. */
const MAX_POOLED_BYTES = POOL_BYTES >> 2;
const MAX_UTF8_BYTES = 3;

/**
 * Cuts byte arrays out of a larger one. To allocate an array and to free it costs several microseconds each, more than to
 * fill it.
 */
export class BytePool {
  #memory = Buffer.alloc(0);
  #at = 0;

  /** The text as UTF-8. */
  encode(text: string): Buffer {
    if (text.length * MAX_UTF8_BYTES > this.#memory.length - this.#at) {
      const bytes = Buffer.byteLength(text);
      if (bytes > MAX_POOLED_BYTES) return Buffer.from(text);
      this.#reserve(bytes);
    }
    return this.#taken(this.#memory.write(text, this.#at));
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#memory.length - this.#at) return;
    this.#memory = Buffer.allocUnsafeSlow(POOL_BYTES);
    this.#at = 0;
  }

  #taken(bytes: number): Buffer {
    const start = this.#at;
    this.#at += bytes;
    return this.#memory.subarray(start, this.#at);
  }
}
