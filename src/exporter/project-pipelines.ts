import { RecentMap } from '../bounded/recent-map.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { DEFAULT_PROJECT } from '../semconv/project.ts';
import { type DestinationStats, type FlushResult, noStats, nothingWaits } from './destination.ts';
import { flushedAll } from './flushed-all.ts';
import type { Memory, MemoryName } from './memory.ts';
import { PerProject } from './per-project.ts';
import { type OpenDestination, openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
import type { PipelineHost } from './pipeline-host.ts';
import { keyIn } from './project-keys.ts';

/** Beyond this, of all projects together, calls that wait for others go without them. */
const MAX_WAITING = 4_000;
/** What each kind of memory holds, of all projects together. */
const MAX_KNOWN = 20_000;

type Stats = Readonly<Record<string, DestinationStats>>;

/**
 * The way to destinations: a pipeline for each project, because ids of traces, answers and conversations identify
 * nothing across projects. All pipelines share one delivery for each destination, and so its queue, its limits and its
 * pauses. They also share what is known of earlier calls, so that nothing is forgotten when a pipeline is closed.
 */
export class ProjectPipelines {
  readonly #destinations: readonly OpenDestination[];
  readonly #options: PipelineOptions;
  readonly #pipelines: PerProject<Pipeline>;
  /** By the place of its destination in the list. */
  readonly #deliveries = new Map<number, Delivery>();
  readonly #memories = new Map<string, Memory>();
  /** Pipelines that are being closed, and the counters of those that were. */
  readonly #closing = new Map<Pipeline, Promise<unknown>>();
  #isDeliveringOnly = false;
  #closed: Stats = {};
  /** Of the destinations, in the order of the list. */
  #names: readonly string[] = [];

  constructor(destinations: readonly OpenDestination[], options: PipelineOptions) {
    this.#destinations = destinations;
    this.#options = options;
    this.#pipelines = new PerProject({
      open: (project) => this.#open(project),
      waiting: ({ waiting }) => waiting,
      close: (pipeline) => this.#close(pipeline),
      maxWaiting: MAX_WAITING,
    });
    // Opened at once, so that records of an earlier process are delivered.
    this.of(DEFAULT_PROJECT);
  }

  of(project: string): Pipeline {
    return this.#pipelines.of(project);
  }

  /** As that of a pipeline. */
  drain(isLast?: boolean): void {
    for (const pipeline of this.#pipelines.values()) pipeline.drain(isLast);
  }

  /** Also looks into the spool at once; otherwise it is looked at every few seconds. */
  flush(timeoutMillis?: number): Promise<FlushResult> {
    const all = this.#pipelines.values().map((pipeline) => pipeline.flush(timeoutMillis));
    return flushedAll([...all, ...[...this.#deliveries.values()].map((delivery) => delivery.flush(timeoutMillis))]);
  }

  /** As {@link flush}, but calls go on waiting for the spans around them, because more spans follow. */
  deliver(timeoutMillis?: number): Promise<FlushResult> {
    for (const pipeline of this.#pipelines.values()) pipeline.map();
    const destinations = this.#pipelines.values().flatMap((pipeline) => pipeline.destinations);
    // Deliveries drain the pipelines before they return a promise.
    this.#isDeliveringOnly = true;
    const all = [...this.#deliveries.values()].map((delivery) => delivery.flush(timeoutMillis));
    this.#isDeliveringOnly = false;
    return flushedAll([...all, ...destinations.map((destination) => destination.forceFlush(timeoutMillis))]);
  }

  async shutdown(timeoutMillis?: number): Promise<FlushResult> {
    const all = this.#pipelines.values().map((pipeline) => pipeline.shutdown(timeoutMillis));
    const shared = [...this.#deliveries.values()].map((delivery) => delivery.shutdown(timeoutMillis));
    const [left] = await Promise.all([flushedAll([...all, ...shared]), ...this.#closing.values()]);
    return left;
  }

  /** By destination, of all projects together. */
  stats(): Stats {
    const pipelines = [...this.#pipelines.values(), ...this.#closing.keys()];
    const stats = pipelines.reduce((sum, pipeline) => sumOf(sum, pipeline.stats()), this.#closed);
    const shared = [...this.#deliveries].map(([index, delivery]): Stats => {
      return { [this.#names[index] ?? '']: Object.assign({ skipped: 0 }, delivery.stats()) };
    });
    return shared.reduce(sumOf, stats);
  }

  #open(project: string): Pipeline {
    const memory = (name: MemoryName): Memory => this.#memoryIn(project, name);
    const pipeline = openPipeline({ ...this.#options, memory });
    for (const [index, open] of this.#destinations.entries()) {
      pipeline.join((host) => open({ ...host, ...this.#sharedIn(project, index) }));
    }
    this.#names = pipeline.destinations.map(({ name }) => name);
    return pipeline;
  }

  /** What a destination in one project's pipeline has in common with those in the others. */
  #sharedIn(project: string, index: number): Pick<PipelineHost, 'delivery' | 'memory'> {
    return {
      memory: (name) => this.#memoryIn(project, `${name} ${index}`),
      delivery: (create) => {
        const known = this.#deliveries.get(index);
        const delivery =
          known ??
          create(() => {
            if (!this.#isDeliveringOnly) this.drain();
          });
        if (!known) this.#deliveries.set(index, delivery);
        return ofProject(delivery, project);
      },
    };
  }

  #memoryIn(project: string, name: string): Memory {
    const memory = this.#memories.get(name) ?? new RecentMap<string>({ maxWeight: MAX_KNOWN });
    this.#memories.set(name, memory);
    return {
      get: (id) => memory.get(keyIn(project, id)),
      set: (id, value) => memory.set(keyIn(project, id), value),
    };
  }

  #close(pipeline: Pipeline): void {
    const closing = pipeline.shutdown().then(() => {
      this.#closing.delete(pipeline);
      this.#closed = sumOf(this.#closed, pipeline.stats());
    });
    this.#closing.set(pipeline, closing);
  }
}

/**
 * A delivery whose records have the keys of a project, so that those of several projects do not meet in it. The shared
 * delivery itself is flushed, ended and counted by its owner.
 */
function ofProject(shared: Delivery, project: string): Delivery {
  return {
    enqueue({ key, orderKey, body }, listener): void {
      const order = orderKey === undefined ? {} : { orderKey: keyIn(project, orderKey) };
      shared.enqueue({ key: keyIn(project, key), ...order, body }, listener);
    },
    flush: () => Promise.resolve(nothingWaits),
    shutdown: () => Promise.resolve(nothingWaits),
    stats: () => ({ ...noStats, inMemory: 0 }),
  };
}

function sumOf(one: Stats, other: Stats): Stats {
  const sums: Record<string, DestinationStats> = { ...one };
  for (const [name, stats] of Object.entries(other)) {
    const known = sums[name];
    sums[name] = known ? added(known, stats) : stats;
  }
  return sums;
}

function added(one: DestinationStats, other: DestinationStats): DestinationStats {
  const dropped: Record<string, number> = { ...one.dropped };
  for (const [reason, count] of Object.entries(other.dropped)) dropped[reason] = (dropped[reason] ?? 0) + count;
  return {
    enqueued: one.enqueued + other.enqueued,
    delivered: one.delivered + other.delivered,
    retried: one.retried + other.retried,
    rejected: one.rejected + other.rejected,
    skipped: one.skipped + other.skipped,
    coalesced: one.coalesced + other.coalesced,
    dropped,
    spooled: one.spooled + other.spooled,
    spooledBytes: one.spooledBytes + other.spooledBytes,
    inMemory: (one.inMemory ?? 0) + (other.inMemory ?? 0),
  };
}
