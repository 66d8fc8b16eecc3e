import {
  type Context,
  context,
  diag,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type Content, contentFields, type Facts, type ToolExecution } from '../interaction/interaction.ts';
import { jsonOf } from '../interaction/json.ts';
import { maskContent } from '../interaction/mask.ts';
import { type Attributes, encodeAttributes, withFetchedUsage } from '../semconv/attributes.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import { attachContent, isContentWanted } from '../semconv/span-content.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';
import { type CaptureOptions, defaultCapture } from './capture-options.ts';
import { carryBaggage, contextFields } from './context.ts';
import { costOf } from './cost.ts';
import { errorFrom, type RecordedError } from './errors.ts';
import { emitDetails, emitException } from './events.ts';
import { hasMeters, measure } from './metrics.ts';
import { currentTracer, isForeign, tracerProvider } from './tracer.ts';
import { unsampledSpan } from './unsampled-span.ts';

/** A span that is about to be made. */
export interface Start {
  /** `{operation} {model or agent or tool}`. */
  readonly name: string;
  readonly kind: SpanKind;
  /** What is known beforehand, without content: samplers see it. */
  readonly facts: Facts;
  /** The client that the call was made with. */
  readonly client?: object;
  /** Attributes that are no fact of an interaction, such as a tool's name. */
  readonly attributes?: Attributes;
  /** Unix milliseconds; now, when absent. */
  readonly startTime?: number;
  /** The active context, when absent. */
  readonly parent?: Context;
  readonly links?: Link[];
}

export interface Ending {
  /** The span's name, where only the answer tells it. */
  readonly name?: string;
  /** What became known since; it may hold content. */
  readonly facts?: Facts;
  /** What was said, worked out only if somebody asks. */
  readonly content?: () => Content;
  readonly attributes?: Attributes;
  /** Of an `execute_tool` span: what ran. Its arguments and result are content. */
  readonly tool?: ToolExecution;
  /** Unix milliseconds; now, when absent. */
  readonly endTime?: number;
  readonly error?: RecordedError;
}

let options: CaptureOptions = defaultCapture;
let enabled = false;
let notSampled = 0;
/** @param client the one that the call was made with, where the span is that of a call */
type SpanListener = (span: ReadableSpanLike, client: object | undefined) => void;

const listeners = new Set<SpanListener>();

export function configureCapture(given: CaptureOptions): void {
  options = given;
  carryBaggage(given.baggage);
}

export function captureOptions(): CaptureOptions {
  return options;
}

export function setEnabled(on: boolean): void {
  enabled = on;
}

/** Calls that no span was made of, because the sampler left them out. */
export function notSampledCount(): number {
  return notSampled;
}

/**
 * Hands over each span of ours as it ends, its content beside it.
 * @returns ends the subscription
 */
export function onSpanEnded(listener: SpanListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether anybody reads what is said in calls: on spans, in events, or beside the span. */
export function wantsContent(): boolean {
  return options.contentOnSpans || options.contentOnEvents || isContentWanted();
}

/**
 * Whether a call has to be looked at. Asked before anything is made for it: while nobody makes spans or measures, and
 * where the provider says beforehand that it samples nothing, a call costs this question alone.
 */
export function isWatching(): boolean {
  if (!enabled) return false;
  const isTracing = currentTracer() !== undefined;
  if (isTracing && !tracerProvider().neverSamples) return true;
  if (isTracing && options.vendorSampling === 'all' && listeners.size > 0) return true;
  return hasMeters(options.metrics);
}

/** As {@link isWatching}, for calls that have a span of their own: one that is left out is counted. */
export function isWatchingCall(): boolean {
  if (isWatching()) return true;
  if (enabled && currentTracer() !== undefined) notSampled += 1;
  return false;
}

/** Starts a span. Undefined when it is not sampled and nobody else wants to know of it. */
export function startRecording(start: Start): Recording | undefined {
  const parent = start.parent ?? context.active();
  const carried = contextFields(parent);
  const facts = carried ? { ...carried, ...start.facts, ...conversationOf(carried, start.facts) } : start.facts;
  const tracer = currentTracer();
  const attributes = encodeMasked(facts);
  if (start.attributes) Object.assign(attributes, start.attributes);
  const span = tracer?.startSpan(
    start.name,
    {
      kind: start.kind,
      attributes: attributes as Record<string, string>,
      ...(start.startTime !== undefined && { startTime: start.startTime }),
      ...(start.links && { links: start.links }),
    },
    parent,
  );
  const isRecording = span?.isRecording() === true;
  if (span && !isRecording) notSampled += 1;
  const isForVendors = span !== undefined && !isRecording && options.vendorSampling === 'all' && listeners.size > 0;
  if (!isRecording && !isForVendors && !hasMeters(options.metrics)) return undefined;
  return new Recording(isForVendors ? unsampledSpan(span, start, attributes, parent) : span, facts, parent, start);
}

/** On chats, the application's word on the conversation wins; a run belongs to its thread, whatever else is said. */
function conversationOf(carried: Facts, facts: Facts): Facts | undefined {
  if (carried.conversationId === undefined || facts.conversationId === undefined) return undefined;
  if (facts.operation !== 'invoke_agent') return { conversationId: carried.conversationId };
  return { custom: { ...carried.custom, conversation_id: carried.conversationId } };
}

/** A span under way. It ends once. */
export class Recording {
  readonly #span: Span | undefined;
  readonly #parent: Context;
  readonly #client: object | undefined;
  readonly #startTime: number | undefined;
  readonly #startedAt = performance.now();
  readonly withContent: boolean;
  facts: Facts;

  constructor(span: Span | undefined, facts: Facts, parent: Context, { client, startTime }: Start) {
    this.#span = span;
    this.#client = client;
    this.#startTime = startTime;
    this.facts = facts;
    this.#parent = parent;
    this.withContent = wantsContent();
  }

  get span(): Span | undefined {
    return this.#span;
  }

  /** A context with this span active, for children and for calls whose context somebody reads. */
  get context(): Context {
    return this.#span ? trace.setSpan(this.#parent, this.#span) : this.#parent;
  }

  /**
   * The context for the call itself, where somebody reads it: an application under an active span of its own, or an
   * HTTP instrumentation of its own provider. Elsewhere to enter a context would cost every promise of the call.
   */
  get callContext(): Context | undefined {
    return this.#span && (this.#parent !== ROOT_CONTEXT || isForeign()) ? this.context : undefined;
  }

  /** Seconds since the start. */
  get elapsed(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  end({ name, facts: told = {}, content, attributes, tool, endTime, error }: Ending): void {
    const failed = error && errorFrom(error);
    const facts = this.#settled(told);
    const whole: Facts = { ...this.facts, ...facts };
    const cost = whole.cost ?? costOf(whole, options.prices);
    const span = this.#span;
    if (span?.isRecording()) {
      const said = content && (options.contentOnSpans || options.contentOnEvents) ? content() : undefined;
      const written = encodeMasked(facts);
      if (cost) Object.assign(written, encodeMasked({ cost }));
      if (said) Object.assign(written, encodeMasked(said));
      if (attributes) Object.assign(written, attributes);
      if (tool && options.contentOnSpans) Object.assign(written, toolAttributes(tool));
      if (failed) {
        written[ATTR.errorType] = failed.type;
        if (failed.httpStatus !== undefined) written[ATTR.httpStatus] = failed.httpStatus;
        span.setStatus({
          code: SpanStatusCode.ERROR,
          ...(failed.message && { message: options.mask(failed.message) }),
        });
      }
      const named = whole.operation === OPERATION.fetchResponse ? withFetchedUsage(written) : written;
      if (name !== undefined) span.updateName(name);
      span.setAttributes(named as Record<string, string>);
      if (isContentWanted()) keepBeside(span, tool ? { ...whole, toolExecutions: [tool] } : whole, said ?? content);
      if (failed) emitException(failed, this.context, options.mask);
      if (options.contentOnEvents) emitDetails({ ...whole, ...said }, this.context, options.mask);
      span.end(endTime);
      // A recording span of either SDK line is readable; the API's type does not say so.
      for (const listener of listeners) handOver(span as unknown as ReadableSpanLike, this.#client, listener);
    }
    if (whole.operation === OPERATION.executeTool) return;
    // A run ends later than its span says it did: its own times count.
    const startTime = this.#startTime;
    const isTimed = startTime !== undefined && endTime !== undefined;
    measure(whole, isTimed ? (endTime - startTime) / 1_000 : this.elapsed, failed?.type, options.metrics);
  }

  /** An answer may name a conversation, too. */
  #settled(facts: Facts): Facts {
    const carried = facts.conversationId === undefined ? undefined : contextFields(this.#parent);
    return carried ? { ...facts, ...conversationOf(carried, { ...this.facts, ...facts }) } : facts;
  }
}

function toolAttributes({ arguments: given, result }: ToolExecution): Attributes {
  const text = (value: unknown): string => options.mask(jsonOf(value));
  return {
    ...(given !== undefined && { [ATTR.toolCallArguments]: text(given) }),
    ...(result !== undefined && { [ATTR.toolCallResult]: text(result) }),
  };
}

function encodeMasked(facts: Facts): Attributes {
  return encodeAttributes(options.contentOnSpans ? maskContent(facts, options.mask) : facts, options.contentOnSpans);
}

function keepBeside(span: Span, facts: Facts, said: Content | (() => Content) | undefined): void {
  const told = contentFrom(facts);
  if (typeof said === 'function') attachContent(span, told ? () => ({ ...told, ...said() }) : said);
  else if (told ?? said) attachContent(span, { ...told, ...said });
}

function handOver(span: ReadableSpanLike, client: object | undefined, listener: SpanListener): void {
  try {
    listener(span, client);
  } catch (error) {
    diag.error('spanport: a span could not be handed on', error);
  }
}

function contentFrom(facts: Facts): Content | undefined {
  let content: Record<string, unknown> | undefined;
  for (const field of contentFields) {
    if (facts[field] === undefined) continue;
    content ??= {};
    content[field] = facts[field];
  }
  return content;
}
