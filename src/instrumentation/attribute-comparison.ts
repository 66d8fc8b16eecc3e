import type { AttributeSink, AttributeValue } from '../semconv/attributes.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';

/**
 * Compares attributes that are set here with those of an ended span, without a record of either. Where the span has
 * exactly these, no processor of the application added, changed or removed one, and our exporters need not read them
 * back.
 */
export class AttributeComparison implements AttributeSink {
  readonly #attributes: ReadableSpanLike['attributes'];
  #count = 0;
  #isSame = true;

  constructor({ attributes }: Pick<ReadableSpanLike, 'attributes'>) {
    this.#attributes = attributes;
  }

  /** A name that is set twice counts twice, and the span is then read by its attributes. */
  setAttribute(name: string, value: AttributeValue): void {
    const found = this.#attributes[name];
    this.#count += 1;
    if (found !== value && !isSameList(found, value)) this.#isSame = false;
  }

  get isSame(): boolean {
    if (!this.#isSame) return false;
    let left = this.#count;
    for (const _ in this.#attributes) left -= 1;
    return left === 0;
  }
}

/** The SDK copies lists. */
function isSameList(found: unknown, set: AttributeValue): boolean {
  if (!Array.isArray(found) || !Array.isArray(set) || found.length !== set.length) return false;
  for (let index = 0; index < set.length; index += 1) if (found[index] !== set[index]) return false;
  return true;
}
