import { keyIn, partsOf } from '../../exporter/project-keys.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { interactionFrom } from '../interaction-message.ts';
import type { TopicRecord } from '../kafka/record.ts';
import type { LogClock } from '../log-clock.ts';
import type { PartitionWork } from '../partition-work.ts';
import { BackgroundResponses, type Settleable } from './background.ts';
import type { Feed } from './feed.ts';
import { Turns } from './turns.ts';

export interface DeliverParts {
  readonly destination: string;
  readonly feed: Feed;
  readonly deadLetters: DeadLetters;
  readonly topic: string;
  /** How far traces of one conversation may overtake each other on their way here. */
  readonly windowMillis: number;
}

/** What the stage counted since it started. */
export interface DeliverCounts {
  interactions: number;
  refused: number;
  malformed: number;
  /** Interactions that did not wait for the whole window, or for their other half, because their partition had no room. */
  releasedEarly: number;
}

/** An interaction that waits for its turn. */
interface Turn {
  readonly record: TopicRecord;
  readonly project: string;
  readonly settle: () => void;
  /** Decodes the record again: several thousand may wait, and decoded they need several times the memory. */
  readonly read: () => Interaction;
}

/** Interactions into one destination. */
export class DeliverStage {
  readonly counts: DeliverCounts = { interactions: 0, refused: 0, malformed: 0, releasedEarly: 0 };
  readonly #parts: DeliverParts;
  readonly #open = new Set<DeliverPartition>();
  /** By project and id: what is called when the dead letter is acknowledged. */
  readonly #refusals = new Map<string, (() => void)[]>();
  #outOfOrder = 0;
  #neverFetched = 0;

  constructor(parts: DeliverParts) {
    this.#parts = parts;
  }

  /** Interactions that came too late for their turn. */
  get outOfOrder(): number {
    return [...this.#open].reduce((sum, { outOfOrder }) => sum + outOfOrder, this.#outOfOrder);
  }

  /** Background responses whose result was never fetched. */
  get neverFetched(): number {
    return [...this.#open].reduce((sum, { neverFetched }) => sum + neverFetched, this.#neverFetched);
  }

  open(clock: LogClock): PartitionWork {
    const partition = new DeliverPartition(this.#parts, this.counts, this.#refusals, clock);
    this.#open.add(partition);
    return {
      take: (record, settle) => partition.take(record, settle),
      tick: () => partition.tick(),
      get ready() {
        return partition.ready;
      },
      resume: () => partition.resume(),
      relieve: () => partition.relieve(),
      close: async () => {
        await partition.close();
        this.#open.delete(partition);
        this.#outOfOrder += partition.outOfOrder;
        this.#neverFetched += partition.neverFetched;
      },
    };
  }

  unreadable(record: TopicRecord, error: unknown, settle: () => void): void {
    const { destination, deadLetters, topic } = this.#parts;
    this.counts.malformed += 1;
    const reason = error instanceof Error ? error.message : String(error);
    deadLetters.add(record, { stage: destination, reason, topic }, settle);
  }
}

class DeliverPartition {
  readonly #parts: DeliverParts;
  readonly #counts: DeliverCounts;
  readonly #refusals: Map<string, (() => void)[]>;
  readonly #background: BackgroundResponses;
  readonly #turns: Turns<Turn>;
  #underWay = 0;
  #isClosed = false;
  #onIdle = (): void => {};

  constructor(parts: DeliverParts, counts: DeliverCounts, refusals: Map<string, (() => void)[]>, clock: LogClock) {
    this.#parts = parts;
    this.#counts = counts;
    this.#refusals = refusals;
    this.#background = new BackgroundResponses(clock.now);
    this.#turns = new Turns({
      windowMillis: parts.windowMillis,
      isSerial: !parts.feed.coalesces,
      now: clock.now,
      go: ({ record, project, settle, read }, lane) =>
        this.#deliver({ interaction: read(), project, settle }, record, lane),
    });
  }

  get outOfOrder(): number {
    return this.#turns.outOfOrder;
  }

  get neverFetched(): number {
    return this.#background.neverFetched;
  }

  get ready(): number {
    return this.#underWay + this.#turns.ready;
  }

  take(record: TopicRecord, settle: () => void): void {
    if (!record.value) {
      settle();
      return;
    }
    const interaction = interactionFrom(record.value);
    const { project } = partsOf(record.key?.toString() ?? '');
    const complete = this.#background.add({ interaction, project, settle });
    if (!complete) return;
    const { conversationId, traceId, startTime } = complete.interaction;
    // A vendor of whole conversations names those that have no id after their trace, and then needs their order, too.
    const conversation = conversationId ?? (this.#parts.feed.coalesces ? traceId : undefined);
    if (conversation === undefined) {
      this.#deliver(complete, record, undefined);
      return;
    }
    // One that was joined from two records is in neither of them.
    const read = complete.interaction === interaction ? readAgain(record.value) : always(complete.interaction);
    this.#turns.add(keyIn(project, conversation), startTime, { record, project, settle: complete.settle, read });
  }

  tick(): void {
    if (this.#isClosed) return;
    this.#background.tick();
    this.#turns.tick();
  }

  resume(): void {
    this.#turns.restart();
  }

  relieve(): void {
    if (this.#isClosed) return;
    this.#counts.releasedEarly += this.#turns.relieve() || this.#background.relieve();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#turns.clear();
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #deliver(call: Settleable, record: TopicRecord, lane: string | undefined): void {
    this.#underWay += 1;
    this.#counts.interactions += 1;
    const finish = (): void => {
      // First, because settling looks for room.
      this.#underWay -= 1;
      call.settle();
      if (this.#underWay === 0) this.#onIdle();
      if (lane !== undefined && !this.#isClosed) this.#turns.finish(lane);
    };
    // Read again, as after a rebalance: to the destination it is a duplicate now, but its dead letter may still be lost.
    const waiting = this.#refusals.get(keyIn(call.project, call.interaction.id));
    if (waiting) waiting.push(finish);
    else this.#send(call, record, finish);
  }

  #send({ interaction, project }: Settleable, record: TopicRecord, finish: () => void): void {
    const { feed, deadLetters, destination, topic } = this.#parts;
    const id = keyIn(project, interaction.id);
    feed.deliver(interaction, project, (verdict) => {
      if (verdict.status === 'settled') {
        finish();
        return;
      }
      const waiting = this.#refusals.get(id);
      if (waiting) {
        waiting.push(finish);
        return;
      }
      this.#counts.refused += 1;
      const finishes = [finish];
      this.#refusals.set(id, finishes);
      deadLetters.add(record, { stage: destination, reason: verdict.reason, topic }, () => {
        this.#refusals.delete(id);
        for (const each of finishes) each();
      });
    });
  }
}

// Functions of their own, because closures of one function share what they hold, here the decoded interaction.
const readAgain = (value: Buffer) => (): Interaction => interactionFrom(value);
const always = (interaction: Interaction) => (): Interaction => interaction;
