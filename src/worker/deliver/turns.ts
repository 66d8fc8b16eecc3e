import { RecentMap } from '../../bounded/recent-map.ts';

/** Lanes of which is remembered how far they are. */
const MAX_LANES = 20_000;

interface Waiting<T> {
  readonly value: T;
  readonly order: number;
}

interface Window {
  readonly lane: string;
  readonly order: number;
  readonly endsAt: number;
  readonly isSecond: boolean;
}

class Lane<T> {
  /** Within the window, sorted by order. */
  readonly waiting: Waiting<T>[] = [];
  /** Beyond the window, in the order in which they go. */
  readonly ready: T[] = [];
  isBusy = false;
  /** Set while values go: one that is finished at once must not let the next one go from within itself. */
  isGoing = false;

  get isIdle(): boolean {
    return !this.isBusy && this.waiting.length === 0 && this.ready.length === 0;
  }
}

export interface TurnsOptions<T> {
  /** How long a value waits for one that comes before it, in ms. */
  readonly windowMillis: number;
  /** Whether the next value of a lane waits until the one before is finished. */
  readonly isSerial: boolean;
  readonly now: () => number;
  /** Called for each value when it is its turn. */
  readonly go: (value: T, lane: string) => void;
}

/** Puts values of a lane in order, within a window, and lets them go one after the other. */
export class Turns<T> {
  readonly #options: TurnsOptions<T>;
  readonly #lanes = new Map<string, Lane<T>>();
  /** The windows that end next, the first one first: all are equally long. */
  #windows: Window[] = [];
  /** By lane: the order of the latest value that went. */
  readonly #latest = new RecentMap<number>({ maxWeight: MAX_LANES });
  #outOfOrder = 0;
  #ready = 0;

  constructor(options: TurnsOptions<T>) {
    this.#options = options;
  }

  /** Values that came after a later one of their lane had gone. */
  get outOfOrder(): number {
    return this.#outOfOrder;
  }

  /** Values that wait for those before them in their lane, and for nothing else. */
  get ready(): number {
    return this.#ready;
  }

  /** @param order values with a smaller one go first */
  add(lane: string, order: number, value: T): void {
    const { now, windowMillis } = this.#options;
    const { waiting } = this.#laneOf(lane);
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1]?.order ?? 0) > order) at -= 1;
    waiting.splice(at, 0, { value, order });
    this.#windows.push({ lane, order, endsAt: now() + windowMillis, isSecond: false });
  }

  /** Lets go what has its turn. */
  tick(): void {
    const now = this.#options.now();
    let ended = 0;
    for (const { lane: name, order, endsAt } of this.#windows) {
      if (endsAt > now) break;
      ended += 1;
      const lane = this.#lanes.get(name);
      if (lane) this.#letGo(name, lane, order);
    }
    if (ended > 0) this.#windows = this.#windows.slice(ended);
  }

  /** Everything that waits for its window gets a whole one again, once: a slow broker could prolong it without end. */
  restart(): void {
    const endsAt = this.#options.now() + this.#options.windowMillis;
    const second = this.#windows.filter(({ isSecond }) => isSecond);
    const restarted = this.#windows.filter(({ isSecond }) => !isSecond);
    this.#windows = [...second, ...restarted.map(({ lane, order }) => ({ lane, order, endsAt, isSecond: true }))];
  }

  /** Lets go the half that has waited longest. @returns how many windows were cut short */
  relieve(): number {
    const windows = this.#windows.splice(0, Math.ceil(this.#windows.length / 2));
    for (const { lane: name, order } of windows) {
      const lane = this.#lanes.get(name);
      if (lane) this.#letGo(name, lane, order);
    }
    return windows.length;
  }

  /** The value of a lane that went last is finished. */
  finish(name: string): void {
    const lane = this.#lanes.get(name);
    if (!lane) return;
    lane.isBusy = false;
    this.#next(name, lane);
  }

  /** Forgets everything that has not gone. */
  clear(): void {
    this.#lanes.clear();
    this.#windows = [];
    this.#ready = 0;
  }

  #laneOf(name: string): Lane<T> {
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane = new Lane<T>();
    this.#lanes.set(name, lane);
    return lane;
  }

  /** The window of a value ended: it goes, and before it all that belong before it. */
  #letGo(name: string, lane: Lane<T>, order: number): void {
    let latest = this.#latest.get(name) ?? Number.NEGATIVE_INFINITY;
    for (let first = lane.waiting[0]; first && first.order <= order; first = lane.waiting[0]) {
      lane.waiting.shift();
      lane.ready.push(first.value);
      this.#ready += 1;
      if (first.order < latest) this.#outOfOrder += 1;
      latest = Math.max(latest, first.order);
    }
    this.#latest.set(name, latest);
    this.#next(name, lane);
  }

  #next(name: string, lane: Lane<T>): void {
    if (lane.isGoing) return;
    const { isSerial, go } = this.#options;
    lane.isGoing = true;
    while (lane.ready.length > 0 && !lane.isBusy) {
      const value = lane.ready.shift() as T;
      this.#ready -= 1;
      lane.isBusy = isSerial;
      go(value, name);
    }
    lane.isGoing = false;
    if (lane.isIdle) this.#lanes.delete(name);
  }
}
