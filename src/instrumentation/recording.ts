import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { diag } from '../diagnostics/diag.ts';
import { type Content, type Facts, joinFacts, type Writable } from '../interaction/interaction.ts';
import { costOf } from '../pricing/cost.ts';
import { type AttributeSink, type Attributes, withFetchedUsageTo, writeAttributes } from '../semconv/attributes.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import { attachToSpan, type ContentSource } from '../semconv/span-content.ts';
import type { ReadableSpanLike, UnreadSpan } from '../semconv/span-data.ts';
import { AttributeComparison } from './attribute-comparison.ts';
import { CallContext } from './call-context.ts';
import { capContent, spanName } from './capped.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { CallAmendments } from './client-amendments.ts';
import { type ErrorFacts, errorFrom, reportedError } from './errors.ts';
import { deferredContent, readContent, splitContent, toolAttributes } from './recorded-content.ts';
import type { Ending, Start } from './span-ends.ts';
import { type SpanSource, spanFrom } from './span-source.ts';
import { unsampledSpan } from './unsampled-span.ts';

export type { Ending, Start, TimedEvent } from './span-ends.ts';

/** What a recording needs from its recorder. */
export interface RecordingHost {
  readonly options: CaptureOptions;
  /** Whether anything reads content: as attributes, as events, or attached to spans. */
  readonly wantsContent: boolean;
  /** Whether anything reads the content that is attached to spans. */
  readonly hasContentReaders: boolean;
  readonly isMeasuring: boolean;
  measure(facts: Facts, elapsed: number, errorType: string | undefined): void;
  emitDetails(facts: Facts, active: Context): void;
  emitException(error: ErrorFacts, operation: string | undefined, active: Context): void;
  /** Combines the facts with the fields of `withContext`. */
  settle(facts: Facts, start: Facts, parent: Context): Facts;
  spanEnded(span: UnreadSpan, amendments: CallAmendments | undefined): void;
}

interface Begun {
  readonly start: Start;
  readonly facts: Facts;
  readonly parent: Context;
  /** Set if the SDK span is created after the call. */
  readonly tracer?: Tracer;
  /** Set if a span that nothing needed before its end is created without the SDK. */
  readonly source?: SpanSource | undefined;
  readonly span?: Span | undefined;
  /** The attributes that the span already has: those that were known at its start. */
  readonly begun?: Attributes | undefined;
  /** Whether the application's provider makes the span. */
  readonly isForeign?: boolean;
}

type AttributeTarget = Pick<Span, 'setAttribute'> | AttributeComparison;

/** What our own exporters read in place of the attributes, if these say the same. */
interface Attachment {
  readonly facts: Facts;
  readonly content: ContentSource | undefined;
}

/** What is known about a call at its end. */
interface Known {
  readonly facts: Facts;
  /** The facts that the span does not have as attributes yet. */
  readonly unwritten: Facts;
  readonly failed: ErrorFacts | undefined;
}

/** A span under way. It ends once. */
export class Recording implements UnreadSpan {
  readonly #host: RecordingHost;
  readonly #start: Start;
  readonly #parent: Context;
  readonly #tracer: Tracer | undefined;
  readonly #source: SpanSource | undefined;
  readonly #begun: Attributes | undefined;
  readonly #isForeign: boolean;
  readonly #startedAt = performance.now();
  #span: Span | undefined;
  /** Both are set from the end of the call until it is read, if the SDK span is created after the call. */
  #ending: Ending | undefined;
  #endedAt: number | undefined;
  /** Whether content had readers when the span ended. They may be gone by the time it is read. */
  #isForReaders = false;
  #ended: ReadableSpanLike | undefined;
  readonly withContent: boolean;
  /** What was known at the start. */
  readonly facts: Facts;

  constructor(host: RecordingHost, { start, facts, parent, tracer, source, span, begun, isForeign = false }: Begun) {
    this.#host = host;
    this.#start = start;
    this.#parent = parent;
    this.#tracer = tracer;
    this.#source = source;
    this.#span = span;
    this.#begun = begun;
    this.#isForeign = isForeign;
    this.facts = facts;
    this.withContent = (tracer ?? span) !== undefined && host.wantsContent;
  }

  get span(): Span | undefined {
    if (!this.#span && this.#ended) return trace.wrapSpanContext(this.#ended.spanContext());
    if (!this.#span && this.#tracer) {
      const { name, kind, startTime = this.#startedAt } = this.#start;
      this.#span = this.#tracer.startSpan(spanName(name), { kind, startTime }, this.#parent);
    }
    return this.#span;
  }

  /** A context in which this span is active, for children and for the call itself. */
  get context(): Context {
    const { span } = this;
    return span ? trace.setSpan(this.#parent, span) : this.#parent;
  }

  /**
   * The context for the call itself, if something may read it: an application with its own active span, or an HTTP
   * instrumentation on the application's provider. Undefined elsewhere, because entering a context makes every promise
   * of the call more expensive.
   */
  get callContext(): Context | undefined {
    if (this.#parent === ROOT_CONTEXT && !this.#isForeign) return undefined;
    // Our own context is not a copy of the outer one, which the API's would be.
    return this.#tracer || this.#span ? new CallContext(this.#parent, this) : undefined;
  }

  /** Seconds since the start. */
  get elapsed(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  end(ending: Ending): void {
    const host = this.#host;
    const { isMeasuring } = host;
    this.#isForReaders = host.hasContentReaders;
    if (this.#tracer && !ending.error && !host.options.contentOnEvents && !isMeasuring) {
      this.#endedAt = ending.endTime ?? performance.now();
      this.#ending = ending;
    } else {
      // Events and measurements are reported immediately: their exporters may be shut down before the span is read.
      const { facts, failed } = this.#finish(ending);
      if (isMeasuring) this.#measure(facts, failed, ending.endTime);
      if (!this.#ended) return;
    }
    host.spanEnded(this, this.#start.amendments);
  }

  read(): ReadableSpanLike | undefined {
    const ending = this.#ending;
    this.#ending = undefined;
    if (ending) this.#finish(ending);
    return this.#ended;
  }

  #finish(ending: Ending): { readonly facts: Facts; readonly failed: ErrorFacts | undefined } {
    const { options } = this.#host;
    const failed = ending.error && reportedError(errorFrom(ending.error), options.mask);
    const since = ending.facts && this.#host.settle(ending.facts, this.facts, this.#parent);
    const facts: Writable<Facts> = joinFacts(this.facts, since ?? {});
    const cost = facts.cost ?? this.#costOf(facts);
    if (cost) facts.cost = cost;
    if (
      this.#source &&
      !this.#span &&
      !failed &&
      !ending.events &&
      !options.contentOnSpans &&
      !options.contentOnEvents
    ) {
      this.#record(this.#source, ending, facts);
      return { facts, failed };
    }
    const { span } = this;
    if (span?.isRecording()) {
      const unwritten = this.#begun ? Object.assign({}, since, cost && { cost }) : facts;
      this.#endSpan(span, ending, { facts, unwritten, failed });
    }
    return { facts, failed };
  }

  #record(source: SpanSource, ending: Ending, all: Facts): void {
    const { facts, content } = splitContent(all, ending.tool);
    const { startTime = this.#startedAt } = this.#start;
    const endTime = this.#endTimeOf(ending) ?? performance.now();
    this.#ended = spanFrom(source, this.#start, ending, facts, [startTime, endTime]);
    const attached = this.#isForReaders ? deferredContent(content, ending, this.#host.options) : undefined;
    attachToSpan(this.#ended, facts, attached);
  }

  /** Undefined if the span ends now. */
  #endTimeOf({ endTime }: Ending): number | undefined {
    return endTime ?? this.#endedAt;
  }

  #costOf(facts: Facts): Facts['cost'] {
    try {
      return costOf(facts, this.#host.options.prices);
    } catch (error) {
      diag.error('spanport: a call could not be priced', error);
      return undefined;
    }
  }

  /**
   * Always ends a span that was started. If writing its attributes fails, it keeps those that were written until then.
   */
  #endSpan(span: Span, ending: Ending, known: Known): void {
    const readable = this.#readable(span);
    let attachment: Attachment | undefined;
    try {
      attachment = this.#describe(span, readable, ending, known);
    } catch (error) {
      diag.error('spanport: a span could not be described in full', error);
    }
    const endTime = this.#endTimeOf(ending);
    endSafely(span, endTime);
    if (readable !== span) readable.end(endTime ?? Date.now());
    // A recording span of either SDK version is readable, although the API's type does not include that.
    this.#ended = readable as unknown as ReadableSpanLike;
    // The application's processors have run.
    if (attachment && this.#hasOnly(this.#ended, attachment.facts, ending, known.failed))
      attachToSpan(readable, attachment.facts, attachment.content);
  }

  /** Whether the attributes of the ended span are exactly those that were set here and at its start. */
  #hasOnly(ended: ReadableSpanLike, facts: Facts, ending: Ending, failed: ErrorFacts | undefined): boolean {
    const comparison = new AttributeComparison(ended);
    writeAttributes(facts, false, sinkOf(comparison, this.facts));
    this.#giveMore(comparison, ending, false, failed);
    return comparison.isSame;
  }

  #measure(facts: Facts, failed: ErrorFacts | undefined, endTime: number | undefined): void {
    if (facts.operation === OPERATION.executeTool) return;
    // A run ends before its span does, so its own times are used.
    const { startTime } = this.#start;
    const isTimed = startTime !== undefined && endTime !== undefined;
    this.#host.measure(facts, isTimed ? (endTime - startTime) / 1_000 : this.elapsed, failed?.type);
  }

  /** @returns what to attach if the ended span has the attributes that were set here and at its start, and no others */
  #describe(span: Span, readable: Span, ending: Ending, { facts, unwritten, failed }: Known): Attachment | undefined {
    const host = this.#host;
    const { contentOnSpans, contentOnEvents, mask } = host.options;
    const { content, answered, cutTexts, tool } = ending;
    const shown =
      content && (contentOnSpans || contentOnEvents)
        ? capContent(readContent(content, answered), host.options, mask, cutTexts)
        : undefined;
    const isOurs = !this.#begun && !contentOnSpans && hasNoAttributes(span);
    const isBegun = this.#begun !== undefined;
    this.#fill(span, ending, isBegun, { facts: unwritten, shown, failed });
    if (readable !== span) this.#fill(readable, ending, false, { facts, shown, failed });
    const split = splitContent(facts, tool);
    const attached = this.#isForReaders ? deferredContent(split.content, ending, host.options) : undefined;
    // Our own exporters read the attached content, and the facts if nothing else wrote attributes.
    if (attached || isOurs) attachToSpan(readable, isOurs ? split.facts : undefined, attached);
    if (failed) host.emitException(failed, facts.operation, this.context);
    if (contentOnEvents) host.emitDetails({ ...capContent(facts, host.options, mask), ...shown }, this.context);
    return isBegun && !contentOnSpans && readable === span ? { facts: split.facts, content: attached } : undefined;
  }

  /** The span, or a readable copy if the provider makes write-only spans, as Sentry's does. */
  #readable(span: Span): Span {
    if ('attributes' in span) return span;
    const { name, kind, startTime = Date.now() - this.elapsed * 1_000 } = this.#start;
    return unsampledSpan(span, { name, kind, startTime }, {}, this.#parent);
  }

  #fill(
    span: Span,
    ending: Ending,
    isBegun: boolean,
    { facts, shown, failed }: { facts: Facts; shown: Content | undefined; failed: ErrorFacts | undefined },
  ): void {
    const { name, events } = ending;
    const sink = sinkOf(span, this.facts);
    this.#write(sink, facts);
    if (shown) writeAttributes(shown, this.#host.options.contentOnSpans, sink);
    this.#giveMore(span, ending, isBegun, failed);
    if (events) for (const event of events) span.addEvent(event.name, event.attributes, event.time);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR, ...(failed.message && { message: failed.message }) });
    if (name !== undefined) span.updateName(spanName(name));
  }

  /** The attributes that are not facts. */
  #giveMore(
    target: AttributeTarget,
    { attributes, tool, isCut }: Ending,
    isBegun: boolean,
    failed: ErrorFacts | undefined,
  ): void {
    const { options } = this.#host;
    if (!isBegun && this.#start.attributes) setAll(target, this.#start.attributes);
    if (attributes) setAll(target, attributes);
    if (isCut) target.setAttribute(ATTR.cut, true);
    if (tool && options.contentOnSpans) setAll(target, toolAttributes(tool, options));
    if (failed) setError(target, failed);
  }

  #write(sink: AttributeSink, facts: Facts): void {
    const { options } = this.#host;
    const { contentOnSpans, mask } = options;
    writeAttributes(contentOnSpans ? capContent(facts, options, mask) : facts, contentOnSpans, sink);
  }
}

/** The application's span processors run inside of this. Their errors must not reach a timer or a call of the application. */
function endSafely(span: Span, endTime: number | undefined): void {
  try {
    span.end(endTime);
  } catch (error) {
    diag.error('spanport: a span processor of the application failed at the end of a span', error);
  }
}

function sinkOf(span: AttributeTarget, { operation }: Facts): AttributeSink {
  // The API's type requires mutable lists but does not change them.
  const sink = span as unknown as AttributeSink;
  return operation === OPERATION.fetchResponse ? withFetchedUsageTo(sink) : sink;
}

/** The application may have written attributes: while a call runs, its span may be the active one. */
function hasNoAttributes(span: Span): boolean {
  for (const _ in (span as unknown as ReadableSpanLike).attributes) return false;
  return true;
}

function setAll(span: AttributeTarget, attributes: Attributes): void {
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) span.setAttribute(name, value as string);
  }
}

function setError(target: AttributeTarget, { type, httpStatus }: ErrorFacts): void {
  target.setAttribute(ATTR.errorType, type);
  if (httpStatus !== undefined) target.setAttribute(ATTR.httpStatus, httpStatus);
}
