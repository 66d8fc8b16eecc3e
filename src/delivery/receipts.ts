import type { RecordListener, RecordOutcome } from './delivery.ts';

/** Beyond this, the oldest quarter is settled as `on_disk`. Records in memory are fewer than this. */
const MAX_LISTENERS = 100_000;

/** The listeners of records that are under way, by record key. Costs nothing where no record has one. */
export class Receipts {
  readonly #report: (message: string) => void;
  readonly #listeners = new Map<string, RecordListener>();

  constructor(report: (message: string) => void) {
    this.#report = report;
  }

  add(key: string, listener: RecordListener): void {
    const earlier = this.#listeners.get(key);
    this.#listeners.set(key, earlier ? both(earlier, listener) : listener);
    if (this.#listeners.size > MAX_LISTENERS) this.#settleOldest(MAX_LISTENERS / 4);
  }

  /** Removes a listener without calling it. */
  take(key: string): RecordListener | undefined {
    const listener = this.#listeners.get(key);
    if (listener) this.#listeners.delete(key);
    return listener;
  }

  settle(keys: readonly string[], outcome: RecordOutcome): void {
    if (this.#listeners.size === 0) return;
    for (const key of keys) {
      const listener = this.take(key);
      if (listener) this.notify(listener, outcome);
    }
  }

  /** Of records that were coalesced, the last one was delivered and stands for the others. */
  settleCoalesced(keys: readonly string[], outcome: RecordOutcome): void {
    const into = keys.at(-1);
    if (this.#listeners.size === 0 || into === undefined) return;
    this.settle(keys.slice(0, -1), { status: 'coalesced', into });
    this.settle([into], outcome);
  }

  /** Settles all that are left, when the delivery ends. */
  settleRest(outcome: RecordOutcome): void {
    this.settle([...this.#listeners.keys()], outcome);
  }

  notify(listener: RecordListener, outcome: RecordOutcome): void {
    this.#guard(() => listener.settled?.(outcome));
  }

  stored(listener: RecordListener): void {
    this.#guard(() => listener.stored?.());
  }

  #settleOldest(count: number): void {
    const oldest: string[] = [];
    for (const key of this.#listeners.keys()) {
      if (oldest.length >= count) break;
      oldest.push(key);
    }
    this.settle(oldest, { status: 'on_disk' });
  }

  /** A listener that throws must not stop the delivery of other records. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(`a record listener threw: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function both(one: RecordListener, other: RecordListener): RecordListener {
  return {
    settled(outcome) {
      try {
        one.settled?.(outcome);
      } finally {
        other.settled?.(outcome);
      }
    },
  };
}
