import {
  type Context,
  context,
  type MeterProvider,
  ROOT_CONTEXT,
  type Attributes as SpanAttributes,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import { diag } from '../diagnostics/diag.ts';
import type { Facts } from '../interaction/interaction.ts';
import { maskContent } from '../interaction/mask.ts';
import { type Attributes, encodeAttributes } from '../semconv/attributes.ts';
import { hasContentReaders } from '../semconv/span-content.ts';
import type { UnreadSpan } from '../semconv/span-data.ts';
import { spanName } from './capped.ts';
import { type CaptureOptions, defaultCapture } from './capture-options.ts';
import type { CallAmendments } from './client-amendments.ts';
import { maskedContextFields } from './context-fields.ts';
import type { ErrorFacts } from './errors.ts';
import { EventSource } from './events.ts';
import { MeterSource } from './metrics.ts';
import { Recording, type RecordingHost, type Start } from './recording.ts';
import { type OwnProvider, TracerSource } from './tracer.ts';
import { unsampledSpan } from './unsampled-span.ts';

/** @param amendments what was set for the client when the call started, if the span is that of a call */
export type SpanListener = (span: UnreadSpan, amendments: CallAmendments | undefined) => void;

/** The observer of a call under way. Ending it a second time does nothing. */
export interface CallUnderWay {
  end(outcome: { readonly kind: 'cut' }): void;
  /** Its place among the calls under way. Set by the recorder. */
  place?: number | undefined;
}

export interface Providers {
  /** Makes the spans while the application has registered no provider. It is not registered globally. */
  readonly fallback?: TracerProvider;
}

export function createRecorder(options: CaptureOptions = defaultCapture, providers: Providers = {}): Recorder {
  return new Recorder(options, providers);
}

/**
 * The recorders that share a provider with their leader, and what the leader does for them: see {@link Recorder.lead}.
 */
export interface Group {
  readonly followers: readonly Recorder[];
  readonly options: CaptureOptions;
  readonly meters: readonly MeterSource[];
  /** Receive exceptions; `details` receive the details of operations. */
  readonly events: readonly EventSource[];
  readonly details: readonly EventSource[];
}

/**
 * Decides which spans are started. Each recorder has its own settings, providers, counters and listeners. Each
 * `start()` and each instrumentation of the application creates one.
 */
export class Recorder implements RecordingHost {
  #options: CaptureOptions;
  readonly #tracing: TracerSource;
  readonly meters: MeterSource;
  readonly events = new EventSource();
  readonly #listeners = new Set<SpanListener>();
  readonly #states = new Map<unknown, unknown>();
  /** In no order. Not a Set, which allocates new memory each time that it becomes empty: after nearly every call. */
  readonly #open: CallUnderWay[] = [];
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

  /** A provider that is set here takes precedence over the global one. */
  setTracerProvider(provider: TracerProvider | undefined): void {
    this.#tracing.setProvider(provider);
  }

  /** Sets the provider that makes the spans while no other is registered in this copy of the API. */
  setFallbackProvider(provider: TracerProvider): void {
    this.#tracing.setFallback(provider);
  }

  setMeterProvider(provider: MeterProvider | undefined): void {
    this.meters.setProvider(provider);
  }

  setLoggerProvider(provider: LoggerProvider | undefined): void {
    this.events.setProvider(provider);
  }

  /** The settings of this recorder alone; {@link options} combines those of all recorders that it leads. */
  get ownOptions(): CaptureOptions {
    return this.#options;
  }

  get options(): CaptureOptions {
    return this.#group?.options ?? this.#options;
  }

  get tracerProvider(): OwnProvider {
    return this.#tracing.provider;
  }

  /**
   * Makes one span for all recorders that share a provider: the leader starts it with their combined settings, and the
   * listeners of all of them receive it. Undefined dissolves the group.
   */
  lead(group: Group | undefined): void {
    for (const follower of this.#group?.followers ?? []) follower.follow(undefined);
    this.#group = group;
    for (const follower of group?.followers ?? []) follower.follow(this);
  }

  /**
   * Called by the leader. A public method, because a recorder may come from another copy of this package, whose private
   * fields are not accessible.
   */
  follow(leader: Recorder | undefined): void {
    this.#leader = leader;
  }

  /** The recorder whose state counts: the one that leads this one, or itself. */
  get leading(): Recorder {
    return this.#leader ? this.#leader.leading : this;
  }

  /** State that belongs to the calls of this recorder, such as its open tool calls. Created on first use. */
  stateOf<T>(State: new () => T): T {
    if (this.#leader) return this.#leader.stateOf(State);
    const existing = this.#states.get(State) as T | undefined;
    if (existing) return existing;
    const state = new State();
    this.#states.set(State, state);
    return state;
  }

  /** Remembers a call under way, until {@link callEnded}. */
  callStarted(call: CallUnderWay): void {
    call.place = this.#open.length;
    this.#open.push(call);
  }

  callEnded(call: CallUnderWay): void {
    const { place } = call;
    if (place === undefined || this.#open[place] !== call) return;
    const last = this.#open.pop();
    if (!last || last === call) return;
    this.#open[place] = last;
    last.place = place;
  }

  /**
   * Ends the span of every call and stream under way with what was read until now, because the process or this recorder
   * ends. The application's own promises and streams continue.
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
   * Passes each span to the listener when it ends, with its content attached. The listener may read it later, so that
   * the application does not wait for that.
   * @returns a function that ends the subscription
   */
  onSpanEnded(listener: SpanListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get wantsContent(): boolean {
    const { contentOnSpans, contentOnEvents } = this.options;
    return contentOnSpans || contentOnEvents || hasContentReaders();
  }

  get hasContentReaders(): boolean {
    return hasContentReaders();
  }

  /**
   * Whether a call has to be observed. It is checked before anything is allocated: while nothing makes spans or
   * measures, or the provider samples no span, a call costs only this check.
   */
  get isWatching(): boolean {
    const isTracing = this.#tracing.tracer !== undefined;
    if (isTracing && this.#tracing.current.sampling !== 'none') return true;
    if (isTracing && this.#isForVendors) return true;
    return this.isMeasuring;
  }

  /** As {@link isWatching}, for calls that have their own span. Calls that are not sampled are counted. */
  isWatchingCall(): boolean {
    if (this.isWatching) return true;
    if (this.#tracing.currentTracer !== undefined) this.countNotSampled();
    return false;
  }

  /** Starts a span. Undefined if it is not sampled and nothing else needs it. */
  start(start: Start): Recording | undefined {
    return this.#startWith(this.#tracing.tracer, start);
  }

  /** As {@link start}, right after {@link isWatchingCall} has found the provider. */
  startCall(start: Start): Recording | undefined {
    return this.#startWith(this.#tracing.currentTracer, start);
  }

  #startWith(tracer: Tracer | undefined, start: Start): Recording | undefined {
    const parent = start.parent ?? context.active();
    const fields = this.#fieldsIn(parent);
    const facts = fields ? Object.assign({}, fields, start.facts, conversationOf(fields, start.facts)) : start.facts;
    if (tracer && this.#isLate(start, parent))
      return new Recording(this, { start, facts, parent, tracer, source: this.#tracing.current.spanSource });
    // The application's samplers and processors receive the attributes that are known at the start. Ours read none, so
    // all attributes are written when the span ends.
    const isForeign = tracer !== undefined && this.#tracing.current.sampling === undefined;
    const attributes = isForeign ? this.#attributesOf(facts, start) : undefined;
    const span = tracer?.startSpan(spanName(start.name), spanOptions(start, attributes), parent);
    const isRecording = span?.isRecording() === true;
    if (span && !isRecording) this.countNotSampled();
    const isForVendors = span !== undefined && !isRecording && this.#isForVendors;
    if (!isRecording && !isForVendors && !this.isMeasuring) return undefined;
    const recorded = isForVendors ? unsampledSpan(span, start, attributes ?? {}, parent) : span;
    return new Recording(this, { start, facts, parent, span: recorded, begun: attributes, isForeign });
  }

  /**
   * Whether the SDK span can be created after the call. On our own provider nothing observes a span before it ends and
   * no sampler needs to run, so the call itself pays only for two clock reads.
   */
  #isLate({ links }: Start, parent: Context): boolean {
    if (links !== undefined || this.#tracing.current.sampling !== 'all') return false;
    return parent === ROOT_CONTEXT || trace.getSpanContext(parent) === undefined;
  }

  #attributesOf(facts: Facts, start: Start): Attributes {
    const { contentOnSpans, mask } = this.options;
    const attributes = encodeAttributes(contentOnSpans ? maskContent(facts, mask) : facts, contentOnSpans);
    return start.attributes ? Object.assign(attributes, start.attributes) : attributes;
  }

  #fieldsIn(active: Context): Facts | undefined {
    const { baggage, mask } = this.options;
    return maskedContextFields(active, baggage, mask);
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

  spanEnded(span: UnreadSpan, amendments: CallAmendments | undefined): void {
    this.notify(span, amendments);
    if (this.#group) for (const follower of this.#group.followers) follower.notify(span, amendments);
  }

  notify(span: UnreadSpan, amendments: CallAmendments | undefined): void {
    for (const listener of this.#listeners) {
      try {
        listener(span, amendments);
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
    if (this.#group) for (const follower of this.#group.followers) follower.countNotSampled();
  }
}

/** Assigned one by one: see {@link joinFacts}. */
function spanOptions({ kind, startTime, links }: Start, attributes: Attributes | undefined): SpanOptions {
  const options: SpanOptions = { kind };
  if (attributes) options.attributes = attributes as SpanAttributes;
  if (startTime !== undefined) options.startTime = startTime;
  if (links) options.links = links;
  return options;
}

/**
 * For chats, the conversation id that the application set takes precedence. The conversation of a run is always its
 * thread.
 */
function conversationOf(fields: Facts, facts: Facts): Facts | undefined {
  if (fields.conversationId === undefined || facts.conversationId === undefined) return undefined;
  if (facts.operation !== 'invoke_agent') return { conversationId: fields.conversationId };
  return { custom: { ...fields.custom, conversation_id: fields.conversationId } };
}
