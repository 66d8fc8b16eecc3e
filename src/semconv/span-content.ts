import type { Content, Facts } from '../interaction/interaction.ts';
import { toJson } from '../interaction/json.ts';
import { asIs, type Mask, maskContent } from '../interaction/mask.ts';
import { sharedState } from '../loading/shared-state.ts';

/** Content, or a function that reads it and masks each text. The function is called only if a consumer needs content. */
export type ContentSource = Content | ((mask: Mask) => Content);

/** What is attached to a span. It lives as long as the span object. */
interface Attachment {
  readonly facts: Facts | undefined;
  readonly source: ContentSource | undefined;
  /** The content that was read last, and the mask that was applied to it. */
  content: Content | undefined;
  mask: Mask | undefined;
}

/** Constructing it returns the argument, so that a subclass adds its private fields to an existing object. */
class ReturnsArgument {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: adding private fields to an existing object requires it
    return object;
  }
}

/**
 * Attaches facts and content to a span object in a private field. Our own exporters in this process can read it, and no
 * other code can, so a third-party exporter on the same provider never exports content by accident. A WeakMap would do
 * the same, but its entry costs the garbage collector as much as all other parts of a span.
 */
class AttachedField extends ReturnsArgument {
  #attachment: Attachment | undefined;

  static set(span: object, attachment: Attachment | undefined): void {
    const holder = #attachment in span ? span : new AttachedField(span);
    holder.#attachment = attachment;
  }

  static get(span: object): Attachment | undefined {
    return #attachment in span ? span.#attachment : undefined;
  }
}

/** The exporters in this process that read content. While there are none, content is not collected for them. */
class ContentReaders {
  #count = 0;

  /** @returns a function that removes the reader; a second call has no effect */
  add(): () => void {
    let isAdded = true;
    this.#count += 1;
    return () => {
      if (isAdded) this.#count -= 1;
      isAdded = false;
    };
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get count(): number {
    return this.#count;
  }
}

/**
 * The instrumentation and the exporter of one application may come from two copies of this package. Both must use the
 * private field of the same class, and count the same readers.
 */
const shared = sharedState('span content', () => ({
  set: AttachedField.set,
  get: AttachedField.get,
  readers: new ContentReaders(),
}));

/** Attaches content to a span, for {@link contentOf}. */
export function attachContent(span: object, content: ContentSource): void {
  attachToSpan(span, undefined, content);
}

/**
 * Attaches what the instrumentation recorded, for {@link contentOf} and {@link factsOf}.
 * @param facts pass them only if no other code can have changed the span's attributes, because exporters then use these
 *   facts instead of the attributes
 */
export function attachToSpan(span: object, facts: Facts | undefined, source: ContentSource | undefined): void {
  // With all of its fields, so that none is added later.
  shared.set(span, { facts, source, content: undefined, mask: undefined });
}

export function factsOf(span: object): Facts | undefined {
  return shared.get(span)?.facts;
}

/** @param mask applied to each text */
export function contentOf(span: object, mask: Mask = asIs): Content | undefined {
  const attachment = shared.get(span);
  if (attachment?.source === undefined) return undefined;
  if (!attachment.content || attachment.mask !== mask) {
    attachment.content = read(attachment.source, mask);
    attachment.mask = mask;
  }
  return attachment.content;
}

function read(source: ContentSource, mask: Mask): Content {
  if (typeof source === 'function') return source(mask);
  try {
    return maskContent(source, mask);
  } catch {
    // Tools return any value. Circular references are rare, so they are removed only after masking has failed.
    return maskContent(toJson(source), mask);
  }
}

/**
 * Announces an exporter that reads content.
 * @returns a function that removes the reader; a second call has no effect
 */
export function addContentReader(): () => void {
  return shared.readers.add();
}

/**
 * Removes what is attached to a span, unless this process has readers beyond the caller's own. Span processors of an
 * application keep its spans for seconds, which would keep the conversations in memory as well.
 * @param own the number of readers that the caller added, for which it has read the span
 */
export function releaseContent(span: object, own: number): void {
  if (shared.readers.count === own && shared.get(span)) shared.set(span, undefined);
}

export function hasContentReaders(): boolean {
  return !shared.readers.isEmpty;
}
