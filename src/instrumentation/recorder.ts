import {
  type Context,
  context,
  type MeterProvider,
  ROOT_CONTEXT,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import { diag } from '../diagnostics/diag.ts';
import type { Facts } from '../interaction/interaction.ts';
import { maskContent } from '../interaction/mask.ts';
import { type Attributes, encodeAttributes } from '../semconv/attributes.ts';
import { isContentWanted } from '../semconv/span-content.ts';
import type { UnreadSpan } from '../semconv/span-data.ts';
import { spanName } from './capped.ts';
import { type CaptureOptions, defaultCapture } from './capture-options.ts';
import { contextFields } from './context-fields.ts';
import type { ErrorFacts } from './errors.ts';
import { EventSource } from './events.ts';
import { MeterSource } from './metrics.ts';
import { Recording, type RecordingHost, type Start } from './recording.ts';
import { type OwnProvider, TracerSource } from './tracer.ts';
import { unsampledSpan } from './unsampled-span.ts';

/** @param client the one that the call was made with, where the span is that of a call */
export type SpanListener = (span: UnreadSpan, client: object | undefined) => void;

/** A call under way, as its observer. Ending it a second time does nothing. */
export interface CallUnderWay {
  end(outcome: { readonly kind: 'cut' }): void;
}

export interface Providers {
  /** Makes the spans while the application has registered no provider. Only this recorder ever sees it. */
  readonly fallback?: TracerProvider;
}

export function createRecorder(options: CaptureOptions = defaultCapture, providers: Providers = {}): Recorder {
  return new Recorder(options, providers);
}

/** What a recorder that leads others takes over from them: see {@link Recorder.lead}. */
export interface Group {
  readonly followers: readonly Recorder[];
  readonly options: CaptureOptions;
  readonly meters: readonly MeterSource[];
  /** Where exceptions are reported, and where the details of operations are. */
  readonly events: readonly EventSource[];
  readonly details: readonly EventSource[];
}

/**
 * Decides which spans are started, with settings, providers, counters and listeners of its own. There is one for each
 * `start()` and for each instrumentation of the application.
 */
export class Recorder implements RecordingHost {
  #options: CaptureOptions;
  readonly #tracing: TracerSource;
  readonly meters: MeterSource;
  readonly events = new EventSource();
  readonly #listeners = new Set<SpanListener>();
  readonly #memory = new Map<unknown, unknown>();
  readonly #open = new Set<CallUnderWay>();
  #notSampled = 0;
  #group: Group | undefined;
  #leader: Recorder | undefined;

  constructor(options: CaptureOptions, { fallback }: Providers) {
    this.#options = options;
    this.#tracing = new TracerSource(fallback);
    this.meters = new MeterSource(options.metrics);
  }

  configure(options: CaptureOptions): void {
    this.#options = options;
    this.meters.setVersion(options.metrics);
  }

  /** A provider that is set here wins over the global one. */
  setTracerProvider(provider: TracerProvider | undefined): void {
    this.#tracing.setProvider(provider);
  }

  /** Makes the spans while this copy of the API knows no other provider. */
  setFallbackProvider(provider: TracerProvider): void {
    this.#tracing.setFallback(provider);
  }

  setMeterProvider(provider: MeterProvider | undefined): void {
    this.meters.setProvider(provider);
  }

  setLoggerProvider(provider: LoggerProvider | undefined): void {
    this.events.setProvider(provider);
  }

  /** Its own settings; {@link options} are those of all that it leads. */
  get ownOptions(): CaptureOptions {
    return this.#options;
  }

  get options(): CaptureOptions {
    return this.#group?.options ?? this.#options;
  }

  get tracerProvider(): OwnProvider {
    return this.#tracing.provider;
  }

  get isForeign(): boolean {
    return this.#tracing.isForeign;
  }

  /**
   * Makes one span for all recorders that share a provider: the leader starts it, with the settings of all of them, and
   * their listeners all receive it. Undefined ends that.
   */
  lead(group: Group | undefined): void {
    for (const follower of this.#group?.followers ?? []) follower.follow(undefined);
    this.#group = group;
    for (const follower of group?.followers ?? []) follower.follow(this);
  }

  /** Called by the leader. Other recorders may come from another copy of this package, whose private fields differ. */
  follow(leader: Recorder | undefined): void {
    this.#leader = leader;
  }

  /** What belongs to the calls of this recorder, such as the tool calls that are open: made when first asked for. */
  memoryOf<T>(Memory: new () => T): T {
    if (this.#leader) return this.#leader.memoryOf(Memory);
    const existing = this.#memory.get(Memory) as T | undefined;
    if (existing) return existing;
    const memory = new Memory();
    this.#memory.set(Memory, memory);
    return memory;
  }

  /** Remembers a call under way, until {@link closed}. */
  opened(call: CallUnderWay): void {
    this.#open.add(call);
  }

  closed(call: CallUnderWay): void {
    this.#open.delete(call);
  }

  /**
   * Ends every call and stream that is under way with what was read of it so far: the process ends, or this recorder
   * does. The application's own objects go on.
   */
  cutCallsUnderWay(): void {
    if (this.#leader) {
      this.#leader.cutCallsUnderWay();
      return;
    }
    for (const call of [...this.#open]) {
      try {
        call.end({ kind: 'cut' });
      } catch (error) {
        diag.error('spanport: a call under way could not be ended', error);
      }
    }
  }

  /** Calls that have no span because the sampler left them out. */
  get notSampled(): number {
    return this.#notSampled;
  }

  /**
   * Passes on each span as it ends, its content attached. Listeners may read it later, outside the application's turn.
   * @returns a function that ends the subscription
   */
  onSpanEnded(listener: SpanListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get wantsContent(): boolean {
    const { contentOnSpans, contentOnEvents } = this.options;
    return contentOnSpans || contentOnEvents || isContentWanted();
  }

  get hasContentReaders(): boolean {
    return isContentWanted();
  }

  /**
   * Whether a call has to be observed. Asked before anything is made for it: while nothing makes spans or measures, and
   * where the provider says beforehand that it samples nothing, a call costs this question alone.
   */
  get isWatching(): boolean {
    const isTracing = this.#tracing.tracer !== undefined;
    if (isTracing && this.tracerProvider.sampling !== 'none') return true;
    if (isTracing && this.#isForVendors) return true;
    return this.isMeasuring;
  }

  /** As {@link isWatching}, for calls that have a span of their own: one that is left out is counted. */
  isWatchingCall(): boolean {
    if (this.isWatching) return true;
    if (this.#tracing.tracer !== undefined) this.countNotSampled();
    return false;
  }

  /** Starts a span. Undefined when it is not sampled and nothing else needs it. */
  start(start: Start): Recording | undefined {
    const parent = start.parent ?? context.active();
    const fields = this.#fieldsIn(parent);
    const facts = fields ? Object.assign({}, fields, start.facts, conversationOf(fields, start.facts)) : start.facts;
    const { tracer } = this.#tracing;
    if (tracer && this.#isLate(start, parent)) return new Recording(this, { start, facts, parent, tracer });
    // Samplers and processors of an application see what is known beforehand. Ours read no attribute: all of them are
    // written when the span ends.
    const attributes = this.isForeign ? this.#attributesOf(facts, start) : undefined;
    const span = tracer?.startSpan(
      spanName(start.name),
      {
        kind: start.kind,
        ...(attributes && { attributes: attributes as Record<string, string> }),
        ...(start.startTime !== undefined && { startTime: start.startTime }),
        ...(start.links && { links: start.links }),
      },
      parent,
    );
    const isRecording = span?.isRecording() === true;
    if (span && !isRecording) this.countNotSampled();
    const isForVendors = span !== undefined && !isRecording && this.#isForVendors;
    if (!isRecording && !isForVendors && !this.isMeasuring) return undefined;
    const recorded = isForVendors ? unsampledSpan(span, start, attributes ?? {}, parent) : span;
    return new Recording(this, { start, facts, parent, span: recorded, isBegun: attributes !== undefined });
  }

  /**
   * Whether the SDK span can be created after the call. On our own provider nothing observes a span before it ends and
   * no sampler needs to run, so the call itself pays only for two clock reads.
   */
  #isLate({ links }: Start, parent: Context): boolean {
    if (links !== undefined || this.tracerProvider.sampling !== 'all') return false;
    return parent === ROOT_CONTEXT || trace.getSpanContext(parent) === undefined;
  }

  #attributesOf(facts: Facts, start: Start): Attributes {
    const { contentOnSpans, mask } = this.options;
    const attributes = encodeAttributes(contentOnSpans ? maskContent(facts, mask) : facts, contentOnSpans);
    return start.attributes ? Object.assign(attributes, start.attributes) : attributes;
  }

  #fieldsIn(active: Context): Facts | undefined {
    return contextFields(active, this.options.baggage);
  }

  settle(facts: Facts, start: Facts, parent: Context): Facts {
    const fields = facts.conversationId === undefined ? undefined : this.#fieldsIn(parent);
    return fields ? { ...facts, ...conversationOf(fields, { ...start, ...facts }) } : facts;
  }

  get isMeasuring(): boolean {
    if (!this.#group) return this.meters.isActive;
    return this.#group.meters.some(({ isActive }) => isActive);
  }

  measure(facts: Facts, elapsed: number, errorType: string | undefined): void {
    for (const meters of this.#group?.meters ?? [this.meters]) meters.record(facts, elapsed, errorType);
  }

  measureTool(elapsed: number, tool: { readonly name: string; readonly errorType?: string }): void {
    for (const meters of this.#group?.meters ?? [this.meters]) meters.recordTool(elapsed, tool);
  }

  emitDetails(facts: Facts, active: Context): void {
    for (const events of this.#group?.details ?? [this.events]) events.emitDetails(facts, active);
  }

  emitException(error: ErrorFacts, operation: string | undefined, active: Context): void {
    for (const events of this.#group?.events ?? [this.events]) events.emitException(error, operation, active);
  }

  spanEnded(span: UnreadSpan, client: object | undefined): void {
    this.notify(span, client);
    if (this.#group) for (const follower of this.#group.followers) follower.notify(span, client);
  }

  notify(span: UnreadSpan, client: object | undefined): void {
    for (const listener of this.#listeners) {
      try {
        listener(span, client);
      } catch (error) {
        diag.error('spanport: a span could not be passed on', error);
      }
    }
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  get #isForVendors(): boolean {
    if (this.options.vendorSampling !== 'all') return false;
    return this.hasListeners || this.#group?.followers.some(({ hasListeners }) => hasListeners) === true;
  }

  countNotSampled(): void {
    this.#notSampled += 1;
    for (const follower of this.#group?.followers ?? []) follower.countNotSampled();
  }
}

/** On chats, the conversation that the application names wins; a run belongs to its thread, whatever else is named. */
function conversationOf(fields: Facts, facts: Facts): Facts | undefined {
  if (fields.conversationId === undefined || facts.conversationId === undefined) return undefined;
  if (facts.operation !== 'invoke_agent') return { conversationId: fields.conversationId };
  return { custom: { ...fields.custom, conversation_id: fields.conversationId } };
}
