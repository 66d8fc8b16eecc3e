import { type Content, contentFields, type Facts, type Interaction } from '../interaction/interaction.ts';
import { type Mask, maskContent, maskJson } from '../interaction/mask.ts';
import { RecordedSpan } from '../semconv/recorded-span.ts';
import { contentOf, factsOf } from '../semconv/span-content.ts';
import { isSpanData, type ReadableSpanLike, type SpanData, spanDataFrom } from '../semconv/span-data.ts';
import type { EndedSpan } from './destination.ts';
import type { Settling } from './settling.ts';

/** A span on its way to the destinations. OTLP destinations write `source`, and never compute the other two. */
export class LazyEndedSpan implements EndedSpan {
  readonly source: ReadableSpanLike | SpanData;
  readonly mask: Mask;
  readonly content?: Content;
  /** The facts that are known without reading the attributes. */
  readonly facts: Facts | undefined;
  readonly #assemble: (ended: LazyEndedSpan) => Interaction[];
  #data: SpanData | undefined;
  #interactions: readonly Interaction[] | undefined;

  /** Set if the caller waits for the outcome of the span. */
  readonly settling: Settling | undefined;

  /** @param assemble the interactions that a span completes, in a list of their own; called at most once */
  constructor(
    source: ReadableSpanLike | SpanData,
    mask: Mask,
    assemble: (ended: LazyEndedSpan) => Interaction[],
    settling?: Settling,
  ) {
    this.source = source;
    this.mask = mask;
    this.settling = settling;
    this.#assemble = assemble;
    const content = maskedContent(source, mask);
    if (content) this.content = content;
    this.facts = isSpanData(source) ? source.facts : factsOf(source);
  }

  get span(): SpanData {
    this.#data ??= this.#read();
    return this.#data;
  }

  /** As {@link span}, for our own code: the attributes of some spans are created when they are first read. */
  get view(): SpanData {
    if (this.#data || !(this.source instanceof RecordedSpan)) return this.span;
    return this.source.view(this.content, this.facts);
  }

  get interactions(): readonly Interaction[] {
    this.#interactions ??= this.#assembled();
    return this.#interactions;
  }

  #assembled(): readonly Interaction[] {
    const assembled = this.#assemble(this);
    for (let index = 0; index < assembled.length; index += 1) {
      const each = assembled[index];
      if (each) assembled[index] = masked(each, this.content, this.mask);
    }
    return assembled;
  }

  #read(): SpanData {
    const { source, content, facts } = this;
    if (!isSpanData(source)) return spanDataFrom(source, content, facts);
    return content ? { ...source, content } : source;
  }
}

/** The span to write as OTLP: the SDK's own object if there is one, so that nothing is copied. */
export function sourceOf(ended: EndedSpan): ReadableSpanLike | SpanData {
  return ended instanceof LazyEndedSpan ? ended.source : ended.span;
}

function maskedContent(source: ReadableSpanLike | SpanData, mask: Mask): Content | undefined {
  if (!isSpanData(source)) return contentOf(source, mask);
  return source.content && maskContent(source.content, mask);
}

/** Masks content in attributes. Content that was attached to the span is already masked. */
export function masked(interaction: Interaction, content: Content | undefined, mask: Mask): Interaction {
  const { outcome } = interaction;
  let safe = isAllFrom(content, interaction) ? interaction : maskContent(interaction, mask);
  const custom = safe.custom && maskJson(safe.custom, mask);
  if (custom && custom !== safe.custom) safe = { ...safe, custom };
  if (outcome.status === 'ok' || outcome.message === undefined) return safe;
  return { ...safe, outcome: { ...outcome, message: mask(outcome.message) } };
}

function isAllFrom(content: Content | undefined, interaction: Interaction): boolean {
  for (const field of contentFields) {
    const value = interaction[field];
    if (value !== undefined && value !== content?.[field]) return false;
  }
  return true;
}
