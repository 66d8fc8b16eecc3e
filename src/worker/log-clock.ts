/**
 * The time of a partition's log: the newest timestamp that was read, and when there is nothing more to read, the time since
 * then. Waits that are measured with it take as long as they did when the records were written, however fast or slowly a
 * backlog is read.
 */
export class LogClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #newest: number;
  #readAt: number;
  #isHeld = false;

  /** @param wall Unix milliseconds. @param monotonic milliseconds of a clock that never jumps */
  constructor(wall: () => number = Date.now, monotonic: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#newest = 0;
    this.#readAt = monotonic();
  }

  /** The log was read up to this time. A timestamp of the future counts as now, so that one wrong clock ends no wait. */
  observe(timestamp: number): void {
    const bounded = Math.min(timestamp, this.#wall());
    if (bounded <= this.now()) return;
    this.#newest = bounded;
    this.#readAt = this.#monotonic();
  }

  /** More was written than was read: time stands still until it is read. */
  hold(): void {
    if (this.#isHeld) return;
    this.#newest = this.now();
    this.#isHeld = true;
  }

  /** Everything was read that was written by now, so time goes on with the clock. */
  run(): void {
    if (!this.#isHeld) return;
    this.#readAt = this.#monotonic();
    this.#isHeld = false;
  }

  readonly now = (): number => this.#newest + (this.#isHeld ? 0 : this.#monotonic() - this.#readAt);
}
