import type { DestinationStats, SpanOutcome } from '../../exporter/destination.ts';
import type { OpenDestination } from '../../exporter/pipeline.ts';
import { openPipeline, type Pipeline, type PipelineOptions } from '../../exporter/pipeline.ts';
import type { Settlement } from '../../exporter/settling.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { asIs } from '../../interaction/mask.ts';
import type { SpanData } from '../../semconv/span-data.ts';
import { factsSpanOf, spanDataOf } from '../../semconv/to-span.ts';
import { vendors } from '../../vendors/index.ts';

/** A record that the queue had no room for is given to it again after this time. */
const AGAIN_MILLIS = 1_000;

/** What a destination did with an interaction. */
export type Verdict = { readonly status: 'settled' } | { readonly status: 'refused'; readonly reason: string };

export interface FeedOptions extends Pick<PipelineOptions, 'transport' | 'write'> {
  readonly destination: string;
  readonly open: OpenDestination;
  readonly report: (message: string) => void;
}

/** One destination: the pipeline that applications use, fed with interactions. */
export class Feed {
  readonly #pipeline: Pipeline;
  readonly #spanFor: (interaction: Interaction) => SpanData;
  /** Whether the destination itself keeps the order of a conversation, and coalesces it. */
  readonly coalesces: boolean;
  /** By id: what is called with the verdict. A record that is read again while it is under way shares it. */
  readonly #underWay = new Map<string, ((verdict: Verdict) => void)[]>();
  #hasEnded = false;

  constructor({ destination, open, report, transport, write }: FeedOptions) {
    const vendor = vendors.find(({ name }) => name === destination);
    this.coalesces = vendor?.merge !== undefined;
    this.#spanFor = vendor ? factsSpanOf : spanDataOf;
    // Secrets were masked before the interaction was published.
    this.#pipeline = openPipeline({ mask: asIs, report, ...(transport && { transport }), ...(write && { write }) });
    this.#pipeline.join(open);
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
    this.#pipeline.take(this.#spanFor(interaction), {
      // Only with a spool: the record survives this process, and so does its dead letter.
      stored: () => {
        isStored = true;
        finish({ status: 'settled' });
      },
      settled: (settlements) => {
        if (isStored) return;
        const verdict = verdictOf(settlements);
        if (verdict) finish(verdict);
        else if (!this.#hasEnded) setTimeout(() => this.#send(interaction), AGAIN_MILLIS).unref();
      },
    });
  }

  async end(timeoutMillis: number): Promise<void> {
    this.#hasEnded = true;
    await this.#pipeline.shutdown(timeoutMillis);
  }
}

/** Undefined: the destination gave it up without having tried, so that it has to be passed again. */
function verdictOf(settlements: readonly Settlement[]): Verdict | undefined {
  const outcome: SpanOutcome | undefined = settlements[0]?.outcome;
  if (outcome?.status === 'rejected') return { status: 'refused', reason: outcome.reason };
  if (outcome?.status !== 'dropped' || outcome.reason === 'duplicate') return { status: 'settled' };
  return outcome.reason === 'unreadable' ? { status: 'refused', reason: outcome.reason } : undefined;
}
