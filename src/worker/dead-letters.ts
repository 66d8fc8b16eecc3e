import type { Publisher } from './kafka/publisher.ts';
import type { TopicRecord } from './kafka/record.ts';

/** Why and where a record was given up. */
export interface Refusal {
  readonly stage: string;
  readonly reason: string;
  readonly topic: string;
}

/** Beyond this a reason is of no more use, and would count against the size of the message. */
const MAX_REASON_LENGTH = 1_000;

/** The topic of what no destination will ever take: the record as it was, and in its headers what happened. */
export class DeadLetters {
  readonly #publisher: Publisher;
  readonly #topic: string;
  readonly #counts = new Map<string, number>();

  constructor(publisher: Publisher, topic: string) {
    this.#publisher = publisher;
    this.#topic = topic;
  }

  /** How many, by stage. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** @param settle called once the dead letter is in its topic */
  add({ partition, offset, key, value }: TopicRecord, refusal: Refusal, settle: () => void): void {
    const { stage, reason, topic } = refusal;
    this.#counts.set(stage, (this.#counts.get(stage) ?? 0) + 1);
    this.#publisher.publish(
      {
        topic: this.#topic,
        key,
        value,
        headers: {
          'spanport-reason': reason.slice(0, MAX_REASON_LENGTH),
          'spanport-stage': stage,
          'spanport-topic': topic,
          'spanport-partition': String(partition),
          'spanport-offset': String(offset),
        },
      },
      settle,
    );
  }
}
