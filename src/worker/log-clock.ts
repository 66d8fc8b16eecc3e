/**
 * The time of a partition's log: the newest timestamp that was read, or the time at which there was nothing more to read,
 * plus the time since then. Waits that are measured
 * with it take as long as they did when the records were written, however fast a backlog is read.
 */
export class LogClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #newest: number;
  #readAt: number;

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

  readonly now = (): number => this.#newest + (this.#monotonic() - this.#readAt);
}
