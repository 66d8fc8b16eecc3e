import {
  type Context,
  context,
  diag,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  type Content,
  type Facts,
  isContentField,
  joinFacts,
  type ToolExecution,
  type Writable,
} from '../interaction/interaction.ts';
import { jsonOf } from '../interaction/json.ts';
import { asIs, maskContent } from '../interaction/mask.ts';
import {
  type AttributeSink,
  type Attributes,
  encodeAttributes,
  withFetchedUsageTo,
  writeAttributes,
} from '../semconv/attributes.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import { attachTold, isContentWanted, type KeptContent } from '../semconv/span-content.ts';
import type { ReadableSpanLike, UnreadSpan } from '../semconv/span-data.ts';
import { type CaptureOptions, defaultCapture } from './capture-options.ts';
import { carryBaggage, contextFields } from './context.ts';
import { costOf } from './cost.ts';
import { type ErrorFacts, errorFrom, type RecordedError } from './errors.ts';
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
  /** What was said, read only if somebody asks. */
  readonly content?: KeptContent;
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
type SpanListener = (span: UnreadSpan, client: object | undefined) => void;

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
 * Hands over each span of ours as it ends, its content beside it. Listeners may read it later, outside the
 * application's turn.
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
  if (isTracing && tracerProvider().sampling !== 'none') return true;
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
  const facts = carried ? Object.assign({}, carried, start.facts, conversationOf(carried, start.facts)) : start.facts;
  const tracer = currentTracer();
  if (tracer && isLate(start, parent)) return new Recording({ start, facts, parent, tracer });
  // Samplers and processors of an application see what is known beforehand. Ours look at no attribute: all of them are
  // written when the span ends.
  const attributes = isForeign() ? attributesOf(facts, start) : undefined;
  const span = tracer?.startSpan(
    start.name,
    {
      kind: start.kind,
      ...(attributes && { attributes: attributes as Record<string, string> }),
      ...(start.startTime !== undefined && { startTime: start.startTime }),
      ...(start.links && { links: start.links }),
    },
    parent,
  );
  const isRecording = span?.isRecording() === true;
  if (span && !isRecording) notSampled += 1;
  const isForVendors = span !== undefined && !isRecording && options.vendorSampling === 'all' && listeners.size > 0;
  if (!isRecording && !isForVendors && !hasMeters(options.metrics)) return undefined;
  const kept = isForVendors ? unsampledSpan(span, start, attributes ?? {}, parent) : span;
  return new Recording({ start, facts, parent, span: kept, isBegun: attributes !== undefined });
}

/**
 * Whether a span can be made when it has ended: on our own provider nobody but us sees it before, and no sampler has to
 * be asked. The application's turn is then spared all but two looks at the clock.
 */
function isLate({ links }: Start, parent: Context): boolean {
  if (links !== undefined || tracerProvider().sampling !== 'all') return false;
  return parent === ROOT_CONTEXT || trace.getSpanContext(parent) === undefined;
}

function attributesOf(facts: Facts, start: Start): Attributes {
  const attributes = encodeAttributes(maskedForSpan(facts), options.contentOnSpans);
  return start.attributes ? Object.assign(attributes, start.attributes) : attributes;
}

/** On chats, the application's word on the conversation wins; a run belongs to its thread, whatever else is said. */
function conversationOf(carried: Facts, facts: Facts): Facts | undefined {
  if (carried.conversationId === undefined || facts.conversationId === undefined) return undefined;
  if (facts.operation !== 'invoke_agent') return { conversationId: carried.conversationId };
  return { custom: { ...carried.custom, conversation_id: carried.conversationId } };
}

interface Begun {
  readonly start: Start;
  readonly facts: Facts;
  readonly parent: Context;
  /** Where the span is made late. */
  readonly tracer?: Tracer;
  readonly span?: Span | undefined;
  /** Whether the attributes that were known beforehand lie on the span already. */
  readonly isBegun?: boolean;
}

/** A span under way. It ends once. */
export class Recording implements UnreadSpan {
  readonly #start: Start;
  readonly #parent: Context;
  readonly #tracer: Tracer | undefined;
  readonly #isBegun: boolean;
  readonly #startedAt = performance.now();
  #span: Span | undefined;
  /** Of a span that is made late, from its end on. */
  #ending: Ending | undefined;
  /** Whether somebody may have what was said, as it was at the end: until the span is read they may have left. */
  #isForReaders = false;
  #ended: ReadableSpanLike | undefined;
  readonly withContent: boolean;
  /** What was known beforehand. */
  readonly facts: Facts;

  constructor({ start, facts, parent, tracer, span, isBegun = false }: Begun) {
    this.#start = start;
    this.#parent = parent;
    this.#tracer = tracer;
    this.#span = span;
    this.#isBegun = isBegun;
    this.facts = facts;
    this.withContent = (tracer ?? span) !== undefined && wantsContent();
  }

  get span(): Span | undefined {
    if (!this.#span && this.#tracer) {
      const { name, kind, startTime = this.#startedAt } = this.#start;
      this.#span = this.#tracer.startSpan(name, { kind, startTime }, this.#parent);
    }
    return this.#span;
  }

  /** A context with this span active, for children and for calls whose context somebody reads. */
  get context(): Context {
    const { span } = this;
    return span ? trace.setSpan(this.#parent, span) : this.#parent;
  }

  /**
   * The context for the call itself, where somebody reads it: an application under an active span of its own, or an
   * HTTP instrumentation of its own provider. Elsewhere to enter a context would cost every promise of the call.
   */
  get callContext(): Context | undefined {
    return (this.#parent !== ROOT_CONTEXT || isForeign()) && this.span ? this.context : undefined;
  }

  /** Seconds since the start. */
  get elapsed(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  end(ending: Ending): void {
    const { metrics, contentOnEvents } = options;
    const isMeasured = hasMeters(metrics);
    this.#isForReaders = isContentWanted();
    if (this.#tracer && !ending.error && !contentOnEvents && !isMeasured) {
      this.#ending = { endTime: performance.now(), ...ending };
    } else {
      // Events and measures are told at once: whoever takes them may be shut down before the span is looked at.
      const { told, failed } = this.#finish(ending);
      if (isMeasured) this.#measure(told, failed, ending.endTime);
      if (!this.#ended) return;
    }
    for (const listener of listeners) handOver(this, this.#start.client, listener);
  }

  read(): ReadableSpanLike | undefined {
    const ending = this.#ending;
    this.#ending = undefined;
    if (ending) this.#finish(ending);
    return this.#ended;
  }

  #finish(ending: Ending): { readonly told: Facts; readonly failed: ErrorFacts | undefined } {
    const failed = ending.error && errorFrom(ending.error);
    const since = ending.facts && this.#settled(ending.facts);
    const told: Writable<Facts> = joinFacts(this.facts, since ?? {});
    const cost = told.cost ?? costOf(told, options.prices);
    if (cost) told.cost = cost;
    const { span } = this;
    if (span?.isRecording()) {
      const unwritten = this.#isBegun ? { ...since, ...(cost && { cost }) } : told;
      this.#endSpan(span, ending, { told, unwritten, failed });
    }
    return { told, failed };
  }

  #measure(told: Facts, failed: ErrorFacts | undefined, endTime: number | undefined): void {
    if (told.operation === OPERATION.executeTool) return;
    // A run ends later than its span says it did: its own times count.
    const { startTime } = this.#start;
    const isTimed = startTime !== undefined && endTime !== undefined;
    measure(told, isTimed ? (endTime - startTime) / 1_000 : this.elapsed, failed?.type, options.metrics);
  }

  #endSpan(
    span: Span,
    ending: Ending,
    { told, unwritten, failed }: { told: Facts; unwritten: Facts; failed: ErrorFacts | undefined },
  ): void {
    const { name, content, attributes, tool, endTime } = ending;
    const { contentOnSpans, contentOnEvents, mask } = options;
    const said = content && (contentOnSpans || contentOnEvents) ? readContent(content) : undefined;
    const isOurs = !this.#isBegun && !contentOnSpans && hasNoAttributes(span);
    // The API's type wants lists that could be changed, and changes none.
    const own = span as unknown as AttributeSink;
    const sink = told.operation === OPERATION.fetchResponse ? withFetchedUsageTo(own) : own;
    writeAttributes(maskedForSpan(unwritten), contentOnSpans, sink);
    if (said) writeAttributes(maskedForSpan(said), contentOnSpans, sink);
    if (!this.#isBegun && this.#start.attributes) setAll(span, this.#start.attributes);
    if (attributes) setAll(span, attributes);
    if (tool && contentOnSpans) setAll(span, toolAttributes(tool));
    if (failed) setError(span, failed);
    if (name !== undefined) span.updateName(name);
    const { facts, content: among } = apart(told, tool);
    const kept = this.#isForReaders ? keptOf(among, content) : undefined;
    // What our own exporters read beside the span: its facts where nobody else wrote attributes, and what was said.
    if (kept || isOurs) attachTold(span, isOurs ? facts : undefined, kept);
    if (failed) emitException(failed, this.context, mask);
    if (contentOnEvents) emitDetails({ ...told, ...said }, this.context, mask);
    span.end(endTime);
    // A recording span of either SDK line is readable; the API's type does not say so.
    this.#ended = span as unknown as ReadableSpanLike;
  }

  /** An answer may name a conversation, too. */
  #settled(facts: Facts): Facts {
    const carried = facts.conversationId === undefined ? undefined : contextFields(this.#parent);
    return carried ? { ...facts, ...conversationOf(carried, { ...this.facts, ...facts }) } : facts;
  }
}

/** While a call runs its span may be the active one, and the application may write on it. */
function hasNoAttributes(span: Span): boolean {
  for (const _ in (span as unknown as ReadableSpanLike).attributes) return false;
  return true;
}

function setAll(span: Span, attributes: Attributes): void {
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) span.setAttribute(name, value as string);
  }
}

function setError(span: Span, { type, message, httpStatus }: ErrorFacts): void {
  span.setAttribute(ATTR.errorType, type);
  if (httpStatus !== undefined) span.setAttribute(ATTR.httpStatus, httpStatus);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message && { message: options.mask(message) }) });
}

function toolAttributes({ arguments: given, result }: ToolExecution): Attributes {
  const text = (value: unknown): string => options.mask(jsonOf(value));
  return {
    ...(given !== undefined && { [ATTR.toolCallArguments]: text(given) }),
    ...(result !== undefined && { [ATTR.toolCallResult]: text(result) }),
  };
}

function maskedForSpan(facts: Facts): Facts {
  return options.contentOnSpans ? maskContent(facts, options.mask) : facts;
}

/** Facts may hold content, and a tool's span has that of the tool. */
function apart(told: Facts, tool: ToolExecution | undefined): { readonly facts: Facts; readonly content?: Content } {
  let facts: Record<string, unknown> | undefined;
  let content: Record<string, unknown> | undefined = tool && { toolExecutions: [tool] };
  for (const field in told) {
    if (!isContentField(field)) continue;
    facts ??= { ...told };
    delete facts[field];
    content ??= {};
    content[field] = told[field];
  }
  return { facts: facts ?? told, ...(content && { content }) };
}

function keptOf(among: Content | undefined, said: KeptContent | undefined): KeptContent | undefined {
  if (!among || !said) return among ?? said;
  return (mask) => ({ ...maskContent(among, mask), ...readContent(said, mask) });
}

function readContent(kept: KeptContent, mask = asIs): Content {
  return typeof kept === 'function' ? kept(mask) : maskContent(kept, mask);
}

function handOver(span: UnreadSpan, client: object | undefined, listener: SpanListener): void {
  try {
    listener(span, client);
  } catch (error) {
    diag.error('spanport: a span could not be handed on', error);
  }
}
