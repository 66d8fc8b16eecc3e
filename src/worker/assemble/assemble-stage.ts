import type { SpanListener } from '../../exporter/destination.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { maskSecrets } from '../../interaction/mask.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { messageFor } from '../interaction-message.ts';
import type { Publisher } from '../kafka/publisher.ts';
import type { TopicRecord } from '../kafka/record.ts';
import type { LogClock } from '../log-clock.ts';
import type { PartitionWork } from '../topic-reader.ts';
import { spansIn } from './decode.ts';
import { TraceAssembler } from './trace-assembler.ts';

export const ASSEMBLE = 'assemble';

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
  /** Spans left out, by reason, in partitions that were closed. */
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
    const assembler = new TraceAssembler({
      now: clock.now,
      mask: maskSecrets,
      publish: (interaction, listener) => this.#publish(interaction, listener),
    });
    this.#assemblers.add(assembler);
    return {
      take: (record, settle) => this.#take(assembler, record, settle),
      tick: () => assembler.tick(),
      resume: () => undefined,
      relieve: () => {
        this.counts.releasedEarly += assembler.relieve();
      },
      // What waits for other spans is read again by the next owner.
      close: () => {
        this.#assemblers.delete(assembler);
        addCounts(this.#leftOut, assembler.leftOut);
        return this.#parts.publisher.flushed();
      },
    };
  }

  unreadable(record: TopicRecord, error: unknown, settle: () => void): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#parts.deadLetters.add(record, { stage: ASSEMBLE, reason, topic: this.#parts.topics.spans }, settle);
  }

  #take(assembler: TraceAssembler, record: TopicRecord, settle: () => void): void {
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
    for (const span of spans) assembler.add(span, close);
    close();
  }

  #publish(interaction: Interaction, listener: SpanListener): void {
    const { key, value, headers, isCut } = messageFor(interaction);
    this.counts.interactions += 1;
    if (isCut) this.counts.cut += 1;
    const { publisher, topics } = this.#parts;
    publisher.publish({ topic: topics.interactions, key, value, headers }, () =>
      listener.settled({ status: 'delivered' }),
    );
  }
}

function addCounts(sums: Map<string, number>, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [reason, count = 0] of Object.entries(counts)) sums.set(reason, (sums.get(reason) ?? 0) + count);
}
