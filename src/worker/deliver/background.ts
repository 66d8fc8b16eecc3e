import { BoundedMap } from '../../bounded/bounded-map.ts';
import { RecentMap } from '../../bounded/recent-map.ts';
import { keyIn } from '../../exporter/project-keys.ts';
import { isUnfinished, joinBackground } from '../../interaction/background-response.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { OPERATION } from '../../semconv/names.ts';

const MAX_HALVES = 1_000;
const QUEUED_MILLIS = 10 * 60_000;
/** A fetched answer may overtake the call that queued it: they come from two partitions. */
const FETCHED_MILLIS = 30_000;
const MAX_ANSWERED = 10_000;

/** An interaction, and what settles the records that it was made of. */
export interface Settleable {
  readonly interaction: Interaction;
  readonly project: string;
  readonly settle: () => void;
}

/**
 * A background response is two interactions: the call that queued it and the one that fetched its result. They leave as
 * one. A half that stays alone makes no record.
 */
export class BackgroundResponses {
  readonly #queued: BoundedMap<Settleable>;
  readonly #fetched: BoundedMap<Settleable>;
  readonly #answered = new RecentMap<true>({ maxWeight: MAX_ANSWERED });
  #neverFetched = 0;

  constructor(now: () => number) {
    this.#queued = new BoundedMap(MAX_HALVES, QUEUED_MILLIS, now);
    this.#fetched = new BoundedMap(MAX_HALVES, FETCHED_MILLIS, now);
  }

  /** Queued responses that were not fetched in time. */
  get neverFetched(): number {
    return this.#neverFetched;
  }

  /** @returns what is complete now; undefined when it waits or makes no record */
  add(half: Settleable): Settleable | undefined {
    const { interaction, project } = half;
    const isFetched = interaction.operation === OPERATION.fetchResponse;
    if (!isFetched && !isUnfinished(interaction)) return half;
    const key = keyIn(project, `${interaction.serverAddress ?? ''}:${interaction.responseId ?? ''}`);
    const other = isFetched ? this.#queued.take(key) : this.#fetched.take(key);
    if (other) {
      this.#answered.set(key, true);
      return isFetched ? joined(other, half) : joined(half, other);
    }
    // It was read or fetched before, and reported then.
    if (this.#answered.get(key)) half.settle();
    else if (isFetched) settleAll(this.#fetched.set(key, withEarlier(this.#fetched, key, half)));
    else this.#giveUp(this.#queued.set(key, withEarlier(this.#queued, key, half)));
    return undefined;
  }

  /** Gives up halves that waited too long. */
  tick(): void {
    this.#giveUp(this.#queued.expire());
    settleAll(this.#fetched.expire());
  }

  /** Gives up the older of the halves that wait, because they leave no room for the others. @returns how many */
  relieve(): number {
    const queued = this.#queued.takeOldest(Math.ceil(this.#queued.size / 2));
    const fetched = this.#fetched.takeOldest(Math.ceil(this.#fetched.size / 2));
    this.#giveUp(queued);
    settleAll(fetched);
    return queued.length + fetched.length;
  }

  #giveUp(halves: readonly Settleable[]): void {
    this.#neverFetched += halves.length;
    settleAll(halves);
  }
}

/**
 * A half that waits with an earlier one of the same response: it was written or read twice, or the result was fetched
 * twice. Both are settled together.
 */
function withEarlier(waiting: BoundedMap<Settleable>, key: string, half: Settleable): Settleable {
  const earlier = waiting.take(key);
  return earlier ? { ...earlier, settle: () => settleAll([earlier, half]) } : half;
}

function joined(queued: Settleable, fetched: Settleable): Settleable {
  return {
    interaction: joinBackground(queued.interaction, fetched.interaction),
    project: queued.project,
    settle: () => settleAll([queued, fetched]),
  };
}

function settleAll(halves: readonly Settleable[]): void {
  for (const { settle } of halves) settle();
}
