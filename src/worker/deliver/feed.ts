import type { DestinationStats, SpanListener, SpanOutcome } from '../../exporter/destination.ts';
import type { OpenDestination, PipelineOptions } from '../../exporter/pipeline.ts';
import { keyIn } from '../../exporter/project-keys.ts';
import { ProjectPipelines } from '../../exporter/project-pipelines.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { asIs } from '../../interaction/mask.ts';
import { withProject } from '../../semconv/project.ts';
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

/** One destination, opened in the pipelines that applications use, and fed with interactions. */
export class Feed {
  readonly #pipelines: ProjectPipelines;
  /** Whether the destination itself keeps the order of a conversation, and coalesces it. */
  readonly coalesces: boolean;
  /** By project and id: what is called with the verdict. A record that is read again while it is under way shares it. */
  readonly #underWay = new Map<string, ((verdict: Verdict) => void)[]>();
  #hasEnded = false;

  constructor({ destination, open, report, transport, write, concurrency }: FeedOptions) {
    this.coalesces = vendorNamed(destination)?.merge !== undefined;
    // Secrets were masked before the interaction was published.
    this.#pipelines = new ProjectPipelines([open], {
      mask: asIs,
      report,
      ...(transport && { transport }),
      ...(write && { write }),
      ...(concurrency !== undefined && { concurrency }),
    });
  }

  stats(): DestinationStats | undefined {
    return Object.values(this.#pipelines.stats())[0];
  }

  /** @param done called once, and never when the process ends first */
  deliver(interaction: Interaction, project: string, done: (verdict: Verdict) => void): void {
    const id = keyIn(project, interaction.id);
    const waiting = this.#underWay.get(id);
    if (waiting) {
      waiting.push(done);
      return;
    }
    this.#underWay.set(id, [done]);
    this.#send(interaction, project);
  }

  #send(interaction: Interaction, project: string): void {
    const id = keyIn(project, interaction.id);
    const finish = (verdict: Verdict): void => {
      const waiting = this.#underWay.get(id) ?? [];
      this.#underWay.delete(id);
      for (const done of waiting) done(verdict);
    };
    let isStored = false;
    this.#pass(interaction, project, {
      // Only with a spool: the record survives this process, and so does its dead letter.
      stored: () => {
        isStored = true;
        finish({ status: 'settled' });
      },
      settled: (outcome) => {
        if (isStored) return;
        const verdict = verdictOf(outcome);
        if (verdict) finish(verdict);
        else if (!this.#hasEnded) setTimeout(() => this.#send(interaction, project), AGAIN_MILLIS).unref();
      },
    });
  }

  /** Vendors take interactions; a span, which the others take, would have to be assembled again for them. */
  #pass(interaction: Interaction, project: string, listener: SpanListener): void {
    const pipeline = this.#pipelines.of(project);
    const [destination] = pipeline.destinations;
    if (!destination?.record) {
      pipeline.take(withProject(spanDataOf(interaction), project), {
        stored: () => listener.stored(),
        settled: ([settlement]) => settlement && listener.settled(settlement.outcome),
      });
      return;
    }
    try {
      destination.record([interaction], listener);
    } catch {
      listener.settled({ status: 'dropped', reason: UNREADABLE });
    }
  }

  async end(timeoutMillis: number): Promise<void> {
    this.#hasEnded = true;
    await this.#pipelines.shutdown(timeoutMillis);
  }
}

/** Undefined: the destination gave it up without having tried, so that it has to be passed again. */
function verdictOf(outcome: SpanOutcome): Verdict | undefined {
  if (outcome.status === 'rejected') return { status: 'refused', reason: outcome.reason };
  if (outcome.status !== 'dropped' || outcome.reason === 'duplicate') return { status: 'settled' };
  return outcome.reason === UNREADABLE ? { status: 'refused', reason: outcome.reason } : undefined;
}
