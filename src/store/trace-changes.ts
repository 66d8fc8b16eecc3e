import type { SqlRow } from '../sqlite/driver.ts';
import type { TraceChange, TraceRemoval, TraceSummaries } from './trace-summaries.ts';

/** What one step changes in traces, until their summaries are written at its end. */
export class TraceChanges {
  readonly #summaries: TraceSummaries;
  readonly #mayHaveInteractions: () => boolean;
  readonly #changes = new Map<string, TraceChange>();
  readonly #removals = new Map<string, TraceRemoval>();

  /** @param mayHaveInteractions whether a trace may have interactions before it has a span */
  constructor(summaries: TraceSummaries, mayHaveInteractions: () => boolean) {
    this.#summaries = summaries;
    this.#mayHaveInteractions = mayHaveInteractions;
  }

  /** A row of `spans` that is new to the index. */
  addSpan(project: string, span: SqlRow): void {
    this.#summaries.addSpan(this.#changeOf(project, String(span['trace_id'])), span);
  }

  /** A row of `interactions` that is new. */
  addInteraction(project: string, interaction: SqlRow): void {
    this.#summaries.addInteraction(this.#changeOf(project, String(interaction['trace_id'])), interaction);
  }

  /** Something else changed, so that the whole trace has to be read. */
  touch(project: string, traceId: string): void {
    this.#changeOf(project, traceId).isWhole = true;
  }

  #changeOf(project: string, traceId: string): TraceChange {
    const name = `${project}\n${traceId}`;
    let change = this.#changes.get(name);
    if (!change) {
      const mayHaveInteractions = this.#mayHaveInteractions();
      change = { project, traceId, isStored: false, interactions: 0, mayHaveInteractions, isWhole: false };
      this.#changes.set(name, change);
    }
    return change;
  }

  removalOf(project: string, traceId: string): TraceRemoval {
    const name = `${project}\n${traceId}`;
    let removal = this.#removals.get(name);
    if (!removal) {
      removal = { project, traceId, spans: 0, errors: 0, interactions: 0 };
      this.#removals.set(name, removal);
    }
    return removal;
  }

  apply(): void {
    for (const change of this.#changes.values()) this.#summaries.apply(change);
    for (const removal of this.#removals.values()) this.#summaries.shrink(removal);
  }
}
