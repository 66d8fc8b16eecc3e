import { StoreError } from '../store/store-error.ts';

/** How much may wait, and the refusal of what comes later. */
interface Queue {
  readonly limit: number;
  readonly refusal: string;
}

/** Lets work begin while the sum of what is under way stays within a limit, in the order of arrival. */
export class Gate {
  readonly #limit: number;
  readonly #queue: Queue | undefined;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  #weight = 0;
  #waitingWeight = 0;

  /** @param queue default: any amount may wait */
  constructor(limit: number, queue?: Queue) {
    this.#limit = limit;
    this.#queue = queue;
  }

  /** What waits to begin. */
  get waiting(): number {
    return this.#waitingWeight;
  }

  /** Work that alone exceeds the limit runs alone. @throws StoreError if too much waits already */
  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
    if (this.#queue && this.#waitingWeight + weight > this.#queue.limit) {
      throw new StoreError('busy', this.#queue.refusal);
    }
    if (this.#waiting.length === 0 && this.#hasRoom(weight)) this.#weight += weight;
    else await this.#turn(weight);
    try {
      return await work();
    } finally {
      this.#weight -= weight;
      this.#admit();
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#weight === 0 || this.#weight + weight <= this.#limit;
  }

  #turn(weight: number): Promise<void> {
    this.#waitingWeight += weight;
    return new Promise((begin) => this.#waiting.push({ weight, begin }));
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#hasRoom(next.weight); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#waitingWeight -= next.weight;
      this.#weight += next.weight;
      next.begin();
    }
  }
}

/**
 * Bytes of requests that are decoded and written at a time: a decoded request takes several times its size. More wait as
 * they arrived, so that a burst does not fill the memory while the disk is busy.
 */
export const received = new Gate(4_000_000, {
  limit: 64_000_000,
  refusal: 'Requests arrive faster than they can be written.',
});
