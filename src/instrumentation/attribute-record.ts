import type { Span } from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '../semconv/attributes.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';

/**
 * Sets attributes on a span of an application's provider and remembers them. Where the ended span has exactly these, no
 * processor of the application added, changed or removed one, and our exporters need not read them back.
 */
export class AttributeRecord {
  readonly #span: Span;
  readonly #begun: Attributes;
  /** What was set since the start. Lists, because an object with this many attributes becomes a hash table. */
  readonly #names: string[] = [];
  readonly #values: AttributeValue[] = [];

  /** @param begun the attributes with which the span was started; the record keeps the object */
  constructor(span: Span, begun: Attributes) {
    this.#span = span;
    this.#begun = begun;
  }

  setAttribute(name: string, value: AttributeValue): void {
    if (this.#begun[name] === undefined) {
      this.#names.push(name);
      this.#values.push(value);
    } else this.#begun[name] = value;
    this.#span.setAttribute(name, value as string);
  }

  isAllOf({ attributes }: Pick<ReadableSpanLike, 'attributes'>): boolean {
    let left = this.#names.length;
    for (let index = 0; index < this.#names.length; index += 1) {
      const found = attributes[this.#names[index] as string];
      const set = this.#values[index];
      if (found !== set && !isSameList(found, set)) return false;
    }
    for (const name in this.#begun) {
      const set = this.#begun[name];
      if (set === undefined) continue;
      const found = attributes[name];
      if (found !== set && !isSameList(found, set)) return false;
      left += 1;
    }
    for (const _ in attributes) left -= 1;
    return left === 0;
  }
}

/** The SDK copies lists. */
function isSameList(found: unknown, set: AttributeValue | undefined): boolean {
  if (!Array.isArray(found) || !Array.isArray(set) || found.length !== set.length) return false;
  for (let index = 0; index < set.length; index += 1) if (found[index] !== set[index]) return false;
  return true;
}
