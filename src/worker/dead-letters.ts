import type { OutgoingRecord, Publisher } from './kafka/publisher.ts';
import type { TopicRecord } from './kafka/record.ts';

/** Why and where a record was given up. */
export interface Refusal {
  readonly stage: string;
  readonly reason: string;
  readonly topic: string;
}

/** A longer reason does not help, and it counts towards the size of the message. */
const MAX_REASON_LENGTH = 1_000;

/** The topic of records that cannot be delivered: the unchanged record, with the reason in its headers. */
export class DeadLetters {
  readonly #publisher: Publisher;
  readonly #topic: string;
  readonly #counts = new Map<string, number>();
  readonly #cut = new Map<string, number>();

  constructor(publisher: Publisher, topic: string) {
    this.#publisher = publisher;
    this.#topic = topic;
  }

  /** How many, by stage. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** How many were cut because the topic refused them for their size, by stage. */
  get cut(): ReadonlyMap<string, number> {
    return this.#cut;
  }

  /** @param settle called once the dead letter is in its topic */
  add({ partition, offset, key, value }: TopicRecord, refusal: Refusal, settle: () => void): void {
    const { stage, reason, topic } = refusal;
    count(this.#counts, stage);
    const letter: OutgoingRecord = {
      topic: this.#topic,
      // Without a key, it has to stay in one partition when it is sent again.
      ...(key === null && { partition }),
      key,
      value,
      headers: {
        'spanport-reason': reason.slice(0, MAX_REASON_LENGTH),
        'spanport-stage': stage,
        'spanport-topic': topic,
        'spanport-partition': String(partition),
        'spanport-offset': String(offset),
      },
      shortened: () => {
        count(this.#cut, stage);
        return shortened(letter, partition, value?.byteLength ?? 0);
      },
    };
    this.#publisher.publish(letter, settle);
  }
}

/**
 * The first half of the value, and without a value the key goes, too: the letter says where the whole record is.
 * @returns undefined when nothing is left to cut
 */
function shortened(letter: OutgoingRecord, partition: number, wholeBytes: number): OutgoingRecord | undefined {
  const { value, key } = letter;
  const bytes = value?.byteLength ?? 0;
  if (bytes === 0 && key === null) return undefined;
  const shorter: OutgoingRecord = {
    topic: letter.topic,
    ...(letter.partition !== undefined && { partition: letter.partition }),
    key,
    value: value?.subarray(0, Math.floor(bytes / 2)) ?? null,
    headers: Object.assign({ 'spanport-cut-from': String(wholeBytes) }, letter.headers),
    shortened: () => shortened(shorter, partition, wholeBytes),
  };
  return bytes === 0 ? Object.assign(shorter, { key: null, partition }) : shorter;
}

function count(counts: Map<string, number>, stage: string): void {
  counts.set(stage, (counts.get(stage) ?? 0) + 1);
}
