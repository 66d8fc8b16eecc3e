import type { TraceChange, TraceRemoval, TraceSummaries } from './trace-summaries.ts';

/** What one step changes in traces, until their summaries are written at its end. */
export class TraceChanges {
  readonly #mayHaveInteractions: () => boolean;
  readonly #changes = new Map<string, TraceChange>();
  readonly #removals = new Map<string, TraceRemoval>();

  /** @param mayHaveInteractions whether a trace may have interactions before it has a span */
  constructor(mayHaveInteractions: () => boolean) {
    this.#mayHaveInteractions = mayHaveInteractions;
  }

  changeOf(project: string, traceId: string): TraceChange {
    const name = `${project}\n${traceId}`;
    let change = this.#changes.get(name);
    if (!change) {
      const mayHaveInteractions = this.#mayHaveInteractions();
      change = { project, traceId, spans: [], interactions: [], mayHaveInteractions, isWhole: false };
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

  applyTo(summaries: TraceSummaries): void {
    for (const change of this.#changes.values()) summaries.apply(change);
    for (const removal of this.#removals.values()) summaries.shrink(removal);
  }
}
