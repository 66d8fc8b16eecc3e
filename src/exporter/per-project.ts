export interface PerProjectOptions<T> {
  readonly open: (project: string) => T;
  /** How much of it waits. One in which nothing waits can be closed and opened again. */
  readonly waiting: (each: T) => number;
  readonly close: (each: T) => void;
  /** If more than this waits in all of them, one is closed in which something waits. Default: never. */
  readonly maxWaiting?: number;
}

/** Further ones are closed, those that were unused for longest first. */
const MAX_IDLE = 256;

/** One of something for each project that is in use. */
export class PerProject<T> {
  readonly #options: PerProjectOptions<T>;
  /** The one that was used last is at the end. */
  readonly #known = new Map<string, T>();

  constructor(options: PerProjectOptions<T>) {
    this.#options = options;
  }

  of(project: string): T {
    const known = this.#known.get(project);
    // Most gateways, files and topics have one project.
    if (known !== undefined && this.#known.size === 1) return known;
    const each = known ?? this.#options.open(project);
    this.#known.delete(project);
    this.#known.set(project, each);
    if (known === undefined && this.#known.size > MAX_IDLE) this.#closeOldest(project);
    return each;
  }

  values(): readonly T[] {
    return [...this.#known.values()];
  }

  #closeOldest(latest: string): void {
    const { waiting, maxWaiting = Number.POSITIVE_INFINITY } = this.#options;
    let sum = 0;
    for (const [project, each] of this.#known) {
      if (project === latest) continue;
      const own = waiting(each);
      sum += own;
      if (own > 0) continue;
      this.#close(project, each);
      if (this.#known.size <= MAX_IDLE) return;
    }
    const [oldest] = this.#known;
    if (sum > maxWaiting && oldest) this.#close(...oldest);
  }

  #close(project: string, each: T): void {
    this.#known.delete(project);
    this.#options.close(each);
  }
}
