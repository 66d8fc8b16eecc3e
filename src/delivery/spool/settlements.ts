import type { Settlement } from './outbox-results.ts';

interface Waiting {
  readonly settlement: Settlement;
  /** Of the records that are gone with it. */
  bytes: number;
}

const MAX_JOINED = 1_000;

/** What destinations said of records on disk, until it is written down there. */
export class Settlements {
  #waiting: Waiting[] = [];
  readonly #sent = new Map<readonly Settlement[], Waiting[]>();

  /** Whether some were not sent yet. */
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

  /** All that were not sent yet; they are until {@link done} or {@link release}. */
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

  /** Oldest first, sent or not. To write one down twice is harmless. */
  all(): Settlement[] {
    return [...this.#sent.values(), this.#waiting].flat().map(({ settlement }) => settlement);
  }

  /** Records of a destination that are gone, although the disk still counts them. */
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
    one.ids.length < MAX_JOINED
  );
}
