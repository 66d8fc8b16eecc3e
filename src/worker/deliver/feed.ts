import type { DestinationStats, SpanDestination, SpanListener, SpanOutcome } from '../../exporter/destination.ts';
import type { OpenDestination } from '../../exporter/pipeline.ts';
import { openPipeline, type Pipeline, type PipelineOptions } from '../../exporter/pipeline.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { asIs } from '../../interaction/mask.ts';
import { spanDataOf } from '../../semconv/to-span.ts';
import { vendorNamed } from '../../vendors/index.ts';

/** A record that the queue had no room for is given to it again after this time. */
const AGAIN_MILLIS = 1_000;
/** The reason that the pipeline has for what a destination throws at. */
const UNREADABLE = 'unreadable';

/** What a destination did with an interaction. */
export type Verdict = { readonly status: 'settled' } | { readonly status: 'refused'; readonly reason: string };

export interface FeedOptions extends Pick<PipelineOptions, 'transport' | 'write' | 'concurrency'> {
  readonly destination: string;
  readonly open: OpenDestination;
  readonly report: (message: string) => void;
}

/** One destination, opened in the pipeline that applications use, and fed with interactions. */
export class Feed {
  readonly #pipeline: Pipeline;
  readonly #destination: SpanDestination;
  /** Whether the destination itself keeps the order of a conversation, and coalesces it. */
  readonly coalesces: boolean;
  /** By id: what is called with the verdict. A record that is read again while it is under way shares it. */
  readonly #underWay = new Map<string, ((verdict: Verdict) => void)[]>();
  #hasEnded = false;

  constructor({ destination, open, report, transport, write, concurrency }: FeedOptions) {
    this.coalesces = vendorNamed(destination)?.merge !== undefined;
    // Secrets were masked before the interaction was published.
    this.#pipeline = openPipeline({
      mask: asIs,
      report,
      ...(transport && { transport }),
      ...(write && { write }),
      ...(concurrency !== undefined && { concurrency }),
    });
    this.#destination = this.#pipeline.join(open);
  }

  stats(): DestinationStats | undefined {
    return Object.values(this.#pipeline.stats())[0];
  }

  /** @param done called once, and never when the process ends first */
  deliver(interaction: Interaction, done: (verdict: Verdict) => void): void {
    const waiting = this.#underWay.get(interaction.id);
    if (waiting) {
      waiting.push(done);
      return;
    }
    this.#underWay.set(interaction.id, [done]);
    this.#send(interaction);
  }

  #send(interaction: Interaction): void {
    const { id } = interaction;
    const finish = (verdict: Verdict): void => {
      const waiting = this.#underWay.get(id) ?? [];
      this.#underWay.delete(id);
      for (const done of waiting) done(verdict);
    };
    let isStored = false;
    this.#pass(interaction, {
      // Only with a spool: the record survives this process, and so does its dead letter.
      stored: () => {
        isStored = true;
        finish({ status: 'settled' });
      },
      settled: (outcome) => {
        if (isStored) return;
        const verdict = verdictOf(outcome);
        if (verdict) finish(verdict);
        else if (!this.#hasEnded) setTimeout(() => this.#send(interaction), AGAIN_MILLIS).unref();
      },
    });
  }

  /** Vendors take interactions; a span, which the others take, would have to be assembled again for them. */
  #pass(interaction: Interaction, listener: SpanListener): void {
    if (!this.#destination.record) {
      this.#pipeline.take(spanDataOf(interaction), {
        stored: () => listener.stored(),
        settled: ([settlement]) => settlement && listener.settled(settlement.outcome),
      });
      return;
    }
    try {
      this.#destination.record([interaction], listener);
    } catch {
      listener.settled({ status: 'dropped', reason: UNREADABLE });
    }
  }

  async end(timeoutMillis: number): Promise<void> {
    this.#hasEnded = true;
    await this.#pipeline.shutdown(timeoutMillis);
  }
}

/** Undefined: the destination gave it up without having tried, so that it has to be passed again. */
function verdictOf(outcome: SpanOutcome): Verdict | undefined {
  if (outcome.status === 'rejected') return { status: 'refused', reason: outcome.reason };
  if (outcome.status !== 'dropped' || outcome.reason === 'duplicate') return { status: 'settled' };
  return outcome.reason === UNREADABLE ? { status: 'refused', reason: outcome.reason } : undefined;
}
