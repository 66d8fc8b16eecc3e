import { RecentMap } from '../bounded/recent-map.ts';
import type { CallAmendments } from '../instrumentation/client-amendments.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { LateSpan, UnreadSpan } from '../semconv/span-data.ts';

/** Calls that were read and not encoded yet. Only those that wait for another span are not encoded at once. */
const MAX_READ = 4_096;

/** Spans on their way through a pipeline, with the amendments that their interactions get before they are encoded. */
export class AmendedSpans {
  /** By span. */
  readonly #amendments = new RecentMap<CallAmendments>({ maxWeight: MAX_READ });

  /** The same span for the pipeline. A span may have no ids before it is read. */
  add(span: UnreadSpan, amendments: CallAmendments): LateSpan {
    return {
      read: () => {
        const ended = span.read();
        if (!ended) return undefined;
        const { traceId, spanId } = ended.spanContext();
        this.#amendments.set(keyOf(traceId, spanId), amendments);
        return ended;
      },
    };
  }

  amend(interaction: Interaction, receiver: unknown): Interaction {
    const amendments = this.#amendments.get(keyOf(interaction.traceId, interaction.spanId));
    return amendments?.get(receiver)?.(interaction) ?? interaction;
  }
}

function keyOf(traceId: string, spanId: string): string {
  return `${traceId}:${spanId}`;
}
