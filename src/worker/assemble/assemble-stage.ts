import type { SpanOutcome } from '../../exporter/destination.ts';
import { PerProject } from '../../exporter/per-project.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { maskSecrets } from '../../interaction/mask.ts';
import { projectOf } from '../../semconv/project.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { type InteractionMessage, messageFor } from '../interaction-message.ts';
import type { OutgoingRecord, Publisher } from '../kafka/publisher.ts';
import type { TopicRecord } from '../kafka/record.ts';
import type { LogClock } from '../log-clock.ts';
import type { PartitionWork } from '../partition-work.ts';
import { spansIn } from './decode.ts';
import { TraceAssembler } from './trace-assembler.ts';

export const ASSEMBLE = 'assemble';

const DELIVERED: SpanOutcome = { status: 'delivered' };

export interface AssembleParts {
  readonly publisher: Publisher;
  readonly deadLetters: DeadLetters;
  readonly topics: { readonly spans: string; readonly interactions: string };
}

/** What the stage counted since it started. */
export interface AssembleCounts {
  spans: number;
  interactions: number;
  /** Spans that could not be decoded. */
  malformed: number;
  /** Interactions whose texts were cut to the size of a message. */
  cut: number;
  /** Calls that stopped waiting because their partition had no room. */
  releasedEarly: number;
}

/** Spans into interactions. */
export class AssembleStage {
  readonly counts: AssembleCounts = { spans: 0, interactions: 0, malformed: 0, cut: 0, releasedEarly: 0 };
  readonly #parts: AssembleParts;
  readonly #assemblers = new Set<TraceAssembler>();
  /** Spans left out, by reason, in assemblers that were closed. */
  readonly #leftOut = new Map<string, number>();

  constructor(parts: AssembleParts) {
    this.#parts = parts;
  }

  /** Spans that made no interaction of their own, by reason. */
  get leftOut(): ReadonlyMap<string, number> {
    const sums = new Map(this.#leftOut);
    for (const { leftOut } of this.#assemblers) addCounts(sums, leftOut);
    return sums;
  }

  open(clock: LogClock): PartitionWork {
    let unacknowledged = 0;
    const assemblers = new PerProject({
      open: (project) => {
        const assembler = new TraceAssembler({
          now: clock.now,
          mask: maskSecrets,
          publish: (interaction, listener) => {
            unacknowledged += 1;
            this.#publish(interaction, project, () => {
              unacknowledged -= 1;
              listener.settled(DELIVERED);
            });
          },
        });
        this.#assemblers.add(assembler);
        return assembler;
      },
      waiting: (assembler) => assembler.waiting,
      close: (assembler) => this.#close(assembler),
    });
    return {
      take: (record, settle) => this.#take(assemblers, record, settle),
      tick: () => {
        for (const assembler of assemblers.values()) assembler.tick();
      },
      get ready() {
        return unacknowledged;
      },
      resume: () => undefined,
      relieve: () => {
        for (const assembler of assemblers.values()) this.counts.releasedEarly += assembler.relieve();
      },
      // What waits for other spans is read again by the next owner.
      close: () => {
        for (const assembler of assemblers.values()) this.#close(assembler);
        return this.#flushed();
      },
    };
  }

  unreadable(record: TopicRecord, error: unknown, settle: () => void): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#parts.deadLetters.add(record, { stage: ASSEMBLE, reason, topic: this.#parts.topics.spans }, settle);
  }

  async #flushed(): Promise<void> {
    const { publisher, deadLetters } = this.#parts;
    await Promise.all([publisher.flushed(), deadLetters.flushed()]);
  }

  #close(assembler: TraceAssembler): void {
    this.#assemblers.delete(assembler);
    addCounts(this.#leftOut, assembler.leftOut);
  }

  #take(assemblers: PerProject<TraceAssembler>, record: TopicRecord, settle: () => void): void {
    if (!record.value) {
      settle();
      return;
    }
    const { records: spans, rejected, reason = '' } = spansIn(record.value);
    this.counts.spans += spans.length;
    this.counts.malformed += rejected;
    let open = spans.length + (rejected > 0 ? 2 : 1);
    const close = (): void => {
      open -= 1;
      if (open === 0) settle();
    };
    if (rejected > 0) {
      const total = spans.length + rejected;
      this.unreadable(record, new Error(`${rejected} of ${total} spans are malformed: ${reason}`), close);
    }
    for (const span of spans) assemblers.of(projectOf(span.resource)).add(span, close);
    close();
  }

  #publish(interaction: Interaction, project: string, acknowledged: () => void): void {
    const message = messageFor(interaction, project);
    this.counts.interactions += 1;
    if (message.isCut) this.counts.cut += 1;
    this.#parts.publisher.publish(this.#recordFor(interaction, project, message), acknowledged);
  }

  #recordFor(interaction: Interaction, project: string, message: InteractionMessage): OutgoingRecord {
    const { key, value, headers } = message;
    return {
      topic: this.#parts.topics.interactions,
      key,
      value,
      headers,
      shortened: () => this.#shortened(interaction, project, message),
    };
  }

  /** The topic takes less than brokers do by default: texts are cut to half of the message, and without any it is a dead letter. */
  #shortened(interaction: Interaction, project: string, { key, value, isCut }: InteractionMessage): OutgoingRecord {
    const { deadLetters, topics } = this.#parts;
    const shorter = messageFor(interaction, project, Math.floor(value.byteLength / 2));
    if (shorter.value.byteLength < value.byteLength) {
      if (!isCut) this.counts.cut += 1;
      return this.#recordFor(interaction, project, shorter);
    }
    const whole = Buffer.from(JSON.stringify(interaction));
    const reason = `The topic refuses a message of ${value.byteLength} bytes, and no text is left to cut.`;
    return deadLetters.letterFor({ key, value: whole }, { stage: ASSEMBLE, reason, topic: topics.interactions });
  }
}

function addCounts(sums: Map<string, number>, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [reason, count = 0] of Object.entries(counts)) sums.set(reason, (sums.get(reason) ?? 0) + count);
}
