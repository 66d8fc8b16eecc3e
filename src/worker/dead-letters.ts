import type { OutgoingRecord, Publisher } from './kafka/publisher.ts';
import type { TopicRecord } from './kafka/record.ts';

/** Why and where a record was given up. */
export interface Refusal {
  readonly stage: string;
  readonly reason: string;
  readonly topic: string;
}

/** A record that could not be written has neither partition nor offset. */
export interface RefusedRecord extends Pick<OutgoingRecord, 'key' | 'value'> {
  readonly partition?: number;
  readonly offset?: number;
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

  /** Resolves when everything added so far is in its topic. */
  flushed(): Promise<void> {
    return this.#publisher.flushed();
  }

  /** @param settle called once the dead letter is in its topic */
  add(record: TopicRecord, refusal: Refusal, settle: () => void): void {
    this.#publisher.publish(this.letterFor(record, refusal), settle);
  }

  /** The dead letter of a record, which counts as written from now on. */
  letterFor(record: RefusedRecord, { stage, reason, topic }: Refusal): OutgoingRecord {
    const { partition, offset, key, value } = record;
    count(this.#counts, stage);
    const letter: OutgoingRecord = {
      topic: this.#topic,
      // Without a key, it has to stay in one partition when it is sent again.
      ...(key === null && { partition: partition ?? 0 }),
      key,
      value,
      headers: {
        'spanport-reason': reason.slice(0, MAX_REASON_LENGTH),
        'spanport-stage': stage,
        'spanport-topic': topic,
        ...(partition !== undefined && { 'spanport-partition': String(partition) }),
        ...(offset !== undefined && { 'spanport-offset': String(offset) }),
      },
      shortened: () => {
        count(this.#cut, stage);
        return shortened(letter, partition ?? 0, value?.byteLength ?? 0);
      },
    };
    return letter;
  }
}

/**
 * The first half of the value, and without a value the key goes, too: the headers name the whole record.
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
