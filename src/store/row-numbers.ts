/** Row ids that grow with every row, also over a rollback of the transaction that took them. */
export class RowNumbers {
  #last: number;
  /** At the last commit. */
  #committed: number;

  /** @param last the greatest number that was used so far */
  constructor(last: number) {
    this.#last = last;
    this.#committed = last;
  }

  get last(): number {
    return this.#last;
  }

  get next(): number {
    return this.#last + 1;
  }

  take(): number {
    this.#last += 1;
    return this.#last;
  }

  /** At the end of a transaction. */
  commit(): void {
    this.#committed = this.#last;
  }

  rollBack(): void {
    this.#last = this.#committed;
  }
}
