import type { SpanListener, SpanOutcome } from './destination.ts';

/** The outcome of one span at one destination. */
export interface Settlement {
  readonly destination: string;
  readonly outcome: SpanOutcome;
}

/**
 * Follows one span through the pipeline. Functions are called synchronously, possibly before `take` returns. A consumer
 * that must not lose a span (one that commits Kafka offsets) waits for the first of the two.
 */
export interface PipelineListener {
  /** The span survives this process: at each destination it is on disk or settled. At most once, and before `settled`. */
  stored?(): void;
  /** Called exactly once, with one entry per destination, at the latest when `shutdown` resolves. */
  settled?(settlements: readonly Settlement[]): void;
}

/**
 * Counts the destinations that have not finished a span, and calls its listener. Created only for spans with a
 * listener.
 */
export class Settling {
  readonly #listener: PipelineListener;
  readonly #settlements: Settlement[] = [];
  readonly #releases: (() => void)[] = [];
  /**
   * The number of destinations where the span may still be lost, and where it is not settled. Both include one for the
   * caller until {@link close}.
   */
  #unsafe = 1;
  #open = 1;

  constructor(listener: PipelineListener) {
    this.#listener = listener;
  }

  /** A listener for one destination. */
  at(destination: string): SpanListener {
    let isSafe = false;
    let isSettled = false;
    this.#unsafe += 1;
    this.#open += 1;
    const stored = (): void => {
      if (isSafe) return;
      isSafe = true;
      // It is still to be settled.
      this.#countSafe(this.#open);
    };
    return {
      stored,
      settled: (outcome) => {
        if (isSettled) return;
        isSettled = true;
        this.#settlements.push({ destination, outcome });
        if (!isSafe) this.#countSafe(this.#open - 1);
        isSafe = true;
        this.#countSettled();
      },
    };
  }

  /** Calls a function when the span is settled, to release the spans that were merged into it. */
  onSettled(release: () => void): void {
    this.#releases.push(release);
  }

  /** Keeps the span open while the pipeline holds it in memory. @returns a function that ends the hold */
  hold(): () => void {
    let isHeld = true;
    this.#unsafe += 1;
    this.#open += 1;
    return () => {
      if (isHeld) this.close();
      isHeld = false;
    };
  }

  /** The span was passed to every destination. */
  close(): void {
    this.#countSafe(this.#open - 1);
    this.#countSettled();
  }

  /** @param open how many are still to be settled afterwards: `settled` says it all when none is */
  #countSafe(open: number): void {
    this.#unsafe -= 1;
    if (this.#unsafe === 0 && open > 0) this.#listener.stored?.();
  }

  #countSettled(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#listener.settled?.(this.#settlements);
    for (const release of this.#releases.splice(0)) release();
  }
}

const grades: Readonly<Record<SpanOutcome['status'], number>> = {
  skipped: 0,
  delivered: 2,
  coalesced: 2,
  on_disk: 3,
  rejected: 4,
  dropped: 5,
};
const DUPLICATE_GRADE = 1;

/** A duplicate is not lost: it was accepted before. */
function gradeOf(outcome: SpanOutcome): number {
  return outcome.status === 'dropped' && outcome.reason === 'duplicate' ? DUPLICATE_GRADE : grades[outcome.status];
}

/** Combines the outcomes of several records of one span: the worst one is the outcome of the span. */
export function listenersFor(count: number, listener: SpanListener): readonly SpanListener[] {
  if (count === 1) return [listener];
  let unsafe = count;
  let open = count;
  let worst: SpanOutcome | undefined;
  return Array.from({ length: count }, () => {
    let isSafe = false;
    const stored = (): void => {
      if (!isSafe) unsafe -= 1;
      isSafe = true;
      if (unsafe === 0 && open > 0) listener.stored();
    };
    return {
      stored,
      settled(outcome) {
        open -= 1;
        if (!worst || gradeOf(outcome) > gradeOf(worst)) worst = outcome;
        if (open === 0) listener.settled(worst);
        else stored();
      },
    };
  });
}
