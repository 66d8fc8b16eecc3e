import type { Span } from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '../semconv/attributes.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';

/**
 * Sets attributes on a span of an application's provider and remembers them. Where the ended span has exactly these, no
 * processor of the application added, changed or removed one, and our exporters need not read them back.
 */
export class AttributeRecord {
  readonly #span: Span;
  readonly #set: Attributes;

  /** @param set the attributes with which the span was started; the record keeps the object */
  constructor(span: Span, set: Attributes) {
    this.#span = span;
    this.#set = set;
  }

  setAttribute(name: string, value: AttributeValue): void {
    this.#set[name] = value;
    this.#span.setAttribute(name, value as string);
  }

  isAllOf({ attributes }: Pick<ReadableSpanLike, 'attributes'>): boolean {
    let left = 0;
    for (const name in this.#set) if (this.#set[name] !== undefined) left += 1;
    for (const name in attributes) {
      if (!isSame(attributes[name], this.#set[name])) return false;
      left -= 1;
    }
    return left === 0;
  }
}

/** The SDK copies lists. */
function isSame(found: unknown, set: AttributeValue | undefined): boolean {
  if (!Array.isArray(found) || !Array.isArray(set)) return found === set;
  return found.length === set.length && found.every((value, index) => value === set[index]);
}
