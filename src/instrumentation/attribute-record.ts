import type { Span } from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '../semconv/attributes.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';

/**
 * Sets attributes on a span of an application's provider and remembers them in order. Where the ended span has exactly
 * these, no processor of the application added, changed or removed one, and our exporters need not read them back.
 */
export class AttributeRecord {
  readonly #span: Span;
  /** Lists, because an object with this many attributes becomes a hash table. */
  readonly #names: string[] = [];
  readonly #values: AttributeValue[] = [];

  /** @param begun the attributes with which the span was started */
  constructor(span: Span, begun: Attributes) {
    this.#span = span;
    for (const name in begun) {
      const value = begun[name];
      if (value !== undefined) this.#add(name, value);
    }
  }

  setAttribute(name: string, value: AttributeValue): void {
    const place = this.#names.indexOf(name);
    if (place < 0) this.#add(name, value);
    else this.#values[place] = value;
    this.#span.setAttribute(name, value as string);
  }

  #add(name: string, value: AttributeValue): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /** An object has its attributes in the order in which they were set first. */
  isAllOf({ attributes }: Pick<ReadableSpanLike, 'attributes'>): boolean {
    let index = 0;
    for (const name in attributes) {
      if (name !== this.#names[index]) return false;
      const found = attributes[name];
      const set = this.#values[index];
      if (found !== set && !isSameList(found, set)) return false;
      index += 1;
    }
    return index === this.#names.length;
  }
}

/** The SDK copies lists. */
function isSameList(found: unknown, set: AttributeValue | undefined): boolean {
  if (!Array.isArray(found) || !Array.isArray(set) || found.length !== set.length) return false;
  for (let index = 0; index < set.length; index += 1) if (found[index] !== set[index]) return false;
  return true;
}
