/**
 * What a request held. A malformed entry does not take the others with it: OTLP answers such a request with a partial
 * success.
 */
export interface Decoded<T> {
  readonly records: readonly T[];
  readonly rejected: number;
  /** Why the first rejected entry was rejected. */
  readonly reason?: string;
}

/** Attribute values nested deeper than this are rejected: serialisers run out of stack long after it. */
export const MAX_VALUE_DEPTH = 64;

/** Collects entries and counts those that were rejected. */
export class Collector<T> {
  readonly #records: T[] = [];
  #rejected = 0;
  #reason: string | undefined;

  add(record: T): void {
    this.#records.push(record);
  }

  reject(reason: string): void {
    this.#rejected += 1;
    this.#reason ??= reason;
  }

  done(): Decoded<T> {
    return {
      records: this.#records,
      rejected: this.#rejected,
      ...(this.#reason !== undefined && { reason: this.#reason }),
    };
  }
}
