import type { Clock } from '../../../src/delivery/clock.ts';
import { writeHere } from '../../../src/delivery/spool/start-writer.ts';
import type { StartWriter } from '../../../src/delivery/spool/writer-thread.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock on which hours pass at once: time moves to the next timer whenever nothing else is left to do. */
export class SimulatedClock implements Clock {
  readonly boot = 'simulated';
  readonly #timers = new Set<Timer>();
  #now = 1_000;
  #wall = Date.parse('2026-03-29T00:30:00Z');

  monotonic(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wall;
  }

  after(millis: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, millis), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The wall clock is set, as at the end of summer time or by an operator. */
  jump(millis: number): void {
    this.#wall += millis;
  }

  async pass(millis: number): Promise<void> {
    const end = this.#now + millis;
    for (;;) {
      await settled();
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#to(Math.max(this.#now, next.at));
      next.run();
    }
    this.#to(end);
  }

  /** The result, however long it takes on this clock. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) await this.pass(10);
    return done;
  }

  #to(time: number): void {
    this.#wall += time - this.#now;
    this.#now = time;
  }
}

/** All that promises still have to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Writes on this thread, so that the disk takes no time of its own. */
export function writerOn(clock: Clock): StartWriter {
  return (settings, onNotice) => writeHere(settings, onNotice, clock);
}
