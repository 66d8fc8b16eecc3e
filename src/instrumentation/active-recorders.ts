import { diag } from '../diagnostics/diag.ts';
import { sharedState } from '../loading/shared-state.ts';
import { type CaptureOptions, captureOptionsFrom } from './capture-options.ts';
import type { EventSource } from './events.ts';
import { joinMasks } from './masks.ts';
import type { MeterSource } from './metrics.ts';
import { createRecorder, type Recorder } from './recorder.ts';

/**
 * The recorders that are switched on in this process. A call is observed once for each provider among them, so that
 * recorders that share a provider share the span.
 */
class ActiveRecorders {
  readonly #enabled = new Set<Recorder>();
  #default: Recorder | undefined;
  /** The recorder that was enabled first, for each provider. */
  #leaders: readonly Recorder[] = [];
  /** The providers and settings from which the leaders were chosen. */
  #basis: readonly unknown[] = [];

  enable(recorder: Recorder): void {
    if (this.#enabled.has(recorder)) return;
    if (this.#default) this.#enabled.delete(this.#default);
    this.#enabled.add(recorder);
    this.#regroup();
  }

  /**
   * Observes calls with settings from the environment only, for clients that are instrumented by hand while no recorder
   * is enabled. The first recorder that is enabled replaces this one.
   */
  enableDefault(): void {
    if (this.#enabled.size > 0) return;
    const warn = (message: string): void => diag.warn(`spanport: ${message}`);
    this.#default = createRecorder(captureOptionsFrom({}, process.env, warn));
    this.#enabled.add(this.#default);
    this.#regroup();
  }

  disable(recorder: Recorder): void {
    if (!this.#enabled.delete(recorder)) return;
    recorder.lead(undefined);
    this.#regroup();
  }

  /** One recorder for each provider, however many recorders are enabled. */
  current(): readonly Recorder[] {
    // Providers and settings may change at any time. With a single recorder there is nothing to compare.
    if (this.#enabled.size > 1 && this.#hasChanged()) this.#regroup();
    return this.#leaders;
  }

  get carriesBaggage(): boolean {
    return this.#leaders.some(({ options }) => options.baggage);
  }

  /** Whether any recorder observes calls. */
  get isWatching(): boolean {
    return this.current().some(({ isWatching }) => isWatching);
  }

  #hasChanged(): boolean {
    const basis = basisOf(this.#enabled);
    return basis.some((value, index) => value !== this.#basis[index]);
  }

  #regroup(): void {
    this.#basis = basisOf(this.#enabled);
    const byProvider = new Map<object, Recorder[]>();
    for (const recorder of this.#enabled) {
      recorder.lead(undefined);
      const { tracerProvider } = recorder;
      const members = byProvider.get(tracerProvider);
      if (members) members.push(recorder);
      else byProvider.set(tracerProvider, [recorder]);
    }
    const groups = [...byProvider.values()];
    this.#leaders = groups.flatMap(([leader]) => leader ?? []);
    if (this.#enabled.size > 1) lead(groups);
  }
}

export const activeRecorders: ActiveRecorders = sharedState('active recorders', () => new ActiveRecorders());

function basisOf(recorders: Iterable<Recorder>): readonly unknown[] {
  const basis: unknown[] = [];
  for (const { tracerProvider, meters, events, ownOptions } of recorders)
    basis.push(tracerProvider, meters.provider, events.provider, ownOptions);
  return basis;
}

/**
 * Makes the first recorder of each group its leader. Where groups share a meter or logger provider, only the first of
 * them reports to it, so that each call is counted once.
 */
function lead(groups: readonly (readonly Recorder[])[]): void {
  const taken = new Set<object>();
  const untaken = <S extends MeterSource | EventSource>(sources: readonly S[]): readonly S[] =>
    sources.filter(({ provider }) => !taken.has(provider) && taken.add(provider));
  for (const [leader, ...followers] of groups) {
    if (!leader) continue;
    const members = [leader, ...followers];
    const detailed = members.filter(({ ownOptions }) => ownOptions.contentOnEvents).map(({ events }) => events);
    const events = untaken(members.map(({ events }) => events));
    leader.lead({
      followers,
      options: members.map(({ ownOptions }) => ownOptions).reduce(joinOptions),
      meters: untaken(members.map(({ meters }) => meters)),
      events,
      details: events.filter(({ provider }) => detailed.some((source) => source.provider === provider)),
    });
  }
}

/**
 * The settings of one span that serves both recorders: everything that either of them captures, with the limits and
 * masks of both applied.
 */
function joinOptions(first: CaptureOptions, second: CaptureOptions): CaptureOptions {
  return {
    contentOnSpans: first.contentOnSpans || second.contentOnSpans,
    contentOnEvents: first.contentOnEvents || second.contentOnEvents,
    mask: joinMasks(first.mask, second.mask),
    maxTextLength: Math.min(first.maxTextLength, second.maxTextLength),
    maxBlobLength: Math.min(first.maxBlobLength, second.maxBlobLength),
    metrics: first.metrics === second.metrics ? first.metrics : 'both',
    includeUsage: first.includeUsage || second.includeUsage,
    estimateUsage: first.estimateUsage || second.estimateUsage,
    prices: { ...second.prices, ...first.prices },
    runMessagesWaitMillis: Math.max(first.runMessagesWaitMillis, second.runMessagesWaitMillis),
    fetchRunMessages: first.fetchRunMessages || second.fetchRunMessages,
    vendorSampling: first.vendorSampling === 'all' ? 'all' : second.vendorSampling,
    baggage: first.baggage || second.baggage,
  };
}
