import type { SpanListener } from '../../exporter/destination.ts';
import { masked } from '../../exporter/ended-span.ts';
import type { LeavingCall } from '../../exporter/held-calls.ts';
import { type LeftOutCounts, RunAssembler } from '../../exporter/run-assembler.ts';
import { Settling } from '../../exporter/settling.ts';
import type { Content, Interaction } from '../../interaction/interaction.ts';
import type { Mask } from '../../interaction/mask.ts';
import type { SpanData } from '../../semconv/span-data.ts';

/** Spans of one call come from one process, but perhaps in several batches, and over several Collectors. */
const HOLD_MILLIS = 5_000;
/** How long a tool's span may arrive before the end of its run. */
const PARTS_MILLIS = 2 * 60_000;
/** Their content is in memory. */
const MAX_TRACES = 200;

const TOPIC = 'interactions';

export interface TraceAssemblerOptions {
  /** Milliseconds, in log time. */
  readonly now: () => number;
  readonly mask: Mask;
  /** @param listener `settled` must be called once the interaction can't be lost any more */
  readonly publish: (interaction: Interaction, listener: SpanListener) => void;
}

/** Spans of one project in a partition in, interactions out. A span is settled when all interactions that it is part of are settled. */
export class TraceAssembler {
  readonly #options: TraceAssemblerOptions;
  readonly #assembler: RunAssembler;

  constructor(options: TraceAssemblerOptions) {
    this.#options = options;
    this.#assembler = new RunAssembler({
      now: options.now,
      holdMillis: HOLD_MILLIS,
      maxAgeMillis: PARTS_MILLIS,
      maxTraces: MAX_TRACES,
      joinsBackground: false,
    });
  }

  /** Spans that made no interaction of their own, by reason. */
  get leftOut(): LeftOutCounts {
    return this.#assembler.leftOut;
  }

  /** How many spans and calls wait for other spans. */
  get waiting(): number {
    return this.#assembler.waiting;
  }

  add(span: SpanData, settled: () => void): void {
    const settling = new Settling({ settled });
    for (const interaction of this.#assembler.add(span, settling)) {
      this.#publish(interaction, span.content, settling.at(TOPIC));
    }
    settling.close();
  }

  /** Passes on the calls that have waited long enough. */
  tick(): void {
    if (this.#assembler.held > 0) this.#leave(this.#assembler.release(false));
    this.#assembler.expire();
  }

  /** Passes on all waiting calls. @returns how many */
  relieve(): number {
    const calls = this.#assembler.release(true);
    this.#leave(calls);
    this.#assembler.flush();
    return calls.length;
  }

  #leave(calls: readonly LeavingCall[]): void {
    for (const { interaction, content, settling, releases } of calls) {
      const listener = settling?.at(TOPIC);
      // The spans that were merged into the call stay open with it: they are what it would be assembled from again.
      this.#publish(interaction, content, {
        stored: () => undefined,
        settled: (outcome) => {
          listener?.settled(outcome);
          for (const release of releases) release();
        },
      });
    }
  }

  #publish(interaction: Interaction, content: Content | undefined, listener: SpanListener): void {
    this.#options.publish(masked(interaction, content, this.#options.mask), listener);
  }
}
