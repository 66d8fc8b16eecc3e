import type { Settlement } from './outbox-results.ts';

interface Waiting {
  readonly settlement: Settlement;
  /** Of the records that it removes. */
  bytes: number;
}

/** Records in one settlement. */
const MAX_RECORDS = 1_000;

/** The outcomes of leased records, until they are committed. */
export class Settlements {
  #waiting: Waiting[] = [];
  readonly #sent = new Map<readonly Settlement[], Waiting[]>();

  /** Whether some have not been sent to the writing thread. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get isPending(): boolean {
    return this.isWaiting || this.#sent.size > 0;
  }

  add(settlement: Settlement, bytes: number): void {
    const last = this.#waiting.at(-1);
    if (last && isAlike(last.settlement, settlement)) {
      (last.settlement.ids as number[]).push(...settlement.ids);
      last.bytes += bytes;
    } else this.#waiting.push({ settlement: { ...settlement, ids: [...settlement.ids] }, bytes });
  }

  /** All that have not been sent. They count as sent until {@link done} or {@link release}. */
  take(): readonly Settlement[] {
    const waiting = this.#waiting;
    const settlements = waiting.map(({ settlement }) => settlement);
    this.#waiting = [];
    if (waiting.length > 0) this.#sent.set(settlements, waiting);
    return settlements;
  }

  done(settlements: readonly Settlement[]): void {
    this.#sent.delete(settlements);
  }

  release(settlements: readonly Settlement[]): void {
    this.#waiting.unshift(...(this.#sent.get(settlements) ?? []));
    this.#sent.delete(settlements);
  }

  /** All, oldest first, sent or not. Committing one twice is harmless. */
  all(): Settlement[] {
    return [...this.#sent.values(), this.#waiting].flat().map(({ settlement }) => settlement);
  }

  /** Records of a destination that are settled, but still counted on disk. */
  removedOf(destination: string): { readonly records: number; readonly bytes: number } {
    let records = 0;
    let bytes = 0;
    for (const { settlement, bytes: each } of [...this.#sent.values(), this.#waiting].flat()) {
      if (settlement.destination !== destination || settlement.outcome === 'waiting') continue;
      records += settlement.ids.length;
      bytes += each;
    }
    return { records, bytes };
  }
}

function isAlike(one: Settlement, other: Settlement): boolean {
  return (
    one.outcome === 'delivered' &&
    other.outcome === 'delivered' &&
    one.destination === other.destination &&
    one.state === undefined &&
    other.state === undefined &&
    one.ids.length < MAX_RECORDS
  );
}
