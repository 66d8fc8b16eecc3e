import type { Delivery } from '../delivery/delivery.ts';
import { nothingWaits } from '../exporter/destination.ts';
import { type OpenDestination, openPipeline, type Pipeline, type PipelineOptions } from '../exporter/pipeline.ts';
import { DEFAULT_PROJECT, keyIn } from './projects.ts';

/** What a pipeline remembers of earlier calls is forgotten with the project that was unused for longest. */
const MAX_PROJECTS = 64;

/**
 * The way to one destination: a pipeline for each project, because ids of traces, answers and conversations identify
 * nothing across projects. All share one delivery, and so its queue, its limits and its pauses.
 */
export class ProjectPipelines {
  readonly #open: OpenDestination;
  readonly #options: PipelineOptions;
  /** The one that was used last is at the end. */
  readonly #pipelines = new Map<string, Pipeline>();
  #delivery: Delivery | undefined;

  constructor(open: OpenDestination, options: PipelineOptions) {
    this.#open = open;
    this.#options = options;
    // Opened at once, so that records of an earlier process are delivered.
    this.of(DEFAULT_PROJECT);
  }

  of(project: string): Pipeline {
    const known = this.#pipelines.get(project);
    // Most gateways have one project.
    if (known && this.#pipelines.size === 1) return known;
    const pipeline = known ?? this.#create(project);
    this.#pipelines.delete(project);
    this.#pipelines.set(project, pipeline);
    if (!known) this.#endOldest();
    return pipeline;
  }

  /** Looks into the spool at once; otherwise it is looked at every few seconds. */
  async flush(timeoutMillis: number): Promise<void> {
    await Promise.all([...this.#pipelines.values()].map((pipeline) => pipeline.flush(timeoutMillis)));
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    const endings = [...this.#pipelines.values()].map((pipeline) => pipeline.shutdown(timeoutMillis));
    await Promise.all([...endings, this.#delivery?.shutdown(timeoutMillis)]);
  }

  #create(project: string): Pipeline {
    const pipeline = openPipeline({
      ...this.#options,
      delivery: (create) => {
        this.#delivery ??= create(() => this.#drain());
        // It goes on after the pipeline of a project.
        return { ...ofProject(this.#delivery, project), shutdown: () => Promise.resolve(nothingWaits) };
      },
    });
    pipeline.join(this.#open);
    return pipeline;
  }

  #drain(): void {
    for (const pipeline of this.#pipelines.values()) pipeline.drain();
  }

  #endOldest(): void {
    if (this.#pipelines.size <= MAX_PROJECTS) return;
    const [oldest] = this.#pipelines;
    if (!oldest) return;
    this.#pipelines.delete(oldest[0]);
    void oldest[1].shutdown();
  }
}

/** A delivery whose records have the keys of a project, so that those of several projects do not meet in it. */
export function ofProject(shared: Delivery, project: string): Delivery {
  return {
    enqueue({ key, orderKey, body }, listener): void {
      const order = orderKey === undefined ? {} : { orderKey: keyIn(project, orderKey) };
      shared.enqueue({ key: keyIn(project, key), ...order, body }, listener);
    },
    flush: (timeoutMillis) => shared.flush(timeoutMillis),
    shutdown: (timeoutMillis) => shared.shutdown(timeoutMillis),
    stats: () => shared.stats(),
  };
}
