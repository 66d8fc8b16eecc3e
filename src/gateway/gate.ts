/** Lets work begin while the sum of what is under way stays within a limit, in the order of arrival. */
export class Gate {
  readonly #limit: number;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  #weight = 0;
  #waitingWeight = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What waits to begin. */
  get waiting(): number {
    return this.#waitingWeight;
  }

  /** Work that alone exceeds the limit runs alone. */
  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
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
