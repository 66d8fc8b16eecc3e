import { diag } from '@opentelemetry/api';
import { type Content, type Interaction, isContentField } from '../interaction/interaction.ts';
import { type Mask, maskContent } from '../interaction/mask.ts';
import { isGenAISpan } from '../semconv/from-spans.ts';
import { contentOf, factsOf } from '../semconv/span-content.ts';
import { type ReadableSpanLike, type SpanData, spanDataFrom, type UnreadSpan } from '../semconv/span-data.ts';
import type { Ended, SpanDestination } from './destination.ts';
import { RunAssembler } from './run-assembler.ts';

/** Beyond this many waiting spans, each new one works off two older ones: a burst slows down instead of growing. */
const MAX_PENDING = 512;
/** How long one turn of the event loop may be used for mapping. */
const SLICE_MILLIS = 5;
/**
 * Spans are mapped together once so many wait, or after this time: one by one between the application's own work the
 * same code finds the processor's caches cold each time, and costs twice as much. With a spool a record is to be on
 * disk within 50 ms, of which this is a part.
 */
const GATHER_SPANS = 32;
const GATHER_MILLIS = 20;

export type Whereabouts = Pick<Interaction, 'serviceName' | 'environment'>;

/**
 * Takes ended spans in the caller's turn, which costs an array push, and maps them in turns of its own: each span is
 * read once, whatever the number of destinations.
 */
export class SpanIntake {
  readonly #destinations: SpanDestination[];
  readonly #mask: Mask;
  readonly #where: Whereabouts;
  readonly #assembler = new RunAssembler();
  #pending: (ReadableSpanLike | UnreadSpan)[] = [];
  #head = 0;
  /** Whether a turn is asked for, whether one is due later, and whether the last one left spans over. */
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;
  #isBehind = false;
  #held = false;

  /**
   * @param destinations read at each span, so that one may join later
   * @param mask applied here once, before anything leaves the process or touches the disk
   * @param where the service and environment of spans whose provider does not know
   */
  constructor(destinations: SpanDestination[], mask: Mask, where: Whereabouts = {}) {
    this.#destinations = destinations;
    this.#mask = mask;
    this.#where = where;
  }

  take(span: ReadableSpanLike | UnreadSpan): void {
    this.#pending.push(span);
    if (this.#held) return;
    if (this.#pending.length - this.#head > MAX_PENDING) {
      this.#next();
      this.#next();
    }
    this.#schedule();
  }

  /** Lets spans wait until {@link release}: where they go is not known yet. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#schedule();
  }

  /** Maps everything that waits, now. For flushes and for the end of the process. */
  drain(): void {
    if (this.#held) return;
    while (this.#next());
  }

  /** Also gives up waiting for the second half of a story. */
  end(): void {
    this.drain();
    const last = this.#assembler.flush();
    if (last.length === 0) return;
    diag.debug(`spanport: ${last.length} background responses were never fetched`);
  }

  #schedule(): void {
    const waiting = this.#pending.length - this.#head;
    if (waiting === 0 || this.#isDue) return;
    if (waiting >= GATHER_SPANS || this.#isBehind) {
      this.#isDue = true;
      setImmediate(this.#work);
    } else this.#timer ??= setTimeout(this.#work, GATHER_MILLIS).unref();
  }

  readonly #work = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    const until = performance.now() + SLICE_MILLIS;
    while (this.#next() && performance.now() < until);
    this.#isBehind = this.#pending.length > this.#head;
    this.#schedule();
  };

  #next(): boolean {
    const next = this.#pending[this.#head];
    if (!next) return false;
    this.#head += 1;
    if (this.#head === this.#pending.length || this.#head > MAX_PENDING) {
      this.#pending = this.#pending.slice(this.#head);
      this.#head = 0;
    }
    try {
      const span = 'read' in next ? next.read() : next;
      if (!span) return true;
      const ended = this.#read(span);
      for (const destination of this.#destinations) give(destination, ended);
    } catch (error) {
      diag.error('spanport: a span could not be mapped', error);
    }
    return true;
  }

  #read(span: ReadableSpanLike): Ended {
    const mask = this.#mask;
    if (!isGenAISpan(span.attributes)) return { span, mask, interactions: [] };
    return new ReadSpan(span, mask, contentOf(span, mask), (data) =>
      this.#assembler.add(data).map((each) => settled(each, this.#where)),
    );
  }
}

/** A span on its way to the destinations. What it tells is worked out for the first that asks: OTLP does not. */
class ReadSpan implements Ended {
  readonly span: ReadableSpanLike;
  readonly mask: Mask;
  readonly content?: Content;
  readonly #told: (data: SpanData) => Interaction[];
  #interactions: readonly Interaction[] | undefined;

  constructor(
    span: ReadableSpanLike,
    mask: Mask,
    content: Content | undefined,
    told: (data: SpanData) => Interaction[],
  ) {
    this.span = span;
    this.mask = mask;
    if (content) this.content = content;
    this.#told = told;
  }

  get interactions(): readonly Interaction[] {
    this.#interactions ??= this.#told(spanDataFrom(this.span, this.content, factsOf(this.span))).map((each) =>
      masked(each, this.content, this.mask),
    );
    return this.#interactions;
  }
}

function settled(interaction: Interaction, where: Whereabouts): Interaction {
  const isKnown =
    (where.serviceName === undefined || interaction.serviceName !== undefined) &&
    (where.environment === undefined || interaction.environment !== undefined);
  return isKnown ? interaction : { ...where, ...interaction };
}

/** What one destination cannot take, the others still get. */
function give(destination: SpanDestination, ended: Ended): void {
  try {
    destination.take(ended);
  } catch (error) {
    diag.error(`spanport: ${destination.name} could not take a span`, error);
  }
}

/** Content that came on the span itself is masked here; what came beside it is by now. */
function masked(interaction: Interaction, beside: Content | undefined, mask: Mask): Interaction {
  const { outcome } = interaction;
  const kept = isAll(interaction, beside) ? interaction : maskContent(interaction, mask);
  if (outcome.status === 'ok' || outcome.message === undefined) return kept;
  return { ...kept, outcome: { ...outcome, message: mask(outcome.message) } };
}

/** Whether all content of an interaction is what came beside its span. */
function isAll(interaction: Interaction, beside: Content | undefined): boolean {
  for (const field in interaction) {
    if (isContentField(field) && interaction[field] !== beside?.[field]) return false;
  }
  return true;
}
